"""How good the order of a route is (F3): what a manager sees at a glance. Points are (lat, lng), lengths metres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from territory.rules.tours import OPEN, LatLng, Shape, distance_matrix, line_of, tour_length_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARP = (
    0.5  # share of the two legs of a stop that leaving it out would save: it is gone to and come back from
)
WORTH_M = 100.0  # a detour that another place in the order saves
EARTH_DEGREE_M = 111_195.0


@dataclass(frozen=True)
class Quality:
    """`best_m` is the length of the best order known; `turn_backs` are positions in the order, from 0."""

    length_m: float
    best_m: float
    crossings: int
    turn_backs: tuple[int, ...]

    @property
    def saving_m(self) -> float:
        return max(0.0, self.length_m - self.best_m)

    @property
    def saving_share(self) -> float:
        """0 to 1, of today's length."""
        return self.saving_m / self.length_m if self.length_m else 0.0


def quality(points: Sequence[LatLng], best_m: float, shape: Shape = OPEN) -> Quality:
    """Figures of the way through `points` in this order; `best_m` comes from the search and caps at today's length."""
    length = tour_length_m(points, shape)
    return Quality(
        length, min(best_m, length), count_crossings(line_of(points, shape)), find_turn_backs(points, shape)
    )


def count_crossings(line: Sequence[LatLng]) -> int:
    """How many pairs of legs cross each other. Legs that only touch, or lie upon each other, do not."""
    import numpy as np

    if len(line) < 4:
        return 0
    plane = _plane(line)
    a, b = plane[:-1], plane[1:]
    # side[i, j]: on which side of leg i the corner j lies; a hair's breadth is on neither.
    way = b - a
    side = way[:, None, 0] * (plane[None, :, 1] - a[:, None, 1]) - way[:, None, 1] * (
        plane[None, :, 0] - a[:, None, 0]
    )
    side = np.where(np.abs(side) < 1e-6, 0.0, side)
    splits = side[:, :-1] * side[:, 1:] < 0  # leg j has its ends on both sides of leg i
    return int(np.count_nonzero(np.triu(splits & splits.T, 2)))


def find_turn_backs(points: Sequence[LatLng], shape: Shape = OPEN) -> tuple[int, ...]:
    """Positions of stops to which the rep goes there and back for their own sake, though another leg passes closer.

    That is: leaving the stop out saves at least half of its two legs, and put in at its best other place it costs at
    least 100 m less than where it stands.
    """
    import numpy as np

    line = line_of(points, shape)
    if len(points) < 3 or len(line) < 4:
        return ()
    matrix = distance_matrix(line)
    legs = np.diagonal(matrix, 1)
    offset = 1 if shape.start else 0
    found = []
    for stop in range(len(points)):
        at = stop + offset
        if not 0 < at < len(line) - 1:
            continue
        both = legs[at - 1] + legs[at]
        detour = both - matrix[at - 1, at + 1]
        if detour < SHARP * both or detour < WORTH_M:
            continue
        elsewhere = matrix[at, :-1] + matrix[at, 1:] - legs
        elsewhere[[at - 1, at]] = math.inf
        ends = (
            []
            if shape.closed
            else [*([matrix[at, 0]] if not shape.start else []), *([matrix[at, -1]] if not shape.end else [])]
        )
        if detour - min(elsewhere.min(), *ends, math.inf) >= WORTH_M:
            found.append(stop)
    return tuple(found)


def _plane(line: Sequence[LatLng]) -> NDArray[Any]:
    """Metres east and north of the middle: flat enough for one rep's day, and lines keep their sides."""
    import numpy as np

    degrees = np.asarray(line, dtype=float)
    middle = degrees.mean(axis=0)
    squeeze = math.cos(math.radians(middle[0]))
    return (
        np.column_stack([(degrees[:, 1] - middle[1]) * squeeze, degrees[:, 0] - middle[0]]) * EARTH_DEGREE_M
    )
