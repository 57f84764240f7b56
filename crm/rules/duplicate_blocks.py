"""Similar names within one city, without comparing each with each (domain-rules §8, fuzzy); no database."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from common.geo import EARTH_RADIUS_M
from crm.rules.duplicates import NEAR_M, SAME_CITY_SIMILARITY, Fields, Match, Subject, compare

_FUZZY = Fields(name=False, phone=False, tax_id=False, fuzzy=True)


def alike_pairs(subjects: Mapping[int, Subject]) -> dict[tuple[int, int], Match]:
    """All pairs of ids (smaller one first) whose names are similar and not the same, with the reason.

    Compared are only names that share a rare pair of signs, and shops in neighbouring squares of 200 m.
    """
    found: dict[tuple[int, int], Match] = {}
    seen: set[tuple[int, int]] = set()
    for one, other in _candidates(subjects):
        pair = (one, other) if one < other else (other, one)
        if one == other or pair in seen:
            continue
        seen.add(pair)
        first, second = subjects[pair[0]], subjects[pair[1]]
        if first.name_key != second.name_key and (match := compare(first, second, _FUZZY)):
            found[pair] = match
    return found


def _candidates(subjects: Mapping[int, Subject]) -> Iterator[tuple[int, int]]:
    for block in _rare_grams(subjects):
        yield from _each_with_each(block)
    yield from _neighbours(subjects)


def _each_with_each(block: list[int]) -> Iterator[tuple[int, int]]:
    for place, one in enumerate(block):
        for other in block[place + 1 :]:
            yield one, other


def _rare_grams(subjects: Mapping[int, Subject]) -> Iterable[list[int]]:
    """Ids by their names' rarest pairs of signs.

    A name of n signs that is 0.9 alike has at most d = 2n(1 − s)/s changes, each of which breaks two of its pairs at
    most: so of its 2d + 1 rarest pairs the other name has one, and that among its own rarest.
    """
    grams = {pk: _pairs_of_signs(one.name_key) for pk, one in subjects.items() if one.name_key}
    frequency = Counter(gram for own in grams.values() for gram in own)
    blocks: dict[str, list[int]] = defaultdict(list)
    for pk, own in grams.items():
        size = len(subjects[pk].name_key)
        changes = math.floor(2 * size * (1 - SAME_CITY_SIMILARITY) / SAME_CITY_SIMILARITY + 1e-9)
        if changes:
            rarest = sorted(own, key=lambda gram: (frequency[gram], gram))
            for gram in rarest[: 2 * changes + 1]:
                blocks[gram].append(pk)
    return blocks.values()


def _pairs_of_signs(key: str) -> set[str]:
    return {key[place : place + 2] for place in range(len(key) - 1)} or {key}


def _neighbours(subjects: Mapping[int, Subject]) -> Iterator[tuple[int, int]]:
    """Shops in the same or in touching squares of 200 m and more: of one width for all, that of the highest latitude."""
    located = [
        (pk, one.latitude, one.longitude)
        for pk, one in subjects.items()
        if one.latitude is not None and one.longitude is not None and one.name_key
    ]
    side = math.degrees(NEAR_M / EARTH_RADIUS_M) * 1.001
    highest = min(89.0, max((abs(latitude) for _pk, latitude, _lng in located), default=0.0) + side)
    width = side / math.cos(math.radians(highest))
    squares: dict[tuple[int, int], list[int]] = defaultdict(list)
    for pk, latitude, longitude in located:
        squares[math.floor(latitude / side), math.floor(longitude / width)].append(pk)
    for (row, column), members in squares.items():
        yield from _each_with_each(members)
        # Half of the squares around: the others find this one.
        for near in ((row, column + 1), (row + 1, column - 1), (row + 1, column), (row + 1, column + 1)):
            for other in squares.get(near, ()):
                for one in members:
                    yield one, other
