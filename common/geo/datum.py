"""WGS-84, GCJ-02 and BD-09 (domain-rules §9)."""

import math
from collections.abc import Callable
from enum import StrEnum

from common.geo.outline import uses_shifted_datum


class Datum(StrEnum):
    """What a pair of coordinates is measured in; the values are those of `import_customers --datum`."""

    WGS84 = "wgs84"  # GPS, OpenStreetMap, Tianditu (CGCS2000 differs by centimetres); what we store
    GCJ02 = "gcj02"  # AMap, Tencent, Apple in China
    BD09 = "bd09"  # Baidu


# The Krasovsky 1940 ellipsoid the shift was written for.
_AXIS_M = 6_378_245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BAIDU_TURN = math.pi * 3000 / 180
# 1e-10 degrees is 11 µm; each step gains two digits or more, so the limit is never reached on Earth.
_TOLERANCE_DEG = 1e-10
_MAX_STEPS = 30


def convert(lat: float, lng: float, source: Datum | str, target: Datum | str) -> tuple[float, float]:
    """The same place in another datum, as (lat, lng) in degrees.

    Places outside the outline of `common.geo.outline` come back unchanged; there all three datums are the same.
    Forth and back differ by less than 0.5 m (in fact micrometres). Only within some 600 m outside the outline is
    the way back ambiguous, since a shifted and an unshifted place share one pair there. Raises ValueError for an
    unknown datum. Ranges are not checked: see `valid_coordinates`.
    """
    source, target = Datum(source), Datum(target)
    if source is target:
        return lat, lng
    wgs = _to_wgs84(lat, lng, source)
    if not uses_shifted_datum(*wgs):
        return lat, lng
    if target is Datum.WGS84:
        return wgs
    gcj = (lat, lng) if source is Datum.GCJ02 else _shift(*wgs)
    return gcj if target is Datum.GCJ02 else _gcj02_to_bd09(*gcj)


def _to_wgs84(lat: float, lng: float, source: Datum) -> tuple[float, float]:
    if source is Datum.WGS84:
        return lat, lng
    if source is Datum.BD09:
        lat, lng = _bd09_to_gcj02(lat, lng)
    return _invert(_shift, lat, lng)


def _shift(lat: float, lng: float) -> tuple[float, float]:
    """WGS-84 → GCJ-02, wherever the point is."""
    x, y = lng - 105.0, lat - 35.0
    ripple = 20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)
    north_m = (
        -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
        + 2 / 3 * (ripple + _waves(y, 20, 40, 160, 320))
    )  # fmt: skip
    east_m = (
        300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
        + 2 / 3 * (ripple + _waves(x, 20, 40, 150, 300))
    )  # fmt: skip
    phi = math.radians(lat)
    w = 1 - _ECCENTRICITY_SQUARED * math.sin(phi) ** 2
    metres_per_degree_north = math.radians(_AXIS_M * (1 - _ECCENTRICITY_SQUARED) / (w * math.sqrt(w)))
    metres_per_degree_east = math.radians(_AXIS_M / math.sqrt(w) * math.cos(phi))
    return lat + north_m / metres_per_degree_north, lng + east_m / metres_per_degree_east


def _waves(v: float, by_1: float, by_3: float, by_12: float, by_30: float) -> float:
    turn = v * math.pi
    return (
        by_1 * math.sin(turn)
        + by_3 * math.sin(turn / 3)
        + by_12 * math.sin(turn / 12)
        + by_30 * math.sin(turn / 30)
    )


def _gcj02_to_bd09(lat: float, lng: float) -> tuple[float, float]:
    radius = math.hypot(lng, lat) + 0.00002 * math.sin(lat * _BAIDU_TURN)
    angle = math.atan2(lat, lng) + 0.000003 * math.cos(lng * _BAIDU_TURN)
    return radius * math.sin(angle) + 0.006, radius * math.cos(angle) + 0.0065


def _bd09_to_gcj02(lat: float, lng: float) -> tuple[float, float]:
    return _invert(_gcj02_to_bd09, lat, lng)


def _invert(
    forward: Callable[[float, float], tuple[float, float]], lat: float, lng: float
) -> tuple[float, float]:
    """The point whose image under `forward` is (lat, lng): step back by the error until nothing is left of it."""
    guess_lat, guess_lng = lat, lng
    for _ in range(_MAX_STEPS):
        image_lat, image_lng = forward(guess_lat, guess_lng)
        error_lat, error_lng = image_lat - lat, image_lng - lng
        guess_lat -= error_lat
        guess_lng -= error_lng
        if abs(error_lat) < _TOLERANCE_DEG and abs(error_lng) < _TOLERANCE_DEG:
            break
    return guess_lat, guess_lng
