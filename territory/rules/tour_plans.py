"""Tours of several reps over several days (F4): what is asked, what a tour comes to, what a plan is worth.

Reps, days and shops are numbers into the tuples of a `Problem`. Times are seconds since midnight, places (lat, lng) in
WGS-84 degrees. A tour is a list of shops in the order they are visited; a plan has one for each (rep, day).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from territory.rules.tours import LatLng, distance_matrix
from territory.rules.windows import ANY, Arrival, Hours, Timetable

RepDay = tuple[int, int]  # rep, day
Visit = tuple[int, int, int]  # shop, rep, day
Tours = dict[RepDay, list[int]]

WAIT_PART = 5  # seconds of waiting at a door cost as much as one on the way
LATE_COST = 20  # of a second too late, or after work, in seconds on the way: only tours laid by hand have any

# Why a visit is in no tour.
NO_PLACE, NO_REP, CLOSED, TOO_OFTEN, HOURS, TOO_FAR, FULL = (
    "no_place", "no_rep", "closed", "too_often", "hours", "too_far", "full",
)  # fmt: skip


@dataclass(frozen=True)
class Rep:
    """Who goes; from a place and to a place besides the shops, or from the first shop and until the last."""

    start: LatLng | None = None
    end: LatLng | None = None


@dataclass(frozen=True)
class Shop:
    """Where to go. `days` and `reps` are those that may; of several visits two are at least `gap_days` calendar days
    apart. Where not all fits, shops of a higher `rank` go first."""

    place: LatLng
    days: frozenset[int]
    reps: frozenset[int]
    visits: int = 1
    gap_days: int = 1
    stay_s: int = 15 * 60
    hours: Hours = ANY
    rank: int = 0


@dataclass(frozen=True)
class Problem:
    """`balance` is what a second of a rep's day above its fair share costs, in seconds on the way; `pins` are visits
    that stay with their rep and day."""

    reps: tuple[Rep, ...]
    dates: tuple[dt.date, ...]
    shops: tuple[Shop, ...]
    leaves_s: int = 8 * 3600
    work_s: int = 8 * 3600
    speed_ms: float = 25 / 3.6
    road_factor: float = 1.3
    balance: int = 0
    share: float = 1.1  # of the mean day that counts as fair
    pins: frozenset[Visit] = field(default_factory=frozenset)

    @property
    def ends_s(self) -> int:
        return self.leaves_s + self.work_s

    @cached_property
    def rep_days(self) -> list[RepDay]:
        return [(rep, day) for rep in range(len(self.reps)) for day in range(len(self.dates))]

    @cached_property
    def anchors(self) -> list[tuple[int | None, int | None]]:
        """Nodes of each rep's start and end; shops are the nodes before."""
        found, node = [], len(self.shops)
        for rep in self.reps:
            start = node if rep.start else None
            node += rep.start is not None
            end = start if rep.end is not None and rep.end == rep.start else node if rep.end else None
            node += end is not None and end != start
            found.append((start, end))
        return found

    @cached_property
    def nodes(self) -> list[LatLng]:
        places = [shop.place for shop in self.shops]
        for rep in self.reps:
            places += [rep.start] if rep.start else []
            places += [rep.end] if rep.end and rep.end != rep.start else []
        return places

    @cached_property
    def metres(self) -> list[list[float]]:
        """On the road between nodes."""
        rows: list[list[float]] = distance_matrix(self.nodes, self.road_factor).tolist()
        return rows

    @cached_property
    def travel(self) -> list[list[int]]:
        """Whole seconds between nodes."""
        return [[round(metres / self.speed_ms) for metres in row] for row in self.metres]

    def apart(self, shop: int, day: int, others: Iterable[int]) -> bool:
        """Whether a visit on `day` keeps its distance from those on the days `others`."""
        gap = max(1, self.shops[shop].gap_days)
        return all(abs((self.dates[day] - self.dates[other]).days) >= gap for other in others)

    def most_visits(self, shop: int) -> int:
        """How many visits the days on which the shop is open have room for, so far apart."""
        count, last = 0, None
        for day in sorted(self.shops[shop].days):
            if last is None or self.apart(shop, day, (last,)):
                count, last = count + 1, day
        return count


@dataclass(frozen=True)
class Day:
    """What a tour comes to. Too late is what begins after the shop's hours; `over_s` is past the end of work."""

    clock: Timetable
    travel_s: int
    stay_s: int
    metres: float
    over_s: int
    legs_m: tuple[float, ...]  # to each stop; the first is 0 where nothing is left from

    @property
    def wait_s(self) -> int:
        """At doors that were not open yet."""
        return sum(arrival.begins_s - arrival.arrives_s for arrival in self.clock.arrivals)

    @property
    def load_s(self) -> int:
        """Work: on the way and in the shops, waiting not counted."""
        return self.travel_s + self.stay_s


def walk(problem: Problem, rep: int, tour: Sequence[int]) -> Day:
    """The rep's day through the shops of `tour` in this order, from the beginning of work."""
    travel, metres = problem.travel, problem.metres
    here, end = problem.anchors[rep]
    now, stay, on_the_way = problem.leaves_s, 0, 0
    arrivals, legs = [], []
    for stop in tour:
        shop = problem.shops[stop]
        leg = travel[here][stop] if here is not None else 0
        legs.append(metres[here][stop] if here is not None else 0.0)
        on_the_way += leg
        now += leg
        begins = max(now, shop.hours.opens_s or 0)
        late = max(0, begins - shop.hours.closes_s) if shop.hours.closes_s is not None else 0
        arrivals.append(Arrival(now, begins, begins + shop.stay_s, late))
        stay += shop.stay_s
        now, here = begins + shop.stay_s, stop
    total = sum(legs)
    if tour and here is not None and end is not None:
        on_the_way += travel[here][end]
        now += travel[here][end]
        total += metres[here][end]
    over = max(0, now - problem.ends_s)
    return Day(Timetable(tuple(arrivals), now), on_the_way, stay, total, over, tuple(legs))


def fits(problem: Problem, rep: int, tour: Sequence[int]) -> bool:
    """Whether every shop is open when the rep comes and he is done by the end of work: `walk` without its rows."""
    travel, shops, ends = problem.travel, problem.shops, problem.ends_s
    here, end = problem.anchors[rep]
    now = problem.leaves_s
    for stop in tour:
        if here is not None:
            now += travel[here][stop]
        shop = shops[stop]
        hours = shop.hours
        if hours.opens_s is not None and now < hours.opens_s:
            now = hours.opens_s
        elif hours.closes_s is not None and now > hours.closes_s:
            return False
        now += shop.stay_s
        if now > ends:
            return False
        here = stop
    if end is not None and here is not None and tour:
        now += travel[here][end]
    return now <= ends


@dataclass(frozen=True, order=True)
class Worth:
    """What a plan is judged by, less is better: visits in no tour, those of important shops before; then `cost`."""

    missing: int
    missing_rank: int
    cost: float
    travel_s: int = field(compare=False, default=0)
    late_s: int = field(compare=False, default=0)
    over_s: int = field(compare=False, default=0)


def days_of(tours: Mapping[RepDay, Sequence[int]]) -> dict[int, list[RepDay]]:
    """Where each shop is visited, in the order of days."""
    found: dict[int, list[RepDay]] = {}
    for key in sorted(tours, key=lambda key: (key[1], key[0])):
        for shop in tours[key]:
            found.setdefault(shop, []).append(key)
    return found


def missing_of(problem: Problem, tours: Mapping[RepDay, Sequence[int]]) -> dict[int, int]:
    """Visits that are in no tour, by shop."""
    placed = days_of(tours)
    counts = {number: shop.visits - len(placed.get(number, ())) for number, shop in enumerate(problem.shops)}
    return {number: count for number, count in counts.items() if count > 0}


def fair_load(problem: Problem, tours: Mapping[RepDay, Sequence[int]]) -> float:
    """Seconds of work of a rep's day from which on balance costs something."""
    total = sum(walk(problem, rep, tour).load_s for (rep, _day), tour in tours.items())
    return problem.share * total / max(1, len(problem.rep_days))


def worth(problem: Problem, tours: Mapping[RepDay, Sequence[int]], fair_s: float | None = None) -> Worth:
    """What the plan is worth; `fair_s` as `fair_load` gave it, None where balance does not count."""
    travel = wait = late = over = 0
    uneven = 0.0
    for (rep, _day), tour in tours.items():
        if not tour:
            continue
        day = walk(problem, rep, tour)
        travel += day.travel_s
        wait += day.wait_s
        late += day.clock.late_s
        over += day.over_s
        if fair_s is not None:
            uneven += max(0.0, day.load_s + day.wait_s - fair_s)
    missing = missing_of(problem, tours)
    rank = sum(problem.shops[shop].rank * count for shop, count in missing.items())
    cost = travel + wait / WAIT_PART + LATE_COST * (late + over) + problem.balance * uneven
    return Worth(sum(missing.values()), rank, cost, travel, late, over)


def why_missing(problem: Problem, shop: int) -> str:
    """The reason why a visit found no room: the first that holds even for a rep with an empty day, else FULL."""
    asked = problem.shops[shop]
    if not asked.reps:
        return NO_REP
    if not asked.days:
        return CLOSED
    if asked.visits > problem.most_visits(shop):
        return TOO_OFTEN
    if any(fits(problem, rep, [shop]) for rep in asked.reps):
        return FULL
    alone = [walk(problem, rep, [shop]) for rep in asked.reps]
    return TOO_FAR if any(not day.clock.late_s and _at_its_door(problem, shop) for day in alone) else HOURS


def _at_its_door(problem: Problem, shop: int) -> bool:
    """Whether somebody who starts and ends at the shop could do the visit within its hours and work."""
    asked = problem.shops[shop]
    begins = max(problem.leaves_s, asked.hours.opens_s or 0)
    in_hours = asked.hours.closes_s is None or begins <= asked.hours.closes_s
    return in_hours and begins + asked.stay_s <= problem.ends_s


def breaches(problem: Problem, tours: Mapping[RepDay, Sequence[int]]) -> list[tuple[str, int, int, int]]:
    """What a plan does that it must not, as (what, shop, rep, day): for tests, and for tours laid by hand."""
    found = []
    for (rep, day), tour in tours.items():
        clock = walk(problem, rep, tour)
        found += [
            ("late", shop, rep, day) for shop, at in zip(tour, clock.clock.arrivals, strict=True) if at.late_s
        ]
        found += [("over", tour[-1], rep, day)] if clock.over_s else []
        for shop in tour:
            found += [("closed", shop, rep, day)] if day not in problem.shops[shop].days else []
            found += [("rep", shop, rep, day)] if rep not in problem.shops[shop].reps else []
    for shop, places in days_of(tours).items():
        days = [day for _rep, day in places]
        for at, (rep, day) in enumerate(places):
            found += [("gap", shop, rep, day)] if not problem.apart(shop, day, days[:at]) else []
        if len(places) > problem.shops[shop].visits:
            found.append(("often", shop, *places[-1]))
    return found
