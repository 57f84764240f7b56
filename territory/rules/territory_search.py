"""The search behind rules/territories.py: auction, growth, exchange along the borders, chains."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from territory.rules.territory_graph import LatLng, Links, adjacency, pieces, plane

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

AUCTIONS, BIDS = 6, 40  # rounds of middles, and of prices in each
RAISES = 14  # times the worth of balance is doubled
SWEEPS = 25  # walks along the borders at one worth
CHAINS = 200
POLISH = 3  # times the middles are moved once the weights are even
EPSILON = 1e-9

Tell = Callable[[float], None]


@dataclass(frozen=True)
class Place:
    """A cell with customers: where, how heavy, how many customers, and how many of them each area has today."""

    at: LatLng
    weight: float
    customers: int
    today: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """`base`: what each area carries besides the places (its locked customers); there are as many areas as bases."""

    places: Sequence[Place]
    base: Sequence[float]
    tolerance: float = 0.1  # share of the mean weight
    keep_km: float = 0.0


def deviation(loads: Sequence[float]) -> float:
    """The largest difference from the mean, as a share of it; 0 when nothing weighs anything."""
    mean = sum(loads) / len(loads) if loads else 0.0
    return max(abs(load - mean) for load in loads) / mean if mean > 0 else 0.0


class Search:
    """The state of one search. `area` is always whole after `grow`: every area in one piece, no place without."""

    def __init__(self, task: Task, links: Links) -> None:
        import numpy as np

        self.np, self.task = np, task
        self.count, self.areas = len(task.places), len(task.base)
        self.spots = plane([place.at for place in task.places])
        self.beside = adjacency(self.count, links)
        self.weights = [place.weight for place in task.places]
        self.heads = np.array([place.customers for place in task.places], dtype=float)
        total = sum(self.weights) + sum(task.base)
        self.mean = total / self.areas
        # One customer of mean weight weighs 1, so that prices are kilometres whatever is balanced.
        self.unit = total / max(1.0, float(self.heads.sum())) or 1.0
        self.keep = self._keep_costs()
        self.centres = self._first_centres()
        self.costs = self._costs()
        self.area: list[int] = []
        self.loads: list[float] = []
        self.sizes: list[int] = []

    # --- costs
    def _keep_costs(self) -> Array:
        """(places, areas): km that the change of owners is reckoned at."""
        keep = self.np.repeat(self.heads[:, None], self.areas, axis=1)
        for i, place in enumerate(self.task.places):
            for area, customers in place.today.items():
                keep[i, area] -= customers
        costs: Array = keep * self.task.keep_km
        return costs

    def _costs(self) -> Array:
        away = self.np.linalg.norm(self.spots[:, None, :] - self.centres[None, :, :], axis=2)
        costs: Array = away * self.heads[:, None] + self.keep
        return costs

    def _first_centres(self) -> Array:
        """The middle of what each area has today; a new rep starts at the edge of the heaviest area."""
        np = self.np
        share = np.zeros((self.count, self.areas))
        for i, place in enumerate(self.task.places):
            for area, customers in place.today.items():
                share[i, area] = customers
        have = share.sum(axis=0)
        centres: Array = np.zeros((self.areas, 2))
        known = [area for area in range(self.areas) if have[area] > 0]
        for area in known:
            centres[area] = (share[:, area, None] * self.spots).sum(axis=0) / have[area]
        weights = np.array(self.weights)
        for area in range(self.areas):
            if area in known:
                continue
            if not known:
                centres[area] = np.average(self.spots, axis=0, weights=self.heads)
            else:
                away = np.linalg.norm(self.spots[:, None, :] - centres[None, known, :], axis=2)
                nearest = away.argmin(axis=1)
                heavy = np.bincount(nearest, weights=weights, minlength=len(known)).argmax()
                inside = np.nonzero(nearest == heavy)[0]
                order = inside[np.argsort(away[inside, heavy], kind="stable")]
                centres[area] = self.spots[order[int(len(order) * 0.8)]]
            known.append(area)
        return centres

    # --- first step: full areas grow dear
    def auction(self) -> None:
        np = self.np
        weights = np.array(self.weights) / self.unit
        base = np.array(self.task.base) / self.unit
        mean = self.mean / self.unit
        prices = np.zeros(self.areas)
        spread = float(np.linalg.norm(self.spots.std(axis=0))) or 1.0
        best: tuple[tuple[float, float], Array] | None = None
        for _ in range(AUCTIONS):
            step = spread / 2
            for _ in range(BIDS):
                choice = (self.costs + prices[None, :] * weights[:, None]).argmin(axis=1)
                loads = base + np.bincount(choice, weights=weights, minlength=self.areas)
                worst = float(np.abs(loads - mean).max() / mean) if mean > 0 else 0.0
                over = max(0.0, worst - self.task.tolerance)
                cost = float(self.costs[np.arange(self.count), choice].sum())
                if best is None or (over, cost) < best[0]:
                    best = (over, cost), choice
                prices += step * np.clip((loads - mean) / mean if mean > 0 else loads * 0, -1, 1)
                step *= 0.93
            self._recentre(choice)
        assert best is not None
        self._recentre(best[1])
        self.area = best[1].tolist()

    def from_today(self) -> None:
        """Each place to whom most of its customers belong, those of nobody to the nearest middle."""
        self.centres = self._first_centres()
        self.costs = self._costs()
        nearest = self.costs.argmin(axis=1).tolist()
        self.area = [
            max(sorted(place.today), key=lambda number: place.today[number]) if place.today else nearest[i]
            for i, place in enumerate(self.task.places)
        ]

    def _recentre(self, choice: Array) -> None:
        np = self.np
        heads = np.bincount(choice, weights=self.heads, minlength=self.areas)
        for axis in range(2):
            sums = np.bincount(choice, weights=self.heads * self.spots[:, axis], minlength=self.areas)
            self.centres[:, axis] = np.where(heads > 0, sums / np.maximum(heads, 1), self.centres[:, axis])
        self.costs = self._costs()

    # --- second step: one piece each
    def grow(self) -> None:
        """Keep the heaviest piece of each area and let the areas grow over what is left."""
        area = list(self.area)
        for lone in self._seeds(area):
            area[lone[1]] = lone[0]
        taken = [-1] * self.count
        for number in range(self.areas):
            parts = pieces([i for i in range(self.count) if area[i] == number], self.beside)
            if parts:
                for i in max(parts, key=lambda part: (sum(self.weights[i] for i in part), -part[0])):
                    taken[i] = number
        front = [
            (self.costs[near, taken[i]], near, taken[i])
            for i in range(self.count)
            if taken[i] >= 0
            for near in self.beside[i]
            if taken[near] < 0
        ]
        heapq.heapify(front)
        while front:
            _cost, i, number = heapq.heappop(front)
            if taken[i] < 0:
                taken[i] = number
                for near in self.beside[i]:
                    if taken[near] < 0:
                        heapq.heappush(front, (self.costs[near, number], near, number))
        self.area = taken
        self.loads, self.sizes = list(self.task.base), [0] * self.areas
        for i, number in enumerate(taken):
            self.loads[number] += self.weights[i]
            self.sizes[number] += 1

    def _seeds(self, area: list[int]) -> list[tuple[int, int]]:
        """(area, place) for each area that got none, while there are places to spare."""
        sizes = [0] * self.areas
        for number in area:
            sizes[number] += 1
        found: list[tuple[int, int]] = []
        used: set[int] = set()
        for number in range(self.areas):
            if sizes[number]:
                continue
            for i in self.np.argsort(self.costs[:, number], kind="stable").tolist():
                if i not in used and sizes[area[i]] > 1:
                    sizes[area[i]] -= 1
                    used.add(i)
                    found.append((number, i))
                    break
        return found

    # --- third step: along the borders
    def even_out(self, tell: Tell) -> None:
        tolerance = self.task.tolerance
        scale = float(self.costs.min(axis=1).sum()) + float(self.heads.sum()) * 0.1
        worth = 0.05 * scale / max(self.mean, EPSILON) ** 2
        for turn in range(RAISES):
            self._sweeps(worth)
            tell((turn + 1) / (RAISES + POLISH))
            if deviation(self.loads) <= tolerance:
                break
            worth *= 2
        self._chains()
        kept = self.state()
        for turn in range(POLISH):
            self._recentre(self.np.array(self.area))
            self._sweeps(worth)
            kept = min(kept, self.state(), key=lambda state: state[0])
            tell((RAISES + turn + 1) / (RAISES + POLISH))
        self.area, self.loads, self.sizes = kept[1]
        self._recentre(self.np.array(self.area))

    def state(self) -> tuple[tuple[float, float], tuple[list[int], list[float], list[int]]]:
        """How good it is (what is over the allowed difference, then km), and what it is."""
        self._recentre(self.np.array(self.area))
        over = max(0.0, deviation(self.loads) - self.task.tolerance)
        cost = float(self.costs[self.np.arange(self.count), self.area].sum())
        return (round(over, 9), cost), (list(self.area), list(self.loads), list(self.sizes))

    def _chains(self) -> None:
        """While the difference is too large: pass a place on from area to area between a heavy and a light one."""
        for _ in range(CHAINS):
            if deviation(self.loads) <= self.task.tolerance or not self._chain():
                return

    def _chain(self) -> bool:
        order = sorted(range(self.areas), key=lambda number: (self.loads[number], number))
        ends = [(heavy, light) for heavy in order[::-1][:3] for light in order[:3] if heavy != light]
        ends.sort(key=lambda pair: self.loads[pair[1]] - self.loads[pair[0]])
        before = sum((load - self.mean) ** 2 for load in self.loads)
        for heavy, light in ends:
            area, loads, sizes = list(self.area), list(self.loads), list(self.sizes)
            way = self._way(heavy, light)
            half = (self.loads[heavy] - self.loads[light]) / 2
            if way and all(self._pass_on(source, target, half) for source, target in pairwise(way)):
                after = sum((load - self.mean) ** 2 for load in self.loads)
                if after < before * (1 - 1e-9):
                    return True
            self.area, self.loads, self.sizes = area, loads, sizes
        return False

    def _way(self, source: int, target: int) -> list[int]:
        """Areas from `source` to `target`, each touching the next; the fewest."""
        touching: list[set[int]] = [set() for _ in range(self.areas)]
        for i, number in enumerate(self.area):
            touching[number].update(self.area[near] for near in self.beside[i])
        came = {source: source}
        front = [source]
        while front and target not in came:
            reached = []
            for number in front:
                for other in sorted(touching[number]):
                    if other not in came:
                        came[other] = number
                        reached.append(other)
            front = reached
        if target not in came:
            return []
        way = [target]
        while way[-1] != source:
            way.append(came[way[-1]])
        return way[::-1]

    def _pass_on(self, source: int, target: int, wanted: float) -> bool:
        """Move the place of the border whose weight is nearest to `wanted` and that cuts nothing off."""
        border = [
            i
            for i, number in enumerate(self.area)
            if number == source and any(self.area[near] == target for near in self.beside[i])
        ]
        border.sort(key=lambda i: (abs(self.weights[i] - wanted), i))
        for i in border:
            if self.sizes[source] > 1 and not self._cut_off(i, source):
                self._move([i], source, target)
                return True
        return False

    def _sweeps(self, worth: float) -> None:
        """Move places over borders while that lowers cost + worth × Σ (load − mean)²."""
        costs = self.costs.tolist()
        restless = set(range(self.count))
        for _ in range(SWEEPS):
            moved: set[int] = set()
            for i in sorted(restless):
                moved.update(self._try(i, costs, worth))
            if not moved:
                return
            restless = moved | {near for i in moved for near in self.beside[i]}

    def _try(self, i: int, costs: list[list[float]], worth: float) -> list[int]:
        """The places that went over with `i`; none when staying is best."""
        source = self.area[i]
        targets = sorted({self.area[near] for near in self.beside[i]} - {source})
        if not targets or self.sizes[source] < 2:
            return []
        gain, target = max(
            ((self._gain([i], source, number, costs, worth), number) for number in targets),
            key=lambda pair: (pair[0], -pair[1]),
        )
        if gain <= EPSILON:
            return []
        block = [i, *self._cut_off(i, source)]
        if len(block) > 1:
            if len(block) >= self.sizes[source]:
                return []
            gain, target = max(
                ((self._gain(block, source, number, costs, worth), number) for number in targets),
                key=lambda pair: (pair[0], -pair[1]),
            )
            if gain <= EPSILON:
                return []
        self._move(block, source, target)
        return block

    def _gain(
        self, block: list[int], source: int, target: int, costs: list[list[float]], worth: float
    ) -> float:
        weight = sum(self.weights[i] for i in block)
        saved = sum(costs[i][source] - costs[i][target] for i in block)
        uneven = 2 * weight * (self.loads[target] - self.loads[source] + weight)
        return saved - worth * uneven

    def _cut_off(self, i: int, source: int) -> list[int]:
        """What of the area would lose touch with its heavier rest without place `i`."""
        near = [j for j in self.beside[i] if self.area[j] == source]
        if len(near) < 2:
            return []
        parts: list[list[int]] = []
        left = set(near)
        while left:
            # Mostly the neighbours know each other round the corner: the walk ends when all of them are found.
            first = min(left)
            left.discard(first)
            seen, front = {i, first}, [first]
            while front and (left or parts):
                reached = []
                for j in front:
                    for k in self.beside[j]:
                        if k not in seen and self.area[k] == source:
                            seen.add(k)
                            left.discard(k)
                            reached.append(k)
                front = reached
            if not left and not parts:
                return []
            seen.discard(i)
            parts.append(sorted(seen))
        heaviest = max(parts, key=lambda part: (sum(self.weights[j] for j in part), -part[0]))
        return [j for part in parts if part is not heaviest for j in part]

    def _move(self, block: list[int], source: int, target: int) -> None:
        weight = sum(self.weights[i] for i in block)
        for i in block:
            self.area[i] = target
        self.loads[source] -= weight
        self.loads[target] += weight
        self.sizes[source] -= len(block)
        self.sizes[target] += len(block)
