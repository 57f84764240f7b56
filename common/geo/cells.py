"""Hexagonal cells (H3) of places: maps and white space group stored numbers instead of coordinates.

A cell is a 64-bit number that holds its resolution and the way down to it, three bits a step; a coarser cell around it
is the same number with the resolution rewritten and the finer steps filled with ones. So one stored column of the
finest resolution serves every zoom, and its parents are plain bit arithmetic on SQLite and PostgreSQL alike.

Resolution 0 has cells of 4 million km², each further step a seventh of that; a parent covers its children but for a
little at the rim.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, F, Value
from django.db.models.expressions import Combinable, CombinedExpression

if TYPE_CHECKING:
    from django.db.models import Expression

CELL_RESOLUTION = 10  # of stored cells: 0.015 km² each, some 130 m across
_FINEST = 15
_RESOLUTION_BITS = 0xF << 52
_WITHOUT_RESOLUTION = (1 << 63) - 1 - _RESOLUTION_BITS
# By zoom of a map with tiles of 256 pixels: cells some 50 to 120 pixels across in mainland China.
_BY_ZOOM = (0, 0, 0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10)


@cache
def _h3() -> Any:
    """The library, with numbers for cells; loaded where first used, since it takes a while."""
    from h3.api import basic_int

    return basic_int


def cell_of(lat: float | None, lng: float | None, resolution: int = CELL_RESOLUTION) -> int | None:
    """The cell around a place (WGS-84 degrees); None without one."""
    if lat is None or lng is None:
        return None
    cell: int = _h3().latlng_to_cell(lat, lng, resolution)
    return cell


def resolution_of(cell: int) -> int:
    return (cell & _RESOLUTION_BITS) >> 52


def parent_of(cell: int, resolution: int) -> int:
    """The coarser cell that holds this one; the cell itself at its own resolution. Raises ValueError for a finer one."""
    if not 0 <= resolution <= resolution_of(cell):
        raise ValueError(f"No parent of resolution {resolution}")
    return (cell & _WITHOUT_RESOLUTION) | _filled(resolution)


def _filled(resolution: int) -> int:
    return (resolution << 52) | ((1 << 3 * (_FINEST - resolution)) - 1)


def parent_cell(column: str | Combinable, resolution: int) -> CombinedExpression:
    """`parent_of` as an expression over a column of stored cells; null where it is null."""
    if not 0 <= resolution <= CELL_RESOLUTION:
        raise ValueError(f"No parent of resolution {resolution}")
    cell = F(column) if isinstance(column, str) else column
    if resolution == CELL_RESOLUTION:
        return CombinedExpression(cell, Combinable.BITOR, _number(0), output_field=BigIntegerField())
    bare = CombinedExpression(
        cell, Combinable.BITAND, _number(_WITHOUT_RESOLUTION), output_field=BigIntegerField()
    )
    return CombinedExpression(
        bare, Combinable.BITOR, _number(_filled(resolution)), output_field=BigIntegerField()
    )


def _number(value: int) -> Expression:
    return Value(value, output_field=BigIntegerField())


def cell_range(cell: int, of: int = CELL_RESOLUTION) -> tuple[int, int]:
    """(first, last) of the cells of resolution `of` within a coarser one, both included: for `cell__range=…`."""
    resolution = resolution_of(cell)
    first = (cell & _WITHOUT_RESOLUTION) | (of << 52)
    steps = 3 * (_FINEST - of)
    within = (1 << 3 * (_FINEST - resolution)) - (1 << steps)
    return first & ~within, first


def cell_centre(cell: int) -> tuple[float, float]:
    """(lat, lng) of the middle."""
    centre: tuple[float, float] = _h3().cell_to_latlng(cell)
    return centre


def cell_boundary(cell: int) -> list[tuple[float, float]]:
    """The corners as (lat, lng): six, of the twelve pentagons five."""
    return list(_h3().cell_to_boundary(cell))


def neighbours_of(cell: int, steps: int = 1) -> list[int]:
    """The cells at most `steps` away, without the cell itself."""
    return [other for other in _h3().grid_disk(cell, steps) if other != cell]


def cells_touching(south: float, west: float, north: float, east: float, resolution: int) -> list[int]:
    """The cells that touch a box of degrees, which is less than half of the Earth wide."""
    h3 = _h3()
    box = h3.LatLngPoly([(south, west), (south, east), (north, east), (north, west)])
    return list(h3.h3shape_to_cells_experimental(box, resolution, contain="overlap"))


def cells_within(ring: Iterable[tuple[float, float]], resolution: int) -> list[int]:
    """The cells whose middle lies within a ring of (lat, lng) corners."""
    h3 = _h3()
    return list(h3.h3shape_to_cells(h3.LatLngPoly(list(ring)), resolution))


def resolution_for(zoom: float) -> int:
    """Which cells to draw at a zoom of a web map (0 the world, 18 houses)."""
    return _BY_ZOOM[max(0, min(int(zoom), len(_BY_ZOOM) - 1))]


def area_km2(resolution: int) -> float:
    """What a cell covers on the average; in China within a fifth of it."""
    area: float = _h3().average_hexagon_area(resolution, unit="km^2")
    return area
