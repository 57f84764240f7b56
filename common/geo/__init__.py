"""Coordinates: distance, datums and links into map applications (domain-rules §2 and §9).

Every latitude and longitude is in decimal degrees, latitude first, WGS-84 unless a name says otherwise.
"""

from common.geo.datum import Datum, convert
from common.geo.links import navigation_links
from common.geo.outline import uses_shifted_datum
from common.geo.sphere import EARTH_RADIUS_M, distance_m, parse_lng_lat, valid_coordinates

__all__ = [
    "EARTH_RADIUS_M",
    "Datum",
    "convert",
    "distance_m",
    "navigation_links",
    "parse_lng_lat",
    "uses_shifted_datum",
    "valid_coordinates",
]
