"""Are two records the same shop (domain-rules §8)? Values in, reasons out; no database."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Any

from common.geo import EARTH_RADIUS_M, distance_m
from common.names import normalise_name
from common.phones import normalise_phone, split_phones
from crm.enums import DuplicateReason

SAME_CITY_SIMILARITY = 0.9
NEAR_SIMILARITY = 0.8
NEAR_M = 200.0
NAME_KEY_LENGTH = 120  # of the column it is compared with
_MUNICIPALITIES = frozenset({"北京", "天津", "上海", "重庆", "香港", "澳门"})
_NO_CITY = frozenset({"", "市辖区", "县", "直辖县级"})
# Longer names than this are compared, but their alikes are not looked for: there would be too many conditions.
_LONGEST_SEARCHED = 24
# Of names that may lack more pairs of signs than this, parts are looked for instead of pairs.
_MOST_BROKEN = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """One side of a comparison: everything normalised. Make it with `subject`."""

    name_key: str = ""
    phones: frozenset[str] = field(default_factory=frozenset)  # E.164
    tax_id: str = ""
    city: str = ""
    latitude: float | None = None  # WGS-84 degrees
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Fields:
    """What the check may compare (system options)."""

    name: bool = True
    phone: bool = True
    tax_id: bool = True
    fuzzy: bool = True


@dataclass(frozen=True, slots=True)
class Match:
    """Why two subjects may be one. `similarity` is 0 to 1, `distance` metres, None when a location is missing."""

    reason: DuplicateReason
    similarity: float
    distance: float | None


def subject(
    *,
    name: str = "",
    phones: str = "",
    tax_id: str = "",
    city: str = "",
    province: str = "",
    latitude: float | None = None,
    longitude: float | None = None,
) -> Subject:
    """A subject from what was typed; `phones` is one cell with any number of them."""
    numbers = (normalise_phone(raw) for raw in split_phones(phones))
    whole = latitude is not None and longitude is not None
    return Subject(
        name_key=name_key(name),
        phones=frozenset(number for number in numbers if number),
        tax_id=tax_key(tax_id),
        city=city_key(city, province),
        latitude=latitude if whole else None,
        longitude=longitude if whole else None,
    )


def name_key(name: str) -> str:
    """The normal form of a name, as long as the column that holds it; "" for an empty one."""
    return normalise_name(name)[:NAME_KEY_LENGTH] if name.strip() else ""


def tax_key(text: str) -> str:
    """A tax id half-width, in upper case, without spaces."""
    parts = unicodedata.normalize("NFKC", text).upper().split()
    # Once more: where a space went, an accent may now stand next to its letter.
    return unicodedata.normalize("NFKC", "".join(parts))


def city_key(city: str, province: str = "") -> str:
    """A city without 市, so that 合肥 is 合肥市; a municipality's own name where the city says nothing ("市辖区")."""
    name = "".join(unicodedata.normalize("NFKC", city).split())
    if name in _NO_CITY:
        name = "".join(unicodedata.normalize("NFKC", province).split()).removesuffix("特别行政区")
        name = name.removesuffix("市")
        return name if name in _MUNICIPALITIES else ""
    return name.removesuffix("市")


def similarity(first: str, second: str) -> float:
    """How alike two normalised names are, 0 to 1: twice the signs they share in order, by all signs."""
    from rapidfuzz import fuzz

    if not first or not second:
        return 0.0
    # The order of the arguments must not matter, not even in the last digit.
    return float(fuzz.ratio(*sorted((first, second)))) / 100


def compare(first: Subject, second: Subject, fields: Fields = Fields()) -> Match | None:
    """The surest reason why both may be the same shop, or None. Symmetric."""
    distance = _distance(first, second)
    alike = similarity(first.name_key, second.name_key)
    reason = _reason(first, second, fields, alike, distance)
    return Match(reason, alike, distance) if reason else None


def _reason(
    first: Subject, second: Subject, fields: Fields, alike: float, distance: float | None
) -> DuplicateReason | None:
    if fields.phone and first.phones & second.phones:
        return DuplicateReason.PHONE
    if fields.tax_id and first.tax_id and first.tax_id == second.tax_id:
        return DuplicateReason.TAX_ID
    if fields.name and first.name_key and first.name_key == second.name_key:
        return DuplicateReason.NAME
    if not fields.fuzzy:
        return None
    if distance is not None and distance <= NEAR_M and alike >= NEAR_SIMILARITY:
        return DuplicateReason.SIMILAR_NEAR
    if first.city and first.city == second.city and alike >= SAME_CITY_SIMILARITY:
        return DuplicateReason.SIMILAR_CITY
    return None


def _distance(first: Subject, second: Subject) -> float | None:
    if first.latitude is None or first.longitude is None:
        return None
    if second.latitude is None or second.longitude is None:
        return None
    return distance_m(first.latitude, first.longitude, second.latitude, second.longitude)


def bounding_box(
    latitude: float, longitude: float, metres: float = NEAR_M
) -> tuple[float, float, float, float]:
    """(south, north, west, east) in degrees of a box that holds the circle; a hair wider, never narrower.

    Across the date line it holds only this side: nobody's shop stands there.
    """
    dlat = math.degrees(metres / EARTH_RADIUS_M) * 1.001
    widest = min(90.0, abs(latitude) + dlat)
    shrink = math.cos(math.radians(widest))
    dlng = 180.0 if shrink < 1e-6 else min(180.0, dlat / shrink)
    return latitude - dlat, latitude + dlat, longitude - dlng, longitude + dlng


def alike_lengths(key: str, least: float) -> tuple[int, int]:
    """The shortest and the longest a name can be that is at least so alike: 2 × the shorter ≥ least × both."""
    size = len(key)
    return math.ceil(size * least / (2 - least) - 1e-9), math.floor(size * (2 - least) / least + 1e-9)


def alike_by_dropping(key: str, least: float = SAME_CITY_SIMILARITY) -> list[str]:
    """The names at least so alike that `key` becomes by dropping one or two of its signs."""
    size = len(key)
    if size > _LONGEST_SEARCHED:
        return []
    return sorted(
        {
            "".join(sign for place, sign in enumerate(key) if place not in dropped)
            for count in (1, 2)
            if _is_allowed(size, count, 0, least)
            for dropped in combinations(range(size), count)
        }
    )


def alike_conditions(key: str, least: float = SAME_CITY_SIMILARITY) -> list[tuple[str, ...]]:
    """Sets of parts of `key`: every name at least so alike that is longer or changed contains all parts of one set.

    With `alike_by_dropping` that is every name at least so alike. Empty: there is none but those. A sign put in breaks
    one of the key's pairs of neighbouring signs, one dropped breaks two. The pairs are cut into groups, and so many
    groups are left whole as there are more than can be broken. The rarer a set, the fewer rows are read for it: a
    group's parts overlap, 便利店 of one set is always beside what stood before it.
    """
    size = len(key)
    broken = _most_broken(size, least)
    if not broken or size > _LONGEST_SEARCHED:
        return []
    if broken > _MOST_BROKEN:
        # A long name: of d + 2 parts, d signs that are added or missing leave two whole.
        changes = math.floor(2 * size * (1 - least) / least + 1e-9)
        return list(combinations(_parts(key, changes + 2), 2))
    groups = size - 1 if broken == 1 else 5
    # Neighbouring groups share a sign: the pairs of each are those of one part.
    cuts = [round(index * (size - 1) / groups) for index in range(groups + 1)]
    parts = [key[start : end + 1] for start, end in pairwise(cuts)]
    return list(dict.fromkeys(combinations(parts, groups - broken)))


def _is_allowed(size: int, dropped: int, added: int, least: float) -> bool:
    """Whether a name of `size` signs with so many dropped and added is still so alike."""
    return 2 * (size - dropped) >= least * (2 * size - dropped + added) - 1e-9


def _most_broken(size: int, least: float) -> int:
    """How many pairs of neighbouring signs a name so alike may lack, but for those of `alike_by_dropping`."""
    most = math.floor(2 * size * (1 - least) / least + 1e-9)
    changes = [
        2 * dropped + added
        for dropped in range(most + 1)
        for added in range(most + 1 - dropped)
        if (added or dropped > 2) and _is_allowed(size, dropped, added, least)
    ]
    return max(changes, default=0)


def _parts(key: str, count: int) -> list[str]:
    """`key` cut into `count` parts of nearly one size."""
    cuts = [round(index * len(key) / count) for index in range(count + 1)]
    return [key[start:end] for start, end in pairwise(cuts)]


def worth_checking(values: dict[str, Any], changed: set[str]) -> dict[str, Any]:
    """Of a record that is edited only what is new: an old twin must not stop every later edit.

    A name is as new as the place it is compared at.
    """
    place = {"name", "province", "city", "latitude", "longitude"}
    kept = (changed | place) if changed & place else changed
    return {name: value for name, value in values.items() if name in kept}


def mask(name: str) -> str:
    """蜗牛烘焙坊 → 蜗***坊: enough to recognise what one knows already."""
    return f"{name[0]}***{name[-1]}" if len(name) > 2 else f"{name[:1]}***"


def groups(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Pairs of ids joined into groups: what is alike in a chain stands together. Sorted, smallest id first."""
    leader: dict[int, int] = {}

    def find(item: int) -> int:
        leader.setdefault(item, item)
        while leader[item] != item:
            leader[item] = leader[leader[item]]
            item = leader[item]
        return item

    for one, other in pairs:
        low, high = sorted((find(one), find(other)))
        leader[high] = low
    members: dict[int, list[int]] = {}
    for item in sorted(leader):
        members.setdefault(find(item), []).append(item)
    return list(members.values())
