from django.urls import path

from territory.views import maps

urls = [
    path("map/", maps.MapPage.as_view(), name="map"),
    path("map/points/", maps.points, name="map_points"),
    path("map/nearest/", maps.nearest_list, name="map_nearest"),
    path("map/customers/<int:pk>/", maps.popup, name="map_popup"),
    path("map/outline.js", maps.outline, name="outline"),
]
