"""The heat layer of the customer map (F2): what it may weigh by, how fine its points are and how far each reaches. Pure."""

import math

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.geo.cells import CELL_RESOLUTION, area_km2

HEAT_DAYS = 90
CHOICES: dict[str, str | Promise] = {
    "customers": _("Customers"),
    "orders": _("Orders in 90 days"),
    "amount": _("Sales in 90 days"),
}
MONEY = {"orders", "amount"}  # in CNY; the others are numbers
MOST_POINTS = 12_000  # cells in one view; a wider view gets coarser ones
_COARSEST = 1
_CLOSEST_PIXELS = 10  # between two points: the eye would not tell finer ones apart
_EQUATOR_M = 40_075_017
_KM_A_DEGREE = 111.195
_TILE = 256


def radius_pixels(zoom: int) -> int:
    """How far a point reaches on the screen: the closer, the further."""
    return 10 + 2 * zoom


def heat_grain(box: tuple[float, float, float, float], zoom: int) -> tuple[int, int]:
    """(resolution of the cells that are summed up, radius in pixels) of a part of the map (degrees) at a zoom.

    The radius reaches over more than one cell, so that no grid shows.
    """
    south, west, north, east = box
    shrink = max(math.cos(math.radians((south + north) / 2)), 0.01)
    km2 = (north - south) * _KM_A_DEGREE * (east - west) * _KM_A_DEGREE * shrink
    km_a_pixel: float = _EQUATOR_M / 1000 * shrink / (_TILE * 2**zoom)

    def pixels(resolution: int) -> float:
        return 1.075 * math.sqrt(area_km2(resolution)) / km_a_pixel  # between the middles of two hexagons

    resolution = CELL_RESOLUTION
    while resolution > _COARSEST and (
        pixels(resolution) < _CLOSEST_PIXELS or km2 / area_km2(resolution) > MOST_POINTS
    ):
        resolution -= 1
    # A single customer close by needs no cell's width; beyond the finest cells the radius is the zoom's.
    reach = 0.0 if resolution == CELL_RESOLUTION else 1.3 * pixels(resolution)
    return resolution, max(radius_pixels(zoom), math.ceil(reach))
