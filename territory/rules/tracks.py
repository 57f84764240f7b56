"""What a day's positions say (domain-rules §7).

Coordinates are WGS-84 degrees, distances metres, times aware datetimes. Nothing here reads a database or the clock.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from common.geo import distance_m

MAX_ACCURACY_M = 200
MAX_SPEED_MS = 50
GAP_TIME = dt.timedelta(minutes=15)
GAP_DISTANCE_M = 1000
STOP_RADIUS_M = 100
STOP_TIME = dt.timedelta(minutes=5)
STOP_HOLE = dt.timedelta(minutes=15)
CUSTOMER_RADIUS_M = 100


class Fix(NamedTuple):
    """One position of a rep, as stored."""

    time: dt.datetime
    lat: float
    lng: float
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A step that is drawn dashed and not counted."""

    start: Fix
    end: Fix

    @property
    def distance_m(self) -> float:
        return distance_m(self.start.lat, self.start.lng, self.end.lat, self.end.lng)


@dataclass(frozen=True, slots=True)
class Stop:
    """A stay: `lat`, `lng` are the mean of its points."""

    arrive: dt.datetime
    leave: dt.datetime
    lat: float
    lng: float

    @property
    def stay(self) -> dt.timedelta:
        return self.leave - self.arrive


@dataclass(frozen=True, slots=True)
class DayTrack:
    """What one day's points come to. `segments` are the drawn pieces between gaps, each of one fix or more."""

    points: int
    kept: tuple[Fix, ...]
    segments: tuple[tuple[Fix, ...], ...]
    gaps: tuple[Gap, ...]
    stops: tuple[Stop, ...]
    mileage_m: float

    @property
    def detour_ratio(self) -> float | None:
        """Mileage ÷ length through the stops in the order visited; None with fewer than two stops."""
        direct = path_length_m([(stop.lat, stop.lng) for stop in self.stops])
        return self.mileage_m / direct if direct else None


class Place(NamedTuple):
    """A customer that a stop may belong to."""

    customer_id: int
    name: str
    lat: float
    lng: float
    visited: bool = False


def path_length_m(places: Sequence[tuple[float, float]]) -> float:
    """Great-circle length of the line through (lat, lng) pairs in the given order."""
    return math.fsum(distance_m(*a, *b) for a, b in pairwise(places))


def analyse_day(fixes: Iterable[Fix]) -> DayTrack:
    """All of domain-rules §7 for one rep's day; the fixes may come in any order."""
    ordered = sorted(fixes, key=lambda fix: fix.time)
    kept = keep(ordered)
    segments, gaps, mileage = split_at_gaps(kept)
    return DayTrack(
        points=len(ordered),
        kept=tuple(kept),
        segments=segments,
        gaps=gaps,
        stops=tuple(find_stops(kept)),
        mileage_m=mileage,
    )


def keep(ordered: Sequence[Fix]) -> list[Fix]:
    """The fixes that count, from fixes in order of time.

    Dropped are accuracy over 200 m, and a jump: over 50 m/s against both neighbours. The neighbour before is the last
    fix that was kept, so that a good fix between two jumps stays; the day's first and last fix have one neighbour
    only and stay.
    """
    exact = [fix for fix in ordered if fix.accuracy_m is None or fix.accuracy_m <= MAX_ACCURACY_M]
    kept: list[Fix] = []
    for index, fix in enumerate(exact):
        following = exact[index + 1] if index + 1 < len(exact) else None
        if kept and following and _too_fast(kept[-1], fix) and _too_fast(fix, following):
            continue
        kept.append(fix)
    return kept


def _too_fast(a: Fix, b: Fix) -> bool:
    metres = distance_m(a.lat, a.lng, b.lat, b.lng)
    return metres > MAX_SPEED_MS * (b.time - a.time).total_seconds()


def split_at_gaps(kept: Sequence[Fix]) -> tuple[tuple[tuple[Fix, ...], ...], tuple[Gap, ...], float]:
    """(drawn pieces, gaps, mileage in metres) of kept fixes in order of time.

    A step across more than 15 minutes and more than 1 km is a gap: nobody knows where the rep went.
    """
    segments: list[tuple[Fix, ...]] = []
    gaps: list[Gap] = []
    steps: list[float] = []
    begin = 0
    for index in range(1, len(kept)):
        before, fix = kept[index - 1], kept[index]
        metres = distance_m(before.lat, before.lng, fix.lat, fix.lng)
        if metres > GAP_DISTANCE_M and fix.time - before.time > GAP_TIME:
            segments.append(tuple(kept[begin:index]))
            gaps.append(Gap(before, fix))
            begin = index
        else:
            steps.append(metres)
    if kept:
        segments.append(tuple(kept[begin:]))
    return tuple(segments), tuple(gaps), math.fsum(steps)


def find_stops(kept: Sequence[Fix]) -> list[Stop]:
    """Stays in kept fixes in order of time.

    A stop is the longest run within 100 m of its first fix that lasts 5 minutes; a hole of over 15 minutes ends the
    run; the next stop starts after it. The run that reaches the day's last fix counts like any other.
    """
    stops: list[Stop] = []
    start = 0
    while start < len(kept):
        end = _run_end(kept, start)
        if kept[end].time - kept[start].time >= STOP_TIME:
            run = kept[start : end + 1]
            stops.append(
                Stop(
                    arrive=run[0].time,
                    leave=run[-1].time,
                    lat=math.fsum(fix.lat for fix in run) / len(run),
                    lng=math.fsum(fix.lng for fix in run) / len(run),
                )
            )
            start = end + 1
        else:
            start += 1
    return stops


def _run_end(kept: Sequence[Fix], start: int) -> int:
    first, end = kept[start], start
    while (
        end + 1 < len(kept)
        and kept[end + 1].time - kept[end].time <= STOP_HOLE
        and distance_m(first.lat, first.lng, kept[end + 1].lat, kept[end + 1].lng) <= STOP_RADIUS_M
    ):
        end += 1
    return end


def match_customer(stop: Stop, places: Iterable[Place]) -> Place | None:
    """The customer a stop was at: within 100 m, one visited that day before the others, then the nearest."""
    near = []
    for place in places:
        # A hundredth of a degree is over 500 m anywhere people sell: spares the sines for most of a rep's shops.
        if abs(place.lat - stop.lat) > 0.01 or abs(place.lng - stop.lng) > 0.01:
            continue
        metres = distance_m(stop.lat, stop.lng, place.lat, place.lng)
        if metres <= CUSTOMER_RADIUS_M:
            near.append((not place.visited, metres, place.customer_id, place))
    return min(near)[3] if near else None
