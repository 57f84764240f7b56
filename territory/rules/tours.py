"""The shortest way through the stops of one tour (F3). Points are (lat, lng) in WGS-84 degrees, lengths metres.

A tour is open (it ends at its last stop, or at a given end) or closed (it returns to where it started). Where a start or
an end is given, it is a place besides the stops: a warehouse, an office, a home.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from common.geo import EARTH_RADIUS_M, distance_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[Any]

LatLng = tuple[float, float]

SECONDS = 0.15  # of search: at the optimum for nearly every tour of up to 200 stops, see benchmarks/routes.py
LARGEST = 65_535  # fast-tsp counts in 16 bits
WORTH_M = 1.0  # a way that is shorter by less is the same way, and people keep the order they know


@dataclass(frozen=True)
class Shape:
    """What is fixed of a tour. A closed one ends where it starts, so it has no end of its own."""

    closed: bool = False
    start: LatLng | None = None
    end: LatLng | None = None

    def __post_init__(self) -> None:
        if self.closed and self.end is not None:
            raise ValueError("a closed tour ends where it starts")


OPEN = Shape()


def distance_matrix(points: Sequence[LatLng], road_factor: float = 1.0) -> Matrix:
    """Great-circle metres between all points, times `road_factor` (what a road is longer than the straight line)."""
    import numpy as np

    degrees = np.radians(np.asarray(points, dtype=float).reshape(-1, 2))
    phi, lam = degrees[:, 0], degrees[:, 1]
    cosines = np.cos(phi)
    h = (
        np.sin((phi[:, None] - phi[None, :]) / 2) ** 2
        + cosines[:, None] * cosines[None, :] * np.sin((lam[:, None] - lam[None, :]) / 2) ** 2
    )
    matrix: Matrix = 2 * EARTH_RADIUS_M * road_factor * np.arcsin(np.sqrt(np.minimum(h, 1.0)))
    return matrix


def line_of(points: Sequence[LatLng], shape: Shape = OPEN) -> list[LatLng]:
    """The corners of the way through `points` in order, from start to end; a closed one comes back to the first."""
    line = [*([shape.start] if shape.start else []), *points, *([shape.end] if shape.end else [])]
    if shape.closed and len(line) > 1:
        line.append(line[0])
    return line


def tour_length_m(points: Sequence[LatLng], shape: Shape = OPEN) -> float:
    """Length of the way through `points` in this order."""
    line = line_of(points, shape)
    return sum(distance_m(*a, *b) for a, b in pairwise(line))


def shortest_order(points: Sequence[LatLng], shape: Shape = OPEN, seconds: float = SECONDS) -> list[int]:
    """Indices into `points` in the shortest order found; never longer than the order they come in.

    `seconds` is the most it searches; up to 18 stops the answer is exact. Where two directions are as short, the one
    that is nearer to the order they come in is taken.
    """
    n = len(points)
    today = list(range(n))
    if n < 2 or (n == 2 and not (shape.start or shape.end)):
        return today
    matrix, anchors = _with_anchors(points, shape)
    if matrix.max() < WORTH_M:
        return today
    cycle = _polish(matrix, _search(matrix, seconds))
    order = _unroll(cycle, n, anchors, shape)
    before = tour_length_m(points, shape)
    after = tour_length_m([points[i] for i in order], shape)
    return order if after < before - WORTH_M else today


# --- an open tour as a closed one


def _with_anchors(
    points: Sequence[LatLng], shape: Shape
) -> tuple[Matrix, tuple[int | None, int | None, int | None]]:
    """The matrix whose shortest cycle is our tour, and the nodes of start, end and joint.

    A closed tour is that cycle. An open one is closed by a joint that costs nothing: it stands beside any stop, or
    beside start and end only, since two edges to other nodes would cost more than any order can save.
    """
    import numpy as np

    n = len(points)
    nodes = [*points, *([shape.start] if shape.start else []), *([shape.end] if shape.end else [])]
    start = n if shape.start else None
    end = len(nodes) - 1 if shape.end else None
    plain = distance_matrix(nodes)
    if shape.closed:
        return plain, (start, None, None)
    joint = len(nodes)
    matrix = np.zeros((joint + 1, joint + 1))
    matrix[:joint, :joint] = plain
    if start is not None or end is not None:
        both = start is not None and end is not None
        far = plain.max() * (2 if both else 1) + WORTH_M
        matrix[joint, :joint] = matrix[:joint, joint] = far
        for anchor in (start, end):
            if anchor is not None:
                matrix[joint, anchor] = matrix[anchor, joint] = 0.0
    return matrix, (start, end, joint)


def _unroll(
    cycle: list[int], n: int, anchors: tuple[int | None, int | None, int | None], shape: Shape
) -> list[int]:
    """The stops of the cycle in the order they are walked."""
    start, end, joint = anchors
    cut = joint if joint is not None else start
    if cut is not None:
        at = cycle.index(cut)
        path = cycle[at + 1 :] + cycle[:at]
    else:  # a round without a fixed start begins where it begins today
        at = cycle.index(0)
        path = cycle[at:] + cycle[:at]
    if joint is not None and (start is not None or end is not None):
        turned = path[-1] == start or path[0] == end
        path = path[::-1] if turned else path
        return [node for node in path if node < n]
    other = [path[0], *path[:0:-1]] if cut is None else path[::-1]
    return min(path, other, key=_unfamiliar)


def _unfamiliar(order: list[int]) -> int:
    """How far the stops move from where they stand today."""
    return sum(abs(place - stop) for place, stop in enumerate(order))


# --- search


def _search(matrix: Matrix, seconds: float) -> list[int]:
    import fast_tsp
    import numpy as np

    unit = LARGEST / matrix.max()
    whole = np.rint(matrix * unit).astype(np.int64)
    cycle: list[int] = fast_tsp.find_tour(
        whole, duration_seconds=seconds, candidates="alpha", stop_when_converged=True
    )
    return list(cycle)


def _polish(matrix: Matrix, cycle: list[int]) -> list[int]:
    """The cycle after every reversal of a piece and every move of up to three nodes that shortens it.

    The search counts in 65,536ths of the longest distance; one shop in another province makes them so coarse that
    the order within the town is guessed.
    """
    import numpy as np

    tour = np.asarray(cycle)
    n = len(tour)
    if n < 5:
        return cycle
    while True:
        step = _reversal(matrix, tour)
        if step is None:
            step = next(
                (moved for size in (1, 2, 3) if (moved := _move(matrix, tour, size)) is not None), None
            )
        if step is None:
            return [int(node) for node in tour]
        tour = step


def _reversal(matrix: Matrix, tour: Matrix) -> Matrix | None:
    """The best 2-opt step, or None when none gains."""
    import numpy as np

    following = np.roll(tour, -1)
    edges = matrix[tour, following]
    gains = (
        edges[:, None] + edges[None, :] - matrix[np.ix_(tour, tour)] - matrix[np.ix_(following, following)]
    )
    gains = np.triu(gains, 2)
    gains[0, -1] = 0.0  # these two edges share a node
    i, j = np.unravel_index(gains.argmax(), gains.shape)
    if gains[i, j] <= WORTH_M / 100:
        return None
    return np.concatenate([tour[: i + 1], tour[i + 1 : j + 1][::-1], tour[j + 1 :]])


def _move(matrix: Matrix, tour: Matrix, size: int) -> Matrix | None:
    """The best move of `size` neighbours to another place, either way round, or None when none gains."""
    import numpy as np

    n = len(tour)
    best, choice = WORTH_M / 100, None
    for i in range(n):
        turned = np.roll(tour, -i)  # the piece stands first, the rest is the path it left
        piece, rest = turned[:size], turned[size:]
        bridged = matrix[rest[-1], rest[0]]
        left = matrix[rest[-1], piece[0]] + matrix[piece[-1], rest[0]] - bridged
        if left <= best:
            continue
        before, after = rest[:-1], rest[1:]
        gaps = matrix[before, after]
        for piece_way in (piece, piece[::-1]):
            cost = matrix[before, piece_way[0]] + matrix[piece_way[-1], after] - gaps
            at = int(cost.argmin())
            if left - cost[at] > best:
                best = float(left - cost[at])
                choice = np.concatenate([rest[: at + 1], piece_way, rest[at + 1 :]])
    return choice
