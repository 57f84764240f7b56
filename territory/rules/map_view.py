"""Where a map opens: what holds nine tenths of the customers, at the zoom at which it fits the screen. Pure."""

import math
from collections.abc import Sequence

Weighted = tuple[float, float, int]  # lat, lng, customers
_EDGE = 0.05  # of the customers, left out at each side: the odd shop far away
_MARGIN = 36  # pixels
_CLOSEST = 16


def middle_box(places: Sequence[Weighted]) -> tuple[float, float, float, float]:
    """(south, west, north, east) around all but a twentieth of the customers at each side; `places` is not empty."""
    south, north = _span(sorted((lat, n) for lat, _lng, n in places))
    west, east = _span(sorted((lng, n) for _lat, lng, n in places))
    return south, west, north, east


def _span(values: Sequence[tuple[float, int]]) -> tuple[float, float]:
    edge = sum(n for _value, n in values) * _EDGE
    return _first_beyond(values, edge), _first_beyond(values[::-1], edge)


def _first_beyond(values: Sequence[tuple[float, int]], edge: float) -> float:
    seen = 0
    for value, n in values:
        seen += n
        if seen > edge:
            return value
    return values[-1][0]


def _mercator(lat: float) -> float:
    """Of the world's height, from the equator."""
    return math.log(math.tan(math.pi / 4 + math.radians(max(-85.0, min(lat, 85.0))) / 2)) / (2 * math.pi)


def zoom_to_fit(box: tuple[float, float, float, float], width: int, height: int) -> int:
    """The zoom of a web map at which the box lies within so many pixels."""
    south, west, north, east = box
    shares = (
        ((east - west) / 360, max(width - 2 * _MARGIN, 64)),
        (_mercator(north) - _mercator(south), max(height - 2 * _MARGIN, 64)),
    )
    zooms = [math.log2(pixels / 256 / share) for share, pixels in shares if share > 0]
    return max(3, min(_CLOSEST, math.floor(min(zooms, default=_CLOSEST))))


def box_around(
    lat: float, lng: float, zoom: int, width: int, height: int
) -> tuple[float, float, float, float]:
    """(south, west, north, east) of a screen, and a fifth more at each side for moving about."""
    world = 256 * 2**zoom
    half_lng = 360 * width * 0.7 / world
    middle, half = _mercator(lat), height * 0.7 / world
    return (
        _latitude(middle - half),
        max(lng - half_lng, -180.0),
        _latitude(middle + half),
        min(lng + half_lng, 180.0),
    )


def _latitude(mercator: float) -> float:
    return math.degrees(2 * math.atan(math.exp(2 * math.pi * max(-0.5, min(mercator, 0.5)))) - math.pi / 2)
