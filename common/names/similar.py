"""Which grams a similar name must share: turns "nearly the same name" into an index look-up.

Similarity is rapidfuzz's `ratio` over normalised names: 1 − (signs added + signs dropped) / (both lengths). The grams
find candidates for 0.8 and better; how similar they are is then measured one by one.
"""

from itertools import combinations, pairwise

from common.names.grams import query_grams

LEAST = 0.8
# Names of fewer signs cannot differ in one and still be this similar (四海超市, 五海超市: 0.75).
_CHANGEABLE = 5
_MOST_CHANGES = 3


def similar_lengths(key: str) -> tuple[int, int]:
    """The shortest and the longest a normalised name can be that is at least 0.8 similar to `key`."""
    signs = len(key)
    return -(-signs * 2 // 3), signs * 3 // 2


def similar_grams(key: str) -> list[list[str]]:
    """Sets of grams of a normalised name: a similar one has all the grams of at least one set.

    A name of five to nine signs may differ at one place: it is cut in three pieces and any two must be there whole. One
    of ten may differ at two, it is cut in five pieces of which any three must be there; and so on to three places. A
    shorter one may only have something put in, at one place, or miss a sign (`without_one`). What differs in more
    places than that is not found, however long it is. Few sets: each is a search of its own.
    """
    signs = len(key)
    changes = min(signs // _CHANGEABLE, _MOST_CHANGES)
    if changes == 0:
        cuts = [[key[:place], key[place:]] for place in range(1, signs)] or [[key]]
    else:
        pieces, kept = (3, 2) if changes == 1 else (changes + 3, 3)
        cuts = [list(whole) for whole in combinations(_pieces(key, pieces), kept)]
    sets = (frozenset(gram for part in cut for gram in query_grams(part)) for cut in cuts)
    return [sorted(grams) for grams in dict.fromkeys(sets) if grams]


def without_one(key: str) -> list[str]:
    """The names that a short `key` becomes by dropping one sign; longer ones are found by their grams."""
    if not 2 < len(key) < _CHANGEABLE:
        return []
    return sorted({key[:place] + key[place + 1 :] for place in range(len(key))})


def _pieces(text: str, count: int) -> list[str]:
    ends = [len(text) * number // count for number in range(count + 1)]
    return [text[start:end] for start, end in pairwise(ends)]
