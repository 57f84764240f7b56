from django.urls import path

from territory.views import white_space

urls = [
    path("map/white-space/", white_space.WhiteSpacePage.as_view(), name="white_space"),
    path("map/white-space/cells/", white_space.cells, name="white_space_cells"),
    path("map/white-space/cell/", white_space.cell_rows, name="white_space_cell"),
    path("map/white-space/export/", white_space.export, name="white_space_export"),
    path("map/white-space/population/", white_space.population, name="population"),
]
