from django.urls import path

from territory.views import routes

urls = [
    path("routes/", routes.RouteList.as_view(), name="route_list"),
    path("routes/new/", routes.create, name="route_create"),
    path("routes/<int:pk>/", routes.detail, name="route_detail"),
    path("routes/<int:pk>/edit/", routes.edit, name="route_edit"),
    path("routes/<int:pk>/delete/", routes.delete, name="route_delete"),
    path("routes/<int:pk>/order/", routes.order, name="route_order"),
    path("routes/<int:pk>/candidates/", routes.find_customers, name="route_candidates"),
    path("routes/<int:pk>/stops/add/", routes.add_stops, name="route_stop_add"),
    path("routes/<int:pk>/stops/<int:stop_pk>/remove/", routes.remove_stop, name="route_stop_remove"),
    path("routes/<int:pk>/generate/", routes.generate, name="route_generate"),
]
