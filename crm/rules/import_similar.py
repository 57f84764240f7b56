"""Which customer has a name like this one, for a dry run over a whole file (domain-rules §8, fuzzy). Pure.

Comparing each line with each customer would take minutes, so only those are compared that share one half of the
name or stand in neighbouring squares of 200 m. With names of up to 13 signs that finds whoever differs in one sign or
misses one; longer ones that differ in both halves are not found here but by the list of duplicates.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Generic, TypeVar

from common.geo import EARTH_RADIUS_M
from crm.rules.duplicates import NEAR_M, Fields, Match, Subject, compare

_FUZZY = Fields(name=False, phone=False, tax_id=False, fuzzy=True)
_SHORTEST = 5  # shorter names cannot differ in a sign and be alike
_MOST = 40  # of one half, as of …便利店; a remark needs one hit, not all
_SIDE = math.degrees(NEAR_M / EARTH_RADIUS_M) * 1.001
T = TypeVar("T")


class SimilarNames(Generic[T]):
    """Customers and leads by halves of their names and by squares; each stands for what `add` was given with it."""

    def __init__(self) -> None:
        self._halves: dict[str, list[tuple[Subject, T]]] = defaultdict(list)
        self._squares: dict[tuple[int, int], list[tuple[Subject, T]]] = defaultdict(list)

    def add(self, subject: Subject, who: T) -> None:
        size = len(subject.name_key) // 2
        places = [self._halves[half] for half in _halves(subject.name_key, {size})]
        if subject.latitude is not None and subject.longitude is not None:
            places.append(self._squares[_square(subject.latitude, subject.longitude)])
        for entries in places:
            if len(entries) < _MOST:
                entries.append((subject, who))

    def find(self, subject: Subject) -> tuple[Match, T] | None:
        """The most alike one, if any is alike enough; equal names are not its business."""
        found: tuple[Match, T] | None = None
        seen: set[int] = set()
        for other, who in self._candidates(subject):
            if id(other) in seen or other.name_key == subject.name_key:
                continue
            seen.add(id(other))
            match = compare(subject, other, _FUZZY)
            if match and (found is None or match.similarity > found[0].similarity):
                found = match, who
        return found

    def _candidates(self, subject: Subject) -> Iterator[tuple[Subject, T]]:
        size = len(subject.name_key)
        for half in _halves(subject.name_key, {(size - 1) // 2, size // 2, (size + 1) // 2}):
            yield from self._halves.get(half, ())
        if subject.latitude is not None and subject.longitude is not None:
            row = math.floor(subject.latitude / _SIDE)
            for other_row in (row - 1, row, row + 1):
                # Squares are of one width only within their row.
                column = math.floor(subject.longitude / _width(other_row))
                for other_column in (column - 1, column, column + 1):
                    yield from self._squares.get((other_row, other_column), ())


def _halves(key: str, sizes: set[int]) -> Iterator[str]:
    if len(key) >= _SHORTEST:
        for size in sizes:
            yield key[:size]
            yield f"\0{key[-size:]}"  # an end is no beginning


def _square(latitude: float, longitude: float) -> tuple[int, int]:
    row = math.floor(latitude / _SIDE)
    return row, math.floor(longitude / _width(row))


def _width(row: int) -> float:
    """Degrees of longitude that are 200 m at least, all over one row of squares."""
    highest = min(89.0, max(abs(row), abs(row + 1)) * _SIDE)
    return _SIDE / math.cos(math.radians(highest))
