from django.urls import path

from territory.views import maps, routes, tracks

app_name = "territory"
urlpatterns = [
    # customer map
    path("map/", maps.MapPage.as_view(), name="map"),
    path("map/points/", maps.points, name="map_points"),
    path("map/nearest/", maps.nearest_list, name="map_nearest"),
    path("map/customers/<int:pk>/", maps.popup, name="map_popup"),
    path("map/outline.js", maps.outline, name="outline"),
    # routes
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
    # tracks
    path("tracks/", tracks.day, name="track"),
    path("tracks/live/", tracks.live, name="live"),
    path("tracks/recorder/", tracks.recorder, name="recorder"),
    path("tracks/points/", tracks.points, name="points"),
]
