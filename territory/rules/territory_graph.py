"""Which places lie beside each other, and what of an area hangs together (F4).

Two places are neighbours when no third lies inside the circle over their connecting line (Gabriel graph): links never
cross, so an area whose places are linked is one piece on the map. Towns that no link reaches are joined by the shortest
link between them, so that everything is reachable: a country with a desert in it is still one country.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

LatLng = tuple[float, float]
Links = list[tuple[int, int]]  # pairs of indexes, the smaller first, sorted
KM_A_DEGREE = math.radians(1) * 6371.0088
NEAREST = 24  # among so many of a place its neighbours are looked for; Gabriel neighbours further off are few
CHUNK = 256  # rows of the matrix of distances that are in memory at once


def plane(points: Sequence[LatLng]) -> Array:
    """(n, 2) kilometres east and north of the middle of `points`: good to some per mille within a province."""
    import numpy as np

    degrees = np.asarray(points, dtype=float).reshape(-1, 2)
    if not len(degrees):
        return degrees
    middle = degrees.mean(axis=0)
    away = degrees - middle
    east = away[:, 1] * KM_A_DEGREE * math.cos(math.radians(float(middle[0])))
    return np.column_stack([east, away[:, 0] * KM_A_DEGREE])


def neighbour_links(points: Sequence[LatLng]) -> Links:
    """The links between neighbouring places; all places are connected by them. Memory grows with n, not with n²."""
    spots = plane(points)
    links = _gabriel(spots)
    return sorted(links | _bridges(spots, links))


def adjacency(count: int, links: Iterable[tuple[int, int]]) -> list[list[int]]:
    beside: list[list[int]] = [[] for _ in range(count)]
    for one, other in links:
        beside[one].append(other)
        beside[other].append(one)
    return beside


def pieces(members: Iterable[int], beside: Sequence[Sequence[int]]) -> list[list[int]]:
    """Groups of `members` that hang together, in the order of their first member."""
    left = dict.fromkeys(members)
    found = []
    while left:
        first = next(iter(left))
        del left[first]
        group, front = [first], [first]
        while front:
            for near in beside[front.pop()]:
                if near in left:
                    del left[near]
                    group.append(near)
                    front.append(near)
        found.append(group)
    return found


def _gabriel(spots: Array) -> set[tuple[int, int]]:
    import numpy as np

    count = len(spots)
    most = min(NEAREST, count - 1)
    links: set[tuple[int, int]] = set()
    if most < 1:
        return links
    for start in range(0, count, CHUNK):
        rows = spots[start : start + CHUNK]
        square = _squares(rows, spots)
        square[np.arange(len(rows)), np.arange(start, start + len(rows))] = np.inf
        near = np.argpartition(square, most - 1, axis=1)[:, :most]
        near = np.take_along_axis(
            near, np.argsort(np.take_along_axis(square, near, axis=1), axis=1, kind="stable"), axis=1
        )
        # j is a neighbour of i unless a nearer k sees i and j under an obtuse angle.
        towards = spots[near] - rows[:, None, :]  # i → j
        dots = (
            np.einsum("ikd,ijd->ikj", -towards, towards)
            + np.einsum("ikd,ikd->ik", towards, towards)[:, :, None]
        )
        nearer = np.tri(most, most, -1, dtype=bool).T  # k before j
        blocked = ((dots < -1e-12) & nearer[None]).any(axis=1)
        for row, column in zip(*np.nonzero(~blocked), strict=True):
            i, j = start + int(row), int(near[row, column])
            links.add((min(i, j), max(i, j)))
    return links


def _squares(rows: Array, spots: Array) -> Array:
    east = rows[:, None, 0] - spots[None, :, 0]
    north = rows[:, None, 1] - spots[None, :, 1]
    square: Array = east * east + north * north
    return square


def _bridges(spots: Array, links: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """The shortest links that join what hangs not together (Borůvka: each group reaches for its nearest)."""
    import numpy as np

    count = len(spots)
    made: set[tuple[int, int]] = set()
    while True:
        groups = pieces(range(count), adjacency(count, links | made))
        if len(groups) < 2:
            return made
        label = np.empty(count, dtype=int)
        for number, group in enumerate(groups):
            label[group] = number
        best: dict[int, tuple[float, int, int]] = {}
        for start in range(0, count, CHUNK):
            rows = spots[start : start + CHUNK]
            square = _squares(rows, spots)
            square[label[start : start + len(rows), None] == label[None, :]] = np.inf
            other = square.argmin(axis=1)
            for row, j in enumerate(other):
                i, length = start + row, float(square[row, j])
                link = (length, min(i, int(j)), max(i, int(j)))
                mine = int(label[i])
                if mine not in best or link < best[mine]:
                    best[mine] = link
        made |= {(one, two) for _length, one, two in best.values()}
