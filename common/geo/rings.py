"""Areas drawn on a map: a ring of corners as text in an address, and "within it" as a condition of any database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import BooleanField, F, Func, Q

from common.geo.sphere import valid_coordinates

MAX_CORNERS = 100  # of a ring; who draws with a finger sends it thinned out
Ring = Sequence[tuple[float, float]]


def read_ring(text: str) -> list[tuple[float, float]]:
    """The corners "lat,lng;lat,lng;…" (WGS-84 degrees) of an area; the last is joined to the first.

    Raises ValueError for anything else: fewer than three corners, more than 100, no places on Earth.
    """
    parts = text.strip().strip(";").split(";")
    if not 3 <= len(parts) <= MAX_CORNERS:
        raise ValueError(f"{len(parts)} corners")
    ring = []
    for part in parts:
        lat, lng = (float(number) for number in part.split(","))
        if not valid_coordinates(lat, lng):
            raise ValueError(part)
        ring.append((lat, lng))
    return ring


def write_ring(ring: Ring) -> str:
    return ";".join(f"{lat:.5f},{lng:.5f}" for lat, lng in ring)


def bounds_of(ring: Ring) -> tuple[float, float, float, float]:
    """(south, west, north, east)."""
    lats, lngs = [lat for lat, _lng in ring], [lng for _lat, lng in ring]
    return min(lats), min(lngs), max(lats), max(lngs)


def in_box(south: float, west: float, north: float, east: float) -> Q:
    """Rows with `latitude` and `longitude` within these bounds."""
    return Q(latitude__range=(south, north), longitude__range=(west, east))


def in_ring(ring: Ring) -> Q:
    """Rows with `latitude` and `longitude` within the ring: an index finds its bounds, arithmetic does the rest."""
    return in_box(*bounds_of(ring)) & Q(InRing(ring))


def holds(ring: Ring, lat: float, lng: float) -> bool:
    """What `in_ring` decides, for one place: even-odd, so that a ring may cross itself."""
    return sum(_crosses(edge, lat, lng) for edge in _edges(ring)) % 2 == 1


def _edges(ring: Ring) -> list[tuple[float, float, float, float]]:
    """(lowest, highest latitude, slope, longitude at latitude 0) of each side that is not level."""
    edges = []
    for (lat1, lng1), (lat2, lng2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if lat1 != lat2:
            slope = (lng2 - lng1) / (lat2 - lat1)
            edges.append((min(lat1, lat2), max(lat1, lat2), slope, lng1 - lat1 * slope))
    return edges


def _crosses(edge: tuple[float, float, float, float], lat: float, lng: float) -> bool:
    lowest, highest, slope, offset = edge
    return lowest <= lat < highest and lng < lat * slope + offset


class InRing(Func):
    """Whether a ray from the place to the east crosses an odd number of the ring's sides."""

    output_field = BooleanField()

    def __init__(self, ring: Ring) -> None:
        super().__init__(F("latitude"), F("longitude"))
        self.ring = tuple(ring)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        lat, lng = (compiler.compile(column)[0] for column in self.source_expressions)
        side = f"CASE WHEN {lat} >= %s AND {lat} < %s AND {lng} < {lat} * %s + %s THEN 1 ELSE 0 END"
        edges = _edges(self.ring)
        if not edges:
            return "(1 = 0)", []
        return f"(({' + '.join([side] * len(edges))}) %% 2 = 1)", [part for edge in edges for part in edge]
