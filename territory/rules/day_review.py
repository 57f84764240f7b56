"""A rep's day against what it could have been (domain-rules §7): the way, the plan, stays and visits."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from common.geo import EARTH_RADIUS_M, distance_m
from territory.rules.tours import shortest_order, tour_length_m
from territory.rules.tracks import Fix, Stop

OFF_WAY_M = 1000  # further than this from the planned way counts as off it


def order_saving(stops: Sequence[Stop]) -> float | None:
    """1 − length of the shortest order of the stays ÷ length in the order they were made; None with fewer than three."""
    places = [(stop.lat, stop.lng) for stop in stops]
    actual = tour_length_m(places)
    if len(places) < 3 or not actual:
        return None
    best = tour_length_m([places[n] for n in shortest_order(places)])
    return max(0.0, 1 - best / actual)


@dataclass(frozen=True, slots=True)
class PlanCheck:
    """Planned customers against those visited: counts, and how many were visited in the planned order."""

    planned: int
    visited: int
    unplanned: int
    in_order: int

    @property
    def missed(self) -> int:
        return self.planned - self.visited

    @property
    def out_of_order(self) -> int:
        return self.visited - self.in_order


def check_plan(planned: Sequence[int], visited: Iterable[int]) -> PlanCheck:
    """Compare customer ids in planned order with those in the order of their first visit.

    In order are the most visits that can be picked so that their planned places rise: one stop that was put last is one
    out of order, not all that came before it.
    """
    place = {customer: n for n, customer in enumerate(dict.fromkeys(planned))}
    made = list(dict.fromkeys(visited))
    kept = [place[customer] for customer in made if customer in place]
    tails: list[int] = []
    for value in kept:
        at = bisect_left(tails, value)
        tails[at : at + 1] = [value]
    return PlanCheck(len(place), len(kept), len(made) - len(kept), len(tails))


def off_way_m(
    segments: Iterable[Sequence[Fix]], way: Sequence[tuple[float, float]], limit_m: float = OFF_WAY_M
) -> float | None:
    """Metres driven further than `limit_m` from the planned way, the lines through (lat, lng) in planned order.

    A step belongs to where its middle is. None with fewer than two planned places: then there is no way.
    """
    if len(way) < 2:
        return None
    east = math.radians(EARTH_RADIUS_M) * math.cos(math.radians(way[0][0]))
    north = math.radians(EARTH_RADIUS_M)
    flat = [(lng * east, lat * north) for lat, lng in way]
    off = [
        distance_m(a.lat, a.lng, b.lat, b.lng)
        for segment in segments
        for a, b in pairwise(segment)
        if _from_way_m(((a.lng + b.lng) / 2 * east, (a.lat + b.lat) / 2 * north), flat) > limit_m
    ]
    return math.fsum(off)


def _from_way_m(point: tuple[float, float], way: Sequence[tuple[float, float]]) -> float:
    """Metres from a point to the nearest place of a line, on the flat: a rep's day is small enough for that."""
    nearest = math.inf
    for (x1, y1), (x2, y2) in pairwise(way):
        length = (x2 - x1) ** 2 + (y2 - y1) ** 2
        along = ((point[0] - x1) * (x2 - x1) + (point[1] - y1) * (y2 - y1)) / length if length else 0.0
        along = min(1.0, max(0.0, along))
        nearest = min(
            nearest, math.hypot(point[0] - x1 - along * (x2 - x1), point[1] - y1 - along * (y2 - y1))
        )
    return nearest
