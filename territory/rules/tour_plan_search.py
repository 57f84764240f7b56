"""The search for a good plan of many tours (F4): parts of it are solved again and again until effort is spent.

pyvrp routes well where it is free to choose the day, and badly where visits exclude each other. So of a shop with several
visits only one moves at a time, within the days that its others leave, and the rest stays on its day.
The same question with the same seed gets the same answer: effort is counted in rounds of the search, not in seconds.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass
from random import Random
from typing import Any

from territory.rules.tour_plan_start import first_plan, insert_all
from territory.rules.tour_plans import (
    WAIT_PART,
    Problem,
    RepDay,
    Tours,
    Worth,
    days_of,
    fair_load,
    missing_of,
    walk,
    worth,
)

PRIZE = 200_000  # seconds on the way that a visit is worth: more than any detour
FORBIDDEN = 1_000_000  # seconds to a shop on a day, or by a rep, that must not be
PART = 150  # visits solved together
WHOLE = 800  # visits of a plan that is solved as one part at first
CELLS = 12_000_000  # numbers in the matrices of one part: 200 MB
RUIN = 12  # shops taken out and put back together
NEIGHBOURS = 40  # near visits that pyvrp tries for each
SHAKEN_WHOLE, SHAKEN_PART = 20, 6  # visits that a round of it shakes at most


@dataclass(frozen=True)
class Effort:
    """How long to search: the `whole` plan for so many rounds of pyvrp, then `parts` of it for `rounds` each."""

    whole: int
    parts: int
    rounds: int


QUICK, NORMAL, LONG = Effort(300, 6, 300), Effort(15_000, 24, 1_500), Effort(40_000, 240, 1_500)


@dataclass(frozen=True)
class Answer:
    tours: Tours
    worth: Worth
    ended_early: bool  # by the clock or by the caller: another run may answer differently


# Called with the rounds that are done and those to do; False ends the search with the best so far.
Watch = Callable[[int, int], bool]
_Allowances = tuple[dict[int, int], dict[RepDay, int]]


def solve(
    problem: Problem,
    effort: Effort = NORMAL,
    *,
    seed: int = 1,
    begin: Tours | None = None,
    seconds: float = 600,
    watch: Watch = lambda _done, _total: True,
) -> Answer:
    """The best plan found. `begin` is one to improve on (visits that are missing in it are put in); `seconds` is the
    most it takes."""
    search = _Search(problem, first_plan(problem, begin), Random(seed))  # noqa: S311 - shuffles, guards nothing
    first = search.first_parts()
    steps = [max(100, effort.whole // len(first))] * len(first) + [effort.rounds] * effort.parts
    pulse = _Pulse(watch, sum(steps), time.monotonic() + seconds)
    patience, quiet = effort.parts * min(1.0, 0.2 + search.visits / PART / 2), 0
    for number, rounds in enumerate(steps):
        if not pulse.goes_on(sum(steps[:number])):
            return search.answer(ended_early=True)
        before = search.worth
        if number < len(first):
            search.improve(first[number], rounds, SHAKEN_WHOLE, pulse)
        else:
            search.improve(search.near_part(), rounds, SHAKEN_PART, pulse)
        if number == len(first) - 1:
            search.measure_balance()
        search.ruin()
        quiet = 0 if search.worth < before or number < len(first) else quiet + 1
        if quiet >= patience:
            break
    if pulse.stopped:
        return search.answer(ended_early=True)
    watch(pulse.total, pulse.total)
    return search.answer(ended_early=False)


class _Pulse:
    """A criterion for pyvrp to stop: by the clock or by the caller, who hears every second how many rounds are done."""

    def __init__(self, watch: Watch, total: int, deadline: float) -> None:
        self.watch, self.total, self.deadline = watch, total, deadline
        self.done, self.told, self.stopped = 0, 0.0, False

    def goes_on(self, done: int) -> bool:
        """Tell the caller that `done` rounds are over; a part that ended early is as good as one that did not."""
        self.done = max(done, self.done)
        self.told = time.monotonic()
        if not self.stopped:
            self.stopped = self.told > self.deadline or not self.watch(self.done, self.total)
        return not self.stopped

    def __call__(self, best_cost: float) -> bool:
        self.done = min(self.done + 1, self.total)
        if time.monotonic() - self.told > 1:
            self.goes_on(self.done)
        return self.stopped


class _Search:
    def __init__(self, problem: Problem, tours: Tours, chance: Random) -> None:
        self.problem, self.tours, self.chance = problem, tours, chance
        self.fair_s: float | None = None
        self.worth = worth(problem, tours)
        self.visits = sum(shop.visits for shop in problem.shops)
        self.turn = 0
        self.apart = False  # nobody serves another's shops
        self.measure_balance()

    def answer(self, *, ended_early: bool) -> Answer:
        return Answer(self.tours, worth(self.problem, self.tours), ended_early)

    def measure_balance(self) -> None:
        if self.problem.balance:
            self.fair_s = fair_load(self.problem, self.tours)
            self.worth = worth(self.problem, self.tours, self.fair_s)

    def take(self, tours: Tours) -> bool:
        """Go on from `tours` when they are better."""
        value = worth(self.problem, tours, self.fair_s)
        if value < self.worth:
            self.tours, self.worth = tours, value
            return True
        return False

    # --- parts
    def first_parts(self) -> list[list[RepDay]]:
        """All at once, where that is not too much; else, and where nobody serves another's shops, rep by rep."""
        problem, visits = self.problem, self.visits
        self.apart = all(len(shop.reps) <= 1 for shop in problem.shops)
        several = any(shop.visits > 1 for shop in problem.shops) or bool(problem.pins)
        profiles = (
            len(problem.rep_days)
            if several or len({shop.reps for shop in problem.shops}) > 1
            else len(problem.dates)
        )
        if not self.apart and visits <= WHOLE and profiles * visits**2 <= CELLS:
            return [problem.rep_days]
        by_rep = [[(rep, day) for day in range(len(problem.dates))] for rep in range(len(problem.reps))]
        return [part for part in by_rep if sum(len(self.tours[key]) for key in part) <= 2 * PART]

    def near_part(self) -> list[RepDay]:
        """A rep's day drawn at random and those whose shops lie nearest to its, up to PART visits."""
        places = [shop.place for shop in self.problem.shops]
        middles = {}
        for key, tour in self.tours.items():
            if tour:
                middles[key] = (
                    sum(places[shop][0] for shop in tour) / len(tour),
                    sum(places[shop][1] for shop in tour) / len(tour),
                )
        if not middles:
            return list(self.tours)
        drawn = self.chance.choice(sorted(middles))
        if self.apart:  # the reps in turn
            reps = sorted({rep for rep, _day in middles})
            drawn = next(key for key in sorted(middles) if key[0] == reps[self.turn % len(reps)])
            middles = {key: middle for key, middle in middles.items() if key[0] == drawn[0]}
        lat, lng = places[self.chance.choice(self.tours[drawn])]
        near = sorted(
            middles, key=lambda key: ((middles[key][0] - lat) ** 2 + (middles[key][1] - lng) ** 2, key)
        )
        free = [key for key in self.tours if not self.tours[key] and (not self.apart or key[0] == drawn[0])]
        part: list[RepDay] = free[:2]  # an empty day is a chance
        count = 0
        for key in near:
            count += len(self.tours[key])
            if count > PART and part:
                break
            part.append(key)
        return part

    def ruin(self) -> None:
        """Take near shops out of all their days and put them back where they are cheapest: moves between reps, and of
        shops with several visits, that parts cannot do."""
        problem = self.problem
        pinned = {shop for shop, _rep, _day in problem.pins}
        free = [shop for shop in sorted(days_of(self.tours)) if shop not in pinned]
        if not free:
            return
        lat, lng = problem.shops[self.chance.choice(free)].place
        several = [shop for shop in free if problem.shops[shop].visits > 1] or free
        several.sort(
            key=lambda shop: (
                (problem.shops[shop].place[0] - lat) ** 2 + (problem.shops[shop].place[1] - lng) ** 2
            )
        )
        out = set(several[:RUIN])
        tours = {key: [shop for shop in tour if shop not in out] for key, tour in self.tours.items()}
        order = [*out, *missing_of(problem, self.tours)]
        self.chance.shuffle(order)
        insert_all(problem, tours, dict.fromkeys(order))
        self.take(tours)

    # --- one part
    def improve(self, part: Collection[RepDay], rounds: int, shaken: int, pulse: _Pulse) -> None:
        """Solve the tours of these reps' days again, with what is missing and might stand in them."""
        import pyvrp
        from pyvrp.exceptions import PenaltyBoundWarning
        from pyvrp.stop import MaxIterations, MultipleCriteria, NoImprovement

        keys = sorted(part)
        visits = self._visits(keys)
        if not visits:
            return
        data = _data(self.problem, keys, visits, self.fair_s, self._allowances(keys))
        first = [
            pyvrp.Route(data, tour, vehicle)
            for vehicle, key in enumerate(keys)
            if (tour := _present(visits, key))
        ]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PenaltyBoundWarning)
            result = pyvrp.solve(
                data,
                MultipleCriteria([pulse, MaxIterations(rounds), NoImprovement(max(60, rounds // 3))]),
                seed=self.chance.randrange(1 << 30),
                collect_stats=False,
                display=False,
                params=_params(shaken),
                initial_solution=pyvrp.Solution(data, first),
            )
        tours = dict(self.tours)
        for key in keys:
            tours[key] = []
        for route in result.best.routes():
            tours[keys[route.vehicle_type()]] = [
                visits[visit.idx].shop for visit in route if visit.is_client()
            ]
        self.take(tours)

    def _visits(self, keys: list[RepDay]) -> list[_Visit]:
        """The visits of the part: where each is now, and where it may go."""
        problem, part = self.problem, set(keys)
        placed = days_of(self.tours)
        found: list[_Visit] = []
        for key in keys:
            for at, shop in enumerate(self.tours[key]):
                found.append(_Visit(shop, key, at, frozenset((key,))))
        moving: dict[int, list[int]] = {}
        for index, visit in enumerate(found):
            if (visit.shop, *(visit.at or (0, 0))) not in problem.pins:
                moving.setdefault(visit.shop, []).append(index)
        self.turn += 1
        for shop, where in moving.items():
            index = where[self.turn % len(where)]
            now = found[index].at
            assert now is not None  # only those that stand somewhere are in `moving`
            others = [key for key in placed[shop] if key != now]
            free = self._open_to(shop, part, others) | {now}
            found[index] = _Visit(shop, now, found[index].position, frozenset(free))
        for shop in missing_of(problem, self.tours):
            if shop in moving and problem.shops[shop].visits > 1:
                continue  # its other visit moves in this turn
            if free := self._open_to(shop, part, placed.get(shop, [])):
                found.append(_Visit(shop, None, 0, frozenset(free)))
        return found

    def _allowances(self, keys: list[RepDay]) -> _Allowances:
        """What tours laid by hand take for themselves: a shop that they find closed counts as open until then, and
        work as longer. Else pyvrp would find no way to leave them as they are; `worth` still counts it against them."""
        late: dict[int, int] = {}
        ends: dict[RepDay, int] = {}
        for key in keys:
            day = walk(self.problem, key[0], self.tours[key])
            ends[key] = max(self.problem.ends_s, day.clock.ends_s)
            for shop, at in zip(self.tours[key], day.clock.arrivals, strict=True):
                if at.late_s:
                    late[shop] = at.begins_s
        return late, ends

    def _open_to(self, shop: int, part: set[RepDay], others: list[RepDay]) -> set[RepDay]:
        asked = self.problem.shops[shop]
        reps = {others[0][0]} if others else asked.reps
        days = [day for _rep, day in others]
        return {
            (rep, day)
            for rep, day in part
            if rep in reps and day in asked.days and self.problem.apart(shop, day, days)
        }


@dataclass(frozen=True)
class _Visit:
    shop: int
    at: RepDay | None  # None: in no tour yet
    position: int
    free: frozenset[RepDay]


def _present(visits: list[_Visit], key: RepDay) -> list[int]:
    """The tour as it is, in pyvrp's numbers."""
    return sorted((i for i, visit in enumerate(visits) if visit.at == key), key=lambda i: visits[i].position)


def _data(
    problem: Problem,
    keys: list[RepDay],
    visits: list[_Visit],
    fair_s: float | None,
    allowances: _Allowances,
) -> Any:
    """One vehicle a rep's day; days that the same visits must not be on share a profile."""
    import numpy as np
    import pyvrp

    nodes = [visit.shop for visit in visits]
    size = len(nodes)
    anchors = sorted({node for rep, _day in keys for node in problem.anchors[rep] if node is not None})
    whole = np.zeros((size + len(anchors) + 1, size + len(anchors) + 1), dtype=np.int64)
    rows = [*nodes, *anchors]
    whole[:-1, :-1] = np.asarray(problem.travel)[np.ix_(rows, rows)]
    np.fill_diagonal(whole, 0)
    depot = {node: number for number, node in enumerate(anchors)} | {None: len(anchors)}
    profiles: dict[tuple[int, ...], int] = {}
    matrices: list[Any] = []
    vehicles = []
    for key in keys:
        closed = tuple(i for i, visit in enumerate(visits) if key not in visit.free)
        if closed not in profiles:
            profiles[closed] = len(matrices)
            matrix = whole.copy()
            matrix[:, list(closed)] += FORBIDDEN
            np.fill_diagonal(matrix, 0)
            matrices.append(matrix)
        start, end = problem.anchors[key[0]]
        ends_s = allowances[1][key]
        work_s = ends_s - problem.leaves_s
        soft = work_s if fair_s is None else min(work_s, int(fair_s))
        vehicles.append(
            pyvrp.VehicleType(
                1,
                start_depot=depot[start],
                end_depot=depot[end],
                tw_early=problem.leaves_s,
                start_late=problem.leaves_s,
                tw_late=ends_s,
                # Whole numbers only: the way costs WAIT_PART, the way again and waiting one, service is what it is.
                unit_distance_cost=WAIT_PART - 1,
                unit_duration_cost=1,
                shift_duration=soft,
                max_overtime=work_s - soft,
                unit_overtime_cost=problem.balance * WAIT_PART,
                profile=profiles[closed],
            )
        )
    clients = [_client(problem, i, visit, allowances[0]) for i, visit in enumerate(visits)]
    places = [pyvrp.Location(*_xy(problem, node)) for node in rows] + [pyvrp.Location(0, 0)]
    depots = [pyvrp.Depot(size + number) for number in range(len(anchors) + 1)]
    return pyvrp.ProblemData(places, clients, depots, vehicles, matrices, matrices)


def _params(shaken: int) -> Any:
    from pyvrp import SolveParams
    from pyvrp.search import NeighbourhoodParams, PerturbationParams

    return SolveParams(
        neighbourhood=NeighbourhoodParams(num_neighbours=NEIGHBOURS),
        perturbation=PerturbationParams(1, shaken),
    )


def _xy(problem: Problem, node: int) -> tuple[float, float]:
    lat, lng = problem.nodes[node]
    return round(lng * 1e4), round(lat * 1e4)


def _client(problem: Problem, index: int, visit: _Visit, late: dict[int, int]) -> Any:
    import pyvrp

    shop = problem.shops[visit.shop]
    opens, closes = shop.hours.opens_s, shop.hours.closes_s
    never = problem.ends_s + 24 * 3600
    return pyvrp.Client(
        location=index,
        service_duration=shop.stay_s,
        tw_early=opens or 0,
        tw_late=max(late.get(visit.shop, 0), never if closes is None else closes),
        prize=WAIT_PART * (PRIZE + 1_000 * shop.rank),
        required=False,
    )
