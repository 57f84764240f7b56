"""Duplicates in the file that exists (B5): groups by phone, tax id and name by SQL, similar names city by city."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from accounts.models import User
from accounts.querysets import scope_user_ids
from common.phones import phone_tail
from common.punctuation import named
from crm.enums import DuplicateReason
from crm.models import Customer, NotDuplicate, Phone
from crm.rules.duplicate_blocks import alike_pairs
from crm.rules.duplicates import Subject, city_key, groups

EXACT = (DuplicateReason.PHONE, DuplicateReason.TAX_ID, DuplicateReason.NAME)
# So many customers of one city are compared while the user waits, about two seconds.
MAX_IN_CITY = 20_000
MAX_CITIES = 60
# A switchboard or a chain; merging is done by twos, nobody works through more.
MAX_MEMBERS = 12


@dataclass(frozen=True, slots=True)
class Group:
    """Customers that may be one. `why` says it in words, `size` counts also those not listed."""

    why: str
    members: list[Customer]
    size: int


def exact_keys(user: User, reason: DuplicateReason) -> QuerySet[Any, Any]:
    """{key, size} of the groups `user` sees, the largest first; those dismissed pair by pair are left out."""
    seen = Customer.objects.visible_to(user)
    rows: QuerySet[Any, Any]
    counted: QuerySet[Any, Any]
    if reason == DuplicateReason.PHONE:
        rows = Phone.objects.exclude(e164="").values(key=F("e164"))
        if scope_user_ids(user) is not None:
            rows = rows.filter(customer__in=seen.values("pk"))
        counted = rows.order_by().annotate(size=Count("customer", distinct=True))
    else:
        column = _COLUMNS[reason]
        rows = seen.exclude(**{column: ""}).order_by().values(key=F(column))
        counted = rows.annotate(size=Count("pk"))
    left: QuerySet[Any, Any] = counted.filter(size__gt=1).exclude(_dismissed(reason))
    return left.order_by("-size", "key")


_COLUMNS = {DuplicateReason.TAX_ID: "tax_id", DuplicateReason.NAME: "name_key"}
_PAIR_KEYS = {
    DuplicateReason.PHONE: ("low__phones__e164", "high__phones__e164"),
    DuplicateReason.TAX_ID: ("low__tax_id", "high__tax_id"),
    DuplicateReason.NAME: ("low__name_key", "high__name_key"),
}


def _dismissed(reason: DuplicateReason) -> Q:
    """Keys of which so many pairs are dismissed that no group of that size is left: n(n − 1)/2 of n."""
    low, high = _PAIR_KEYS[reason]
    said = (
        NotDuplicate.objects.filter(**{low: F(high)})
        .exclude(**{low: ""})
        .order_by()
        .values(key=F(low))
        .annotate(pairs=Count("pk", distinct=True))
    )
    by_size: dict[int, list[str]] = defaultdict(list)
    for row in said:
        # The largest group that these pairs settle.
        size = int((1 + (1 + 8 * row["pairs"]) ** 0.5) / 2 + 1e-9)
        by_size[size].append(row["key"])
    condition = Q()  # without any pair nothing is excluded
    for size, keys in by_size.items():
        condition |= Q(size__lte=size, key__in=keys)
    return condition


def exact_groups(user: User, reason: DuplicateReason, keys: Iterable[str]) -> list[Group]:
    """The groups of one page of `exact_keys`, with what the page shows of each member, in four queries."""
    wanted = list(keys)
    ids: dict[str, set[int]] = defaultdict(set)
    seen = Customer.objects.visible_to(user)
    found: QuerySet[Any, Any]
    if reason == DuplicateReason.PHONE:
        pairs = Phone.objects.filter(e164__in=wanted, customer__in=seen.values("pk")).order_by()
        found = pairs.values_list("e164", "customer_id")
    else:
        column = _COLUMNS[reason]
        found = seen.filter(**{f"{column}__in": wanted}).order_by().values_list(column, "pk")
    for key, pk in found:
        ids[key].add(pk)
    shown = [(key, sorted(ids[key])) for key in wanted if len(ids[key]) > 1]
    return _with_members([(_words(reason, key), members) for key, members in shown])


def _words(reason: DuplicateReason, key: str) -> str:
    # The whole number is in the members' own files, for those who may read them.
    tail = f"…{phone_tail(key)}" if reason == DuplicateReason.PHONE else key
    return named(reason.label, tail)


def _with_members(found: Sequence[tuple[str, list[int]]]) -> list[Group]:
    listed = {pk for _why, ids in found for pk in ids[:MAX_MEMBERS]}
    rows = (
        Customer.objects.filter(pk__in=listed)
        .select_related("owner")
        .only("code", "name", "city", "district", "address", "province", "last_visit_on", "owner__name")
        .prefetch_related("phones")
    )
    customers = {row.pk: row for row in rows}
    return [
        Group(why, [customers[pk] for pk in ids[:MAX_MEMBERS] if pk in customers], len(ids))
        for why, ids in found
    ]


# --- similar names
def cities(user: User) -> list[tuple[str, int]]:
    """(city, customers) with more than one customer that `user` sees, the largest first."""
    rows = Customer.objects.visible_to(user).exclude(city="").order_by().values("city")
    counted = rows.annotate(size=Count("pk")).filter(size__gt=1).order_by("-size", "city")
    return [(row["city"], row["size"]) for row in counted[:MAX_CITIES]]


@dataclass(frozen=True, slots=True)
class Similar:
    """The groups of a city, each as (reason in words, ids), and whether all of its customers were compared."""

    found: list[tuple[str, list[int]]]
    complete: bool


def similar_in(user: User, city: str) -> Similar:
    """Groups of similar names among the customers of `city` that `user` sees; dismissed pairs are left out."""
    columns = ("pk", "name_key", "province", "city", "latitude", "longitude")
    rows = Customer.objects.visible_to(user).filter(city=city).order_by("-pk").values_list(*columns)
    read = list(rows[: MAX_IN_CITY + 1])
    subjects = {
        pk: Subject(name_key=key, city=city_key(place, province), latitude=latitude, longitude=longitude)
        for pk, key, province, place, latitude, longitude in read[:MAX_IN_CITY]
    }
    matches = alike_pairs(subjects)
    said = NotDuplicate.objects.filter(low__city=city).values_list("low_id", "high_id")
    for pair in said:
        matches.pop(pair, None)
    reasons: dict[int, set[DuplicateReason]] = defaultdict(set)
    for (low, _high), match in matches.items():
        reasons[low].add(match.reason)
    found = []
    for ids in groups(matches):
        among = set().union(*(reasons[pk] for pk in ids if pk in reasons))
        found.append((str(next(reason for reason in DuplicateReason if reason in among).label), ids))
    return Similar(found, complete=len(read) <= MAX_IN_CITY)


def similar_groups(found: Sequence[tuple[str, list[int]]]) -> list[Group]:
    """The groups of one page of `similar_in`."""
    return _with_members(found)
