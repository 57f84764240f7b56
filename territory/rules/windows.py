"""A tour on the clock: when each stop is reached, and the order that finds the shops open (F3).

Times are seconds since midnight of the business day, lengths metres, points (lat, lng) in WGS-84 degrees.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from territory.rules.tours import OPEN, LatLng, Shape, distance_matrix, shortest_order

MANY_DAYS_S = 30 * 24 * 3600  # never: a day with too many stops is late, not impossible
SEED = 1  # the same question gets the same answer, as far as the time allows
PATIENCE = 3_000  # rounds of pyvrp without a better order after which the search ends
FEW = 12  # stops of a tour that the local search settles by itself
SHAKES = 60  # of the local search without a better order


@dataclass(frozen=True)
class Pace:
    """How a rep moves: leaves at `leaves_s`, drives `speed_ms` on roads `road_factor` times the straight line, and
    stays `stay_s` at every stop."""

    leaves_s: int = 8 * 3600
    stay_s: int = 15 * 60
    speed_ms: float = 25 / 3.6
    road_factor: float = 1.3


@dataclass(frozen=True)
class Hours:
    """A stop may begin from `opens_s` to `closes_s`; None leaves that side open."""

    opens_s: int | None = None
    closes_s: int | None = None

    def __bool__(self) -> bool:
        return self.opens_s is not None or self.closes_s is not None


ANY = Hours()


@dataclass(frozen=True)
class Arrival:
    """One stop of the day: reached, begun (after waiting for the door), left, and how much too late it began."""

    arrives_s: int
    begins_s: int
    leaves_s: int
    late_s: int


@dataclass(frozen=True)
class Timetable:
    arrivals: tuple[Arrival, ...]
    ends_s: int  # at the end, or back where it started

    @property
    def late_s(self) -> int:
        return sum(arrival.late_s for arrival in self.arrivals)

    @property
    def late_stops(self) -> int:
        return sum(1 for arrival in self.arrivals if arrival.late_s)


def timetable(points: Sequence[LatLng], hours: Sequence[Hours], pace: Pace, shape: Shape = OPEN) -> Timetable:
    """The day through `points` in this order; without a start, the first stop is reached at the leaving time."""
    return _Clock(points, hours, pace, shape).run(range(len(points)))


def shortest_order_in_hours(
    points: Sequence[LatLng],
    hours: Sequence[Hours],
    pace: Pace,
    shape: Shape = OPEN,
    seconds: float = 1.5,
) -> list[int]:
    """Indices into `points`: as little too late as possible, and then as short as possible.

    Never worse than the order they come in, by these two. Where no order finds every shop open, the answer is the
    best one seen; the caller sees by its `timetable` which stops come too late. `seconds` is the most it searches
    where hours matter.
    """
    if len(points) < 2 or not any(hours):
        return shortest_order(points, shape)
    clock = _Clock(points, hours, pace, shape)
    today = list(range(len(points)))
    plain = shortest_order(points, shape)
    by_doors = [
        sorted(today, key=lambda stop: (clock.doors[stop][side], plain.index(stop))) for side in (0, 1)
    ]
    first = min(today, plain, plain[::-1], *by_doors, *_rounds(plain, shape), key=clock.badness)
    best = first
    if len(points) > FEW:  # when some order finds every shop open, this finds it
        best = min(first, _search(clock, first, seconds / 3, strict=True), key=clock.badness)
    left = seconds * 2 / 3
    if len(points) <= FEW or clock.badness(best)[0]:
        best, left = _less_late(clock, best, seconds / 3), seconds / 3
    return min(today, best, _search(clock, best, left), key=clock.badness)


def _rounds(order: list[int], shape: Shape) -> list[list[int]]:
    """A round trip without a fixed start may begin at each of its stops, and be walked either way."""
    if not shape.closed or shape.start is not None:
        return []
    return [way[at:] + way[:at] for way in (order, order[::-1]) for at in range(len(order))]


class _Clock:
    """One question: nodes (the stops, then start and end), travel times between them, and what an order comes to."""

    def __init__(self, points: Sequence[LatLng], hours: Sequence[Hours], pace: Pace, shape: Shape) -> None:
        import numpy as np

        n = len(points)
        nodes = [*points, *([shape.start] if shape.start else []), *([shape.end] if shape.end else [])]
        self.points, self.hours, self.pace, self.shape = points, hours, pace, shape
        self.start = n if shape.start else None
        self.end = self.start if shape.closed else len(nodes) - 1 if shape.end else None
        self.metres = distance_matrix(nodes)
        self.rows: list[list[float]] = self.metres.tolist()
        self.doors = [(h.opens_s or 0, h.closes_s if h.closes_s is not None else MANY_DAYS_S) for h in hours]
        self.travel: list[list[int]] = (
            np.rint(self.metres * pace.road_factor / pace.speed_ms).astype(int).tolist()
        )

    def run(self, order: Sequence[int]) -> Timetable:
        now, here = self.pace.leaves_s, self.start
        arrivals: list[Arrival] = []
        for stop in order:
            now += self.travel[here][stop] if here is not None else 0
            hours = self.hours[stop]
            begins = max(now, hours.opens_s or 0)
            late = max(0, begins - hours.closes_s) if hours.closes_s is not None else 0
            arrivals.append(Arrival(now, begins, begins + self.pace.stay_s, late))
            now, here = begins + self.pace.stay_s, stop
        end = order[0] if self.shape.closed and self.end is None and len(order) > 0 else self.end
        if here is not None and end is not None:
            now += self.travel[here][end]
        return Timetable(tuple(arrivals), now)

    def badness(self, order: Sequence[int]) -> tuple[int, int]:
        """(seconds too late, whole metres): less is better. The sums of `run`, without its rows."""
        now, here, late, metres = self.pace.leaves_s, self.start, 0, 0.0
        stay = self.pace.stay_s
        for stop in order:
            if here is not None:
                now += self.travel[here][stop]
                metres += self.rows[here][stop]
            opens, closes = self.doors[stop]
            if now < opens:
                now = opens
            elif now > closes:
                late += now - closes
            now += stay
            here = stop
        end = order[0] if self.shape.closed and self.end is None and len(order) > 0 else self.end
        if here is not None and end is not None:
            metres += self.rows[here][end]
        return late, round(metres)


def _less_late(clock: _Clock, order: list[int], seconds: float) -> list[int]:
    """Local search by the badness itself, for days that leave no order in which every shop is open: pieces of up to
    three stops are moved or turned until nothing gets better, then shaken, until the time is over."""
    deadline = time.monotonic() + seconds
    chance = Random(SEED)  # noqa: S311 - shakes an order, guards nothing
    best = here = _settle(clock, order, deadline)
    worst, since = clock.badness(best), 0
    while since < SHAKES and time.monotonic() < deadline:
        here = _settle(clock, _shaken(best, chance), deadline)
        since += 1
        if (cost := clock.badness(here)) < worst:
            best, worst, since = here, cost, 0
    return best


def _settle(clock: _Clock, order: list[int], deadline: float) -> list[int]:
    cost, better = clock.badness(order), True
    while better:
        better = False
        for other in _neighbours(order):
            if time.monotonic() > deadline:
                return order
            if (new := clock.badness(other)) < cost:
                order, cost, better = other, new, True
                break
    return order


def _neighbours(order: list[int]) -> Iterator[list[int]]:
    n = len(order)
    for size in (1, 2, 3):
        for at in range(n - size + 1):
            piece, rest = order[at : at + size], order[:at] + order[at + size :]
            for to in range(len(rest) + 1):
                if to != at:
                    yield rest[:to] + piece + rest[to:]
    for i in range(n - 1):
        for j in range(i + 2, n + 1):
            yield order[:i] + order[i:j][::-1] + order[j:]


def _shaken(order: list[int], chance: Random) -> list[int]:
    a, b, c = sorted(chance.randrange(len(order) + 1) for _ in range(3))
    return order[:a] + order[b:c] + order[a:b] + order[c:]


def _search(clock: _Clock, first: list[int], seconds: float, *, strict: bool = False) -> list[int]:
    """What pyvrp makes of it for one rep, beginning with the order `first`.

    `strict` keeps to the hours; else a shop that `first` finds closed counts as open until then, which leaves pyvrp a
    day that can be done.
    """
    import pyvrp
    from pyvrp.exceptions import PenaltyBoundWarning
    from pyvrp.stop import MaxRuntime, MultipleCriteria, NoImprovement

    model = _model(clock, [] if strict else first)
    data = model.data()
    with warnings.catch_warnings():
        # A day that is too full stays so; the caller counts what comes too late.
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        result = model.solve(
            MultipleCriteria([MaxRuntime(seconds), NoImprovement(PATIENCE)]),
            seed=SEED,
            collect_stats=False,
            display=False,
            initial_solution=pyvrp.Solution(data, [first]),
        )
    order = [visit.idx for route in result.best.routes() for visit in route if visit.is_client()]
    return order if len(order) == len(first) else first


def _model(clock: _Clock, waits_for: list[int]) -> Any:
    """One rep, one day; a shop that the order `waits_for` finds closed counts as open until then. Where start or end is free, he comes from or goes to a place that is near to everything; a
    round trip without a start is searched like that too, and judged with its way back by the caller."""
    import pyvrp

    pace = clock.pace
    model = pyvrp.Model()
    places = [model.add_location(0, 0) for _row in clock.travel]
    nowhere = model.add_location(0, 0)
    left = model.add_depot(places[clock.start] if clock.start is not None else nowhere)
    same = clock.start == clock.end
    reached = left if same else model.add_depot(places[clock.end] if clock.end is not None else nowhere)
    late = {
        stop: arrival.begins_s
        for stop, arrival in zip(waits_for, clock.run(waits_for).arrivals, strict=True)
        if arrival.late_s
    }
    for stop, (opens, closes) in enumerate(clock.doors):
        model.add_client(
            places[stop], tw_early=opens, tw_late=late.get(stop, closes), service_duration=pace.stay_s
        )
    model.add_vehicle_type(
        1, start_depot=left, end_depot=reached, tw_early=pace.leaves_s, tw_late=MANY_DAYS_S
    )
    for a, here in enumerate(places):
        model.add_edge(here, nowhere, 0, 0)
        model.add_edge(nowhere, here, 0, 0)
        for b, there in enumerate(places):
            if a != b:
                model.add_edge(here, there, round(clock.metres[a][b]), clock.travel[a][b])
    return model
