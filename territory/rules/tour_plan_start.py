"""The first plan of many tours (F4): who serves which shop, then each visit where it costs least."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from territory.rules.tour_plans import Problem, Tours, days_of, fits

ROUNDS = 12  # of shops going to the rep who is nearest, as far as loads allow
Step = tuple[int, int]  # added seconds, place in the tour


def first_plan(problem: Problem, tours: Tours | None = None) -> Tours:
    """Every visit that finds room, hardest shops first; of `tours` what stands in them stays."""
    tours = {key: list((tours or {}).get(key, ())) for key in problem.rep_days}
    homes = share_out(problem)
    insert_all(problem, tours, range(len(problem.shops)), homes)
    return tours


def insert_all(
    problem: Problem, tours: Tours, shops: Iterable[int], homes: list[int | None] | None = None
) -> None:
    """Put the missing visits of `shops` where they add the least, first with the rep of `homes`, then with anybody."""
    placed = days_of(tours)
    left = [shop for shop in shops if len(placed.get(shop, ())) < problem.shops[shop].visits]
    for shop in sorted(left, key=lambda shop: _ease(problem, shop)):
        home = homes[shop] if homes else None
        if home is None or not _insert(problem, tours, shop, [home]):
            _insert(problem, tours, shop, sorted(problem.shops[shop].reps))


def _ease(problem: Problem, shop: int) -> tuple[float, ...]:
    """Important shops, then those that have few ways to be visited, come first."""
    asked = problem.shops[shop]
    opens, closes = asked.hours.opens_s, asked.hours.closes_s
    width = (closes if closes is not None else problem.ends_s) - max(opens or 0, problem.leaves_s)
    return (-asked.rank, len(asked.days) - asked.visits * asked.gap_days, width, shop)


def _insert(problem: Problem, tours: Tours, shop: int, reps: Iterable[int]) -> bool:
    """All missing visits of the shop with one rep, or as many as fit; whether none is missing then."""
    asked = problem.shops[shop]
    standing = days_of(tours).get(shop, []) if asked.visits > 1 else []
    days = [day for _rep, day in standing]
    whose = [standing[0][0]] if standing else list(reps)
    wanted = asked.visits - len(standing)
    best: tuple[int, int, int, dict[int, Step]] | None = None
    for rep in whose:
        if rep not in asked.reps:
            continue
        steps = _steps(problem, tours, shop, rep, days)
        chosen = _cheapest(problem, shop, steps, wanted)
        cost = sum(steps[day][0] for day in chosen)
        score = (-len(chosen), cost, rep, {day: steps[day] for day in chosen})
        if chosen and (best is None or score[:3] < best[:3]):
            best = score
    if best is None:
        return False
    for day, (_cost, at) in best[3].items():
        tours[best[2], day].insert(at, shop)
    return -best[0] == wanted


def _steps(problem: Problem, tours: Tours, shop: int, rep: int, taken: list[int]) -> dict[int, Step]:
    """Where the shop fits on each day of the rep, and what it adds there."""
    found = {}
    for day in sorted(problem.shops[shop].days):
        if not problem.apart(shop, day, taken):
            continue
        if step := cheapest_place(problem, rep, tours[rep, day], shop):
            found[day] = step
    return found


def cheapest_place(problem: Problem, rep: int, tour: list[int], shop: int) -> Step | None:
    """(added seconds, place) of the cheapest place at which the tour still fits; None where there is none."""
    travel = problem.travel
    start, end = problem.anchors[rep]
    line: list[int | None] = [start, *tour, end if tour or start is not None else None]
    if not tour and start is None:
        return (0, 0) if fits(problem, rep, [shop]) else None
    added = []
    for at, (a, b) in enumerate(pairwise(line)):
        into = travel[a][shop] if a is not None else 0
        out = travel[shop][b] if b is not None else 0
        saved = travel[a][b] if a is not None and b is not None and tour else 0
        added.append((into + out - saved, at))
    for step in sorted(added):
        if fits(problem, rep, [*tour[: step[1]], shop, *tour[step[1] :]]):
            return step
    return None


def _cheapest(problem: Problem, shop: int, steps: dict[int, Step], wanted: int) -> list[int]:
    """Days of at most `wanted` visits far enough apart: as many as can be, and of those the cheapest."""
    best: list[
        list[tuple[int, list[int]] | None]
    ] = []  # [day][count - 1]: cheapest choice ending on that day
    days = sorted(steps)
    for number, day in enumerate(days):
        row: list[tuple[int, list[int]] | None] = [(steps[day][0], [day])] + [None] * (wanted - 1)
        for earlier in range(number):
            if not problem.apart(shop, day, (days[earlier],)):
                continue
            for count, choice in enumerate(best[earlier][:-1]):
                if choice is None:
                    continue
                longer = (choice[0] + steps[day][0], [*choice[1], day])
                known = row[count + 1]
                row[count + 1] = longer if known is None else min(known, longer)
        best.append(row)
    for count in range(wanted - 1, -1, -1):
        if full := [row[count] for row in best if row[count] is not None]:
            return min(choice for choice in full if choice)[1]
    return []


# --- who serves whom
def share_out(problem: Problem) -> list[int | None]:
    """A rep for each shop, so that near shops go together and nobody has much more than his share.

    Reps stand at their start, or spread over the shops; in each round shops go to the nearest rep with room left,
    those that would lose most by going elsewhere first, and reps move to the middle of theirs.
    """
    import numpy as np

    homes: list[int | None] = [None] * len(problem.shops)
    for shop, asked in enumerate(problem.shops):
        if len(asked.reps) == 1:
            homes[shop] = next(iter(asked.reps))
    free = [shop for shop, asked in enumerate(problem.shops) if len(asked.reps) > 1]
    if not free:
        return homes
    scale = np.array([1.0, np.cos(np.radians(problem.shops[free[0]].place[0]))])
    places = np.array([problem.shops[shop].place for shop in free]) * scale
    work = np.array([problem.shops[shop].visits * (problem.shops[shop].stay_s + 600) for shop in free])
    may = np.array([[rep in problem.shops[shop].reps for rep in range(len(problem.reps))] for shop in free])
    taken = np.zeros(len(problem.reps))
    for shop, home in enumerate(homes):
        if home is not None:
            taken[home] += problem.shops[shop].visits * (problem.shops[shop].stay_s + 600)
    room = np.maximum(0, (work.sum() + taken.sum()) / len(problem.reps) * 1.05 - taken)
    centres = _centres(problem, places, scale)
    chosen = np.zeros(len(free), dtype=int)
    for _round in range(ROUNDS):
        chosen = _deal(places, centres, work, may, room)
        moved = np.array(
            [
                places[chosen == rep].mean(axis=0) if (chosen == rep).any() else centres[rep]
                for rep in range(len(centres))
            ]
        )
        if np.allclose(moved, centres):
            break
        centres = moved
    for shop, rep in zip(free, chosen, strict=True):
        homes[shop] = int(rep)
    return homes


def _centres(problem: Problem, places: Any, scale: Any) -> Any:
    """Where each rep stands at first: his start, else the shop that is farthest from all who stand already."""
    import numpy as np

    starts = [rep.start for rep in problem.reps]
    found = [
        np.array(start, dtype=float) * scale if start and start not in starts[:number] else None
        for number, start in enumerate(starts)
    ]
    for number, centre in enumerate(found):
        if centre is None:
            stand = [other for other in found if other is not None] or [places.mean(axis=0)]
            apart = np.min([((places - other) ** 2).sum(axis=1) for other in stand], axis=0)
            found[number] = places[apart.argmax()]
    return np.array(found)


def _deal(places: Any, centres: Any, work: Any, may: Any, room: Any) -> Any:
    import numpy as np

    away = np.sqrt(((places[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2))
    away = np.where(may, away, np.inf)
    ranked = np.sort(away, axis=1)
    second = np.where(np.isfinite(ranked[:, 1]), ranked[:, 1], 1e9) if ranked.shape[1] > 1 else ranked[:, 0]
    left = room.copy()
    chosen = np.empty(len(places), dtype=int)
    for shop in np.argsort(ranked[:, 0] - second, kind="stable"):
        order = np.argsort(away[shop], kind="stable")
        allowed = [rep for rep in order if np.isfinite(away[shop, rep])]
        chosen[shop] = next((rep for rep in allowed if left[rep] >= work[shop]), allowed[0])
        left[chosen[shop]] -= work[shop]
    return chosen
