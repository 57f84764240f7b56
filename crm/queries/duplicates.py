"""Who may be the same shop already (B5, domain-rules §8): looked for by index, scored in Python, told with care.

What a user may not see he is not shown here either: the check must not become a way to read others' customers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.enums import DuplicateScope
from accounts.models import SystemOptions, User
from accounts.querysets import scope_user_ids
from common.names import query_grams
from crm.enums import DuplicateReason, LeadStage
from crm.models import Customer, Lead, LeadContact, Phone
from crm.querysets import HasGrams
from crm.rules.duplicates import (
    Fields,
    Match,
    Subject,
    alike_conditions,
    bounding_box,
    city_key,
    compare,
    mask,
    subject,
    tax_key,
)

SHOWN = 5
# More rows than these are not scored: an answer while typing may not wait for a name that half the city has.
MAX_EXACT = 50
MAX_ALIKE = 400
MAX_NEAR = 600
_COLUMNS = ("pk", "name_key", "tax_id", "province", "city", "latitude", "longitude")
_SUREST = {reason: place for place, reason in enumerate(DuplicateReason)}


@dataclass(frozen=True)
class DuplicateHit:
    """A customer or lead that may be the same.

    `customer` and `lead` are None when the user may not see it: then `name` is masked and nothing but the owner's
    name is told. `place` is "" or where it lies: "pool" or "bin" (the recycle bin of leads).
    """

    name: str
    reason: DuplicateReason
    owner: str
    customer: Customer | None = None
    lead: Lead | None = None
    kind: str = "customer"  # or "lead"
    place: str = ""
    similarity: float = 1.0
    distance_m: float | None = None

    @property
    def is_masked(self) -> bool:
        return self.customer is None and self.lead is None

    @property
    def why(self) -> str:
        """The reason in words."""
        return str(self.reason.label)

    @property
    def url(self) -> str:
        """Where to look at it; "" when the user may not."""
        if self.customer is not None:
            return self.customer.get_absolute_url()
        if self.lead is not None:
            return reverse("crm:lead_bin") if self.place == "bin" else self.lead.get_absolute_url()
        return ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the system options let the check compare, and where."""

    fields: Fields
    customers: bool
    leads: bool
    recycle_bin: bool


def limits(options: SystemOptions | None = None) -> Limits:
    """The company's choice; None reads the options."""
    row = options or SystemOptions.load()
    return Limits(
        fields=Fields(
            name=row.duplicate_by_name,
            phone=row.duplicate_by_phone,
            tax_id=row.duplicate_by_tax_id,
            fuzzy=row.duplicate_fuzzy,
        ),
        customers=row.duplicate_scope != DuplicateScope.LEADS,
        leads=row.duplicate_scope != DuplicateScope.CUSTOMERS,
        recycle_bin=row.duplicate_recycle_bin,
    )


def find_duplicates(
    *,
    user: User | None,
    name: str = "",
    phones: str = "",
    tax_id: str = "",
    city: str = "",
    province: str = "",
    latitude: float | None = None,
    longitude: float | None = None,
    exclude_customer: int | None = None,
    exclude_lead: int | None = None,
    options: SystemOptions | None = None,
) -> list[DuplicateHit]:
    """Customers and leads of the whole company that may be what is described, at most 5, the surest first.

    `phones` is one cell as typed; latitude and longitude WGS-84 degrees. `user` decides what is masked; None is a
    job, from which nothing is hidden. Fields, libraries and recycle bin are those of the system options.
    """
    wanted = subject(
        name=name,
        phones=phones,
        tax_id=tax_id,
        city=city,
        province=province,
        latitude=latitude,
        longitude=longitude,
    )
    if not (wanted.name_key or wanted.phones or wanted.tax_id):
        return []
    within = limits(options)
    found: list[tuple[Match, str, int]] = []
    owners: QuerySet[Any, Any]
    if within.customers:
        rows: QuerySet[Any] = Customer.objects.order_by().exclude(pk=exclude_customer or 0)
        owners = Phone.objects.filter(e164__in=wanted.phones).order_by().values_list("customer_id", "e164")
        found += [
            (match, "customer", pk) for pk, match in _matches(rows, wanted, within.fields, owners).items()
        ]
    if within.leads:
        rows = _leads(within).exclude(pk=exclude_lead or 0)
        owners = LeadContact.objects.filter(e164__in=wanted.phones).order_by().values_list("lead_id", "e164")
        found += [(match, "lead", pk) for pk, match in _matches(rows, wanted, within.fields, owners).items()]
    found.sort(key=_order)
    return _hits(user, found[:SHOWN])


def _order(item: tuple[Match, str, int]) -> tuple[int, float, float, str, int]:
    match, kind, pk = item
    far = float("inf") if match.distance is None else match.distance
    return _SUREST[match.reason], -match.similarity, far, kind, pk


def _leads(within: Limits) -> QuerySet[Any]:
    """Leads to compare with: not those whose customer is compared anyway."""
    rows = Lead.objects.order_by()
    if within.customers:
        rows = rows.exclude(stage=LeadStage.CONVERTED, customer__isnull=False)
    return rows if within.recycle_bin else rows.filter(deleted_at__isnull=True)


# --- candidates
def _matches(rows: QuerySet[Any], wanted: Subject, fields: Fields, owners: QuerySet[Any]) -> dict[int, Match]:
    """{id: match} among `rows`; `owners` gives (id, E.164) of rows with one of the phones."""
    phones: dict[int, set[str]] = {}
    if fields.phone and wanted.phones:
        for pk, e164 in owners[:MAX_EXACT]:
            phones.setdefault(pk, set()).add(e164)
    candidates = {row[0]: row for row in _candidates(rows, wanted, fields, phones)}
    found = {}
    for pk, key, tax_id, province, city, latitude, longitude in candidates.values():
        other = Subject(
            name_key=key,
            phones=frozenset(phones.get(pk, ())),
            tax_id=tax_key(tax_id),
            city=city_key(city, province),
            latitude=latitude,
            longitude=longitude,
        )
        if match := compare(wanted, other, fields):
            found[pk] = match
    return found


def _candidates(
    rows: QuerySet[Any], wanted: Subject, fields: Fields, phones: Iterable[int]
) -> Iterable[tuple[Any, ...]]:
    """Rows that may match, each kind read through its own index; a row may come twice."""
    if with_phone := list(phones):
        yield from rows.filter(pk__in=with_phone).values_list(*_COLUMNS)
    if fields.tax_id and wanted.tax_id:
        same_tax_id = rows.filter(tax_id__in=[wanted.tax_id, wanted.tax_id.lower()])
        yield from same_tax_id.values_list(*_COLUMNS)[:MAX_EXACT]
    if fields.name and wanted.name_key:
        # Those of the same city first, so that a name all over the country still finds its neighbour.
        named = rows.filter(name_key=wanted.name_key)
        if wanted.city:
            yield from named.filter(_in_city(wanted.city)).values_list(*_COLUMNS)[:MAX_EXACT]
        yield from named.values_list(*_COLUMNS)[:MAX_EXACT]
    if fields.fuzzy and wanted.name_key:
        if wanted.city and (alike := _alike(rows, wanted.name_key)) is not None:
            yield from alike.filter(_in_city(wanted.city)).values_list(*_COLUMNS)[:MAX_ALIKE]
        if wanted.latitude is not None and wanted.longitude is not None:
            south, north, west, east = bounding_box(wanted.latitude, wanted.longitude)
            near = rows.filter(
                latitude__range=(south, north), longitude__range=(west, east), latitude__isnull=False
            )
            yield from near.values_list(*_COLUMNS)[:MAX_NEAR]


def _in_city(city: str) -> Q:
    """Rows whose city has this key."""
    names = [city, f"{city}市"]
    return Q(city__in=names) | Q(city__in=["", "市辖区", "县"], province__in=names)


def _alike(rows: QuerySet[Any], key: str) -> QuerySet[Any] | None:
    """Rows whose name may be like `key`, by parts that one of them must have; None when only `key` itself is.

    PostgreSQL finds the parts through the index over grams; elsewhere the column is scanned.
    """
    pairs = alike_conditions(key)
    if not pairs:
        return None
    condition = Q()
    for pair in pairs:
        grams = [gram for part in pair for gram in query_grams(part)]
        if connection.vendor == "postgresql" and grams:
            condition |= Q(HasGrams("search_grams", grams))
        else:
            condition |= Q(name_key__contains=pair[0]) & Q(name_key__contains=pair[1])
    return rows.filter(condition)


# --- telling
def _hits(user: User | None, found: list[tuple[Match, str, int]]) -> list[DuplicateHit]:
    customers = {pk for _match, kind, pk in found if kind == "customer"}
    leads = {pk for _match, kind, pk in found if kind == "lead"}
    told: dict[tuple[str, int], tuple[Any, bool]] = {}
    if customers:
        slim = Customer.objects.select_related("owner").defer("search_text", "search_grams", "notes")
        seen = _seen_customers(user, customers)
        told |= {("customer", row.pk): (row, row.pk in seen) for row in slim.filter(pk__in=customers)}
    if leads:
        rows = Lead.objects.select_related("owner").defer("search_text", "search_grams", "notes")
        mine = None if user is None else scope_user_ids(user)
        told |= {
            ("lead", row.pk): (row, mine is None or row.owner_id in mine) for row in rows.filter(pk__in=leads)
        }
    # One that was deleted between two reads is no hit.
    return [_hit(match, kind, *told[kind, pk]) for match, kind, pk in found if (kind, pk) in told]


def _seen_customers(user: User | None, ids: set[int]) -> set[int]:
    if user is None:
        return ids
    return set(Customer.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))


def _hit(match: Match, kind: str, row: Any, seen: bool) -> DuplicateHit:
    is_lead = kind == "lead"
    place = "bin" if is_lead and row.deleted_at else "pool" if row.owner_id is None else ""
    return DuplicateHit(
        name=row.name if seen else mask(row.name),
        reason=match.reason,
        owner=str(row.owner) if row.owner else "",
        customer=row if seen and not is_lead else None,
        lead=row if seen and is_lead else None,
        kind=kind,
        place=place,
        similarity=match.similarity,
        # How far away a shop is that he may not see would tell where it is.
        distance_m=match.distance if seen else None,
    )
