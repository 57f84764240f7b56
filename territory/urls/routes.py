from django.urls import path

from territory.views import route_orders, route_setup, route_stops, routes

urls = [
    path("routes/", routes.RouteList.as_view(), name="route_list"),
    path("routes/new/", routes.create, name="route_create"),
    path("routes/<int:pk>/", routes.detail, name="route_detail"),
    path("routes/<int:pk>/edit/", routes.edit, name="route_edit"),
    path("routes/<int:pk>/delete/", routes.delete, name="route_delete"),
    path("routes/<int:pk>/figures/", routes.figures, name="route_figures"),
    path("routes/<int:pk>/generate/", routes.generate, name="route_generate"),
    path("routes/<int:pk>/way/", route_setup.way, name="route_way"),
    path("routes/<int:pk>/copy/", route_setup.copy, name="route_copy"),
    path("routes/<int:pk>/paper/", route_setup.paper, name="route_paper"),
    path("routes/<int:pk>/order/", route_stops.order, name="route_order"),
    path("routes/<int:pk>/candidates/", route_stops.find_customers, name="route_candidates"),
    path("routes/<int:pk>/stops/add/", route_stops.add_stops, name="route_stop_add"),
    path("routes/<int:pk>/stops/<int:stop_pk>/remove/", route_stops.remove_stop, name="route_stop_remove"),
    path("routes/<int:pk>/stops/<int:stop_pk>/hours/", route_stops.stop_hours, name="route_stop_hours"),
    path("routes/<int:pk>/suggestion/", route_orders.panel, name="route_suggestion"),
    path("routes/<int:pk>/suggestion/ask/", route_orders.suggest, name="route_suggest"),
    path(
        "routes/<int:pk>/suggestion/<int:suggestion_pk>/accept/",
        route_orders.accept,
        name="route_suggestion_accept",
    ),
    path(
        "routes/<int:pk>/suggestion/<int:suggestion_pk>/undo/",
        route_orders.undo,
        name="route_suggestion_undo",
    ),
    path(
        "routes/<int:pk>/suggestion/<int:suggestion_pk>/drop/",
        route_orders.drop,
        name="route_suggestion_drop",
    ),
]
