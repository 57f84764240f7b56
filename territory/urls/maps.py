from django.urls import path

from territory.views import map_selection, maps

urls = [
    path("map/", maps.MapPage.as_view(), name="map"),
    path("map/cells/", maps.cells, name="map_cells"),
    path("map/heat/", maps.heat, name="map_heat"),
    path("map/without/", maps.without, name="map_without"),
    path("map/nearest/", maps.nearest_list, name="map_nearest"),
    path("map/selection/", map_selection.panel, name="map_selection"),
    path("map/selection/route/", map_selection.to_route, name="map_to_route"),
    path("map/customers/<int:pk>/", maps.popup, name="map_popup"),
    path("map/outline.js", maps.outline, name="outline"),
]
