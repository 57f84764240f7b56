"""Cells: bit arithmetic that must agree with the library, in Python and in SQL."""

import random

import h3.api.basic_int as h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.geo.cells import (
    CELL_RESOLUTION,
    area_km2,
    cell_boundary,
    cell_centre,
    cell_of,
    cell_range,
    cells_within,
    neighbours_of,
    parent_cell,
    parent_of,
    resolution_for,
    resolution_of,
)
from crm.models import Customer
from tests.factories import CustomerFactory

latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)
resolutions = st.integers(0, CELL_RESOLUTION)


@given(latitudes, longitudes, resolutions)
def test_a_parent_is_the_librarys(lat, lng, resolution):
    cell = cell_of(lat, lng)
    assert parent_of(cell, resolution) == h3.cell_to_parent(cell, resolution)
    assert resolution_of(parent_of(cell, resolution)) == resolution


def test_parents_of_pentagons_are_the_librarys():
    for pentagon in h3.get_pentagons(CELL_RESOLUTION):
        for resolution in range(CELL_RESOLUTION + 1):
            assert parent_of(pentagon, resolution) == h3.cell_to_parent(pentagon, resolution)


def test_no_parent_is_finer():
    with pytest.raises(ValueError, match="resolution 8"):
        parent_of(cell_of(31.8, 117.2, 7), 8)
    with pytest.raises(ValueError, match="resolution 11"):
        parent_cell("cell", 11)


@given(latitudes, longitudes, latitudes, longitudes, resolutions)
def test_a_range_holds_the_members_and_nobody_else(lat, lng, other_lat, other_lng, resolution):
    mine = parent_of(cell_of(lat, lng), resolution)
    first, last = cell_range(mine)
    for cell in (
        cell_of(lat, lng),
        cell_of(other_lat, other_lng),
        h3.cell_to_center_child(mine, CELL_RESOLUTION),
    ):
        assert (first <= cell <= last) == (parent_of(cell, resolution) == mine)


def test_nowhere_is_no_cell():
    assert cell_of(None, None) is None
    assert cell_of(31.8, None) is None


def test_zooms_have_cells_of_a_size_to_click_on():
    for zoom in range(5, 17):
        metres_a_pixel = 156_543 * 0.85 / 2**zoom
        across = (area_km2(resolution_for(zoom)) / 0.866) ** 0.5 * 1000 / metres_a_pixel
        assert 40 < across < 150, zoom
    assert resolution_for(0) == 0
    assert resolution_for(19) == CELL_RESOLUTION


def test_shape_of_a_cell():
    cell = cell_of(31.8, 117.2, 7)
    corners = cell_boundary(cell)
    assert len(corners) == 6
    assert min(lat for lat, _lng in corners) < cell_centre(cell)[0] < max(lat for lat, _lng in corners)
    assert set(cells_within(corners, 8)) <= set(h3.cell_to_children(cell, 8)) | set(
        h3.grid_disk(h3.cell_to_center_child(cell, 8), 2)
    )
    assert len(neighbours_of(cell)) == 6
    assert cell not in neighbours_of(cell, 2)


@pytest.mark.django_db
def test_a_parent_in_sql_is_the_librarys():
    pick = random.Random(6)
    places = [(pick.uniform(-89, 89), pick.uniform(-179, 179)) for _ in range(40)]
    model = CustomerFactory()
    rows = Customer.objects.bulk_create(
        Customer(code=f"X{n}", name="店", created_on=model.created_on, latitude=lat, longitude=lng)
        for n, (lat, lng) in enumerate(places)
    )
    for resolution in range(CELL_RESOLUTION + 1):
        parents = Customer.objects.values_list("pk", parent_cell("cell", resolution))
        assert dict(parents.filter(code__startswith="X")) == {
            row.pk: h3.cell_to_parent(row.cell, resolution) for row in rows
        }
