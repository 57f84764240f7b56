"""Great-circle distance and the reading of coordinates as people type them."""

import math
import re
import unicodedata

EARTH_RADIUS_M = 6_371_008.8  # mean Earth radius (IUGG), the R of domain-rules §2

_PAIR = re.compile(
    r"^[(\[]?\s*([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)\s*[,;\s]\s*([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)\s*[)\]]?$"
)


def distance_m(lat1: float, lng1: float, lat2: float, lng2: float) -> float:
    """Great-circle distance in metres between two points of one datum, in degrees (domain-rules §2).

    Haversine: exact to the millimetre for two points in one shop, where the cosine formula loses all digits.
    """
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_dphi = (phi2 - phi1) / 2
    half_dlambda = math.radians(lng2 - lng1) / 2
    h = math.sin(half_dphi) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_dlambda) ** 2
    # Rounding can lift h a hair over 1 for antipodes, and asin would raise.
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, h)))


def valid_coordinates(lat: float | None, lng: float | None) -> bool:
    """Whether the pair can be a place: finite, in range and not 0,0, which is what an empty form sends."""
    if lat is None or lng is None or not (math.isfinite(lat) and math.isfinite(lng)):
        return False
    return -90 <= lat <= 90 and -180 <= lng <= 180 and not (lat == 0 and lng == 0)


def parse_lng_lat(cell: str) -> tuple[float, float] | None:
    """(lat, lng) from one cell that holds "lng,lat", the order of Chinese map pickers; None if it cannot be.

    Full-width digits and commas are read. A first number within ±90 whose partner is beyond ±90 can only be a
    latitude, so that order is understood too.
    """
    match = _PAIR.match(unicodedata.normalize("NFKC", cell).replace("、", ",").strip())
    if match is None:
        return None
    lng, lat = float(match[1]), float(match[2])
    if abs(lat) > 90 >= abs(lng):
        lat, lng = lng, lat
    return (lat, lng) if valid_coordinates(lat, lng) else None
