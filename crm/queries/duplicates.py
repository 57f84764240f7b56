"""Who may be the same shop already (B5, domain-rules §8): looked for by index, scored in Python, told with care.

What a user may not see he is not shown here either: the check must not become a way to read others' customers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Length
from django.urls import reverse

from accounts.enums import DuplicateScope
from accounts.models import SystemOptions, User
from accounts.querysets import scope_user_ids
from common.names import query_grams
from crm.enums import DuplicateReason, LeadStage
from crm.models import Customer, Lead, LeadContact, Phone
from crm.querysets import HasGrams, customer_scope_q
from crm.rules.duplicates import (
    NEAR_SIMILARITY,
    SAME_CITY_SIMILARITY,
    Fields,
    Match,
    Subject,
    alike_by_dropping,
    alike_conditions,
    alike_lengths,
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
MAX_READ = 2000
MAX_ALIKE = 100
MAX_NEAR = 600
_CITY_IS_PROVINCE = ("", "市辖区", "县")  # what stands for the city of a municipality
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
    looked_for = _Look(wanted, within, exclude_customer, exclude_lead)
    found = looked_for.matches(looked_for.equal())
    # A similar name is never shown before an equal one: with enough of these nobody asks for the others.
    if len(found) < SHOWN and within.fields.fuzzy and wanted.name_key:
        found |= looked_for.matches(looked_for.similar(), but=found)
    surest = sorted(((match, kind, pk) for (kind, pk), match in found.items()), key=_order)
    return _hits(user, surest[:SHOWN])


def _order(item: tuple[Match, str, int]) -> tuple[int, float, float, str, int]:
    match, kind, pk = item
    far = float("inf") if match.distance is None else match.distance
    return _SUREST[match.reason], -match.similarity, far, kind, pk


# --- candidates
Found = dict[tuple[str, int], Match]
Part = tuple[str, Sequence[Any]]  # a statement and its parameters


@dataclass(frozen=True)
class _Look:
    """The look-ups of one check. Each reads through an index of its own; all of a kind are one statement."""

    wanted: Subject
    within: Limits
    but_customer: int | None
    but_lead: int | None

    def matches(self, parts: list[Part], but: Iterable[tuple[str, int]] = ()) -> Found:
        """{(kind, id): match} of the rows that the parts find, which may come twice."""
        found: Found = {}
        for kind, has_phone, pk, key, tax_id, province, city, latitude, longitude in _read(parts):
            other = Subject(
                name_key=key,
                phones=self.wanted.phones if has_phone else frozenset(),
                tax_id=tax_key(tax_id),
                city=city_key(city, province),
                latitude=latitude,
                longitude=longitude,
            )
            match = compare(self.wanted, other, self.within.fields)
            before = found.get((kind, pk))
            if match and (kind, pk) not in but and (before is None or _surer(match, before)):
                found[kind, pk] = match
        return found

    def _libraries(self) -> Iterable[tuple[str, QuerySet[Any], QuerySet[Any]]]:
        """(kind, rows, ids of rows with one of the phones) of what is compared with."""
        phones: QuerySet[Any]
        if self.within.customers:
            phones = Phone.objects.order_by().values("customer_id")
            yield "customer", _without(Customer.objects.order_by(), self.but_customer), phones
        if self.within.leads:
            phones = LeadContact.objects.order_by().values("lead_id")
            yield "lead", _without(leads_within(self.within), self.but_lead), phones

    def equal(self) -> list[Part]:
        """Rows with an equal phone, tax id or normalised name."""
        wanted, fields = self.wanted, self.within.fields
        parts = []
        for kind, rows, phones in self._libraries():
            if fields.phone and wanted.phones:
                with_phone = phones.filter(e164__in=wanted.phones)[:MAX_EXACT]
                parts.append(_part(kind, rows.filter(pk__in=with_phone), has_phone=True))
            if fields.tax_id and wanted.tax_id:
                same = rows.filter(tax_id__in=[wanted.tax_id, wanted.tax_id.lower()])
                parts.append(_part(kind, same, limit=MAX_EXACT))
            if fields.name and wanted.name_key:
                named = rows.filter(name_key=wanted.name_key)
                # Those of the same city first, so that a name all over the country still finds its neighbour.
                if wanted.city:
                    parts.append(_part(kind, named.filter(_in_city(wanted.city)), limit=MAX_EXACT))
                parts.append(_part(kind, named, limit=MAX_EXACT))
        return parts

    def similar(self) -> list[Part]:
        """Rows of the same city, or of a square around the place, whose name may be alike."""
        wanted, parts = self.wanted, []
        for kind, rows, _phones in self._libraries():
            if wanted.city and (alike := _alike(rows, wanted.name_key)) is not None:
                parts.append(_nearest_in_length(kind, alike, wanted))
            if wanted.latitude is not None and wanted.longitude is not None:
                parts.append(_part(kind, _near(rows, wanted), limit=MAX_NEAR, place_only=True))
        return parts


def _surer(one: Match, other: Match) -> bool:
    return _SUREST[one.reason] < _SUREST[other.reason]


def _without(rows: QuerySet[Any], pk: int | None) -> QuerySet[Any]:
    return rows.exclude(pk=pk) if pk else rows


def leads_within(within: Limits) -> QuerySet[Any]:
    """Leads to compare with: not those whose customer is compared anyway."""
    rows = Lead.objects.order_by()
    if within.customers:
        rows = rows.exclude(stage=LeadStage.CONVERTED, customer__isnull=False)
    return rows if within.recycle_bin else rows.filter(deleted_at__isnull=True)


def _part(
    kind: str,
    rows: QuerySet[Any],
    *,
    limit: int | None = None,
    has_phone: bool = False,
    place_only: bool = False,
) -> Part:
    """The rows as a statement of the columns that are compared.

    `place_only`: name and place, which the index over places holds; the rows themselves are not read.
    """
    rows = rows.annotate(kind=Value(kind), has_phone=Value(has_phone))
    columns: list[Any] = ["kind", "has_phone", "pk", "name_key", "tax_id", "province", "city"]
    if place_only:
        rows = rows.annotate(**{f"no_{name}": Value("") for name in columns[4:]})
        columns[4:] = [f"no_{name}" for name in columns[4:]]
    columns += ["latitude", "longitude"]
    sql, params = rows.values_list(*columns)[:limit].query.sql_with_params()
    return sql, params


def _read(parts: list[Part]) -> list[tuple[Any, ...]]:
    """All parts in one statement. Each is a subquery, since SQLite takes no LIMIT in a member of a UNION."""
    if not parts:
        return []
    # The statements are Django's, their values go as parameters.
    sql = " UNION ALL ".join(
        f"SELECT * FROM ({part}) AS p{place}"  # noqa: S608
        for place, (part, _params) in enumerate(parts)
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for _part, params in parts for value in params])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _in_city(city: str) -> Q:
    """Rows whose city has this key."""
    names = [city, f"{city}市"]
    return Q(city__in=names) | Q(city__in=_CITY_IS_PROVINCE, province__in=names)


def _alike(rows: QuerySet[Any], key: str) -> QuerySet[Any] | None:
    """Rows whose name may be like `key`, by parts that one of them must have; None when only `key` itself is.

    PostgreSQL finds the parts through the index over grams; elsewhere the column is scanned.
    """
    shorter, sets = alike_by_dropping(key), alike_conditions(key)
    if not (shorter or sets):
        return None
    condition = Q(name_key__in=shorter) if shorter else Q()
    for parts in sets:
        grams = list(dict.fromkeys(gram for part in parts for gram in query_grams(part)))
        if connection.vendor == "postgresql" and grams:
            condition |= Q(HasGrams("search_grams", grams))
        else:
            condition |= Q(*(("name_key__contains", part) for part in parts))
    return rows.filter(condition)


def _nearest_in_length(kind: str, alike: QuerySet[Any], wanted: Subject) -> Part:
    """Those of the city whose length allows it, the nearest in length first.

    No more than MAX_READ rows are read for it: only a name whose parts more customers than that have, all over the
    country, can miss one of its city.
    """
    rows, params = _part(kind, alike, limit=MAX_READ)
    shortest, longest = alike_lengths(wanted.name_key, SAME_CITY_SIMILARITY)
    names, size = [wanted.city, f"{wanted.city}市"], len(wanted.name_key)
    sql = (
        f"SELECT * FROM ({rows}) AS found WHERE length(name_key) BETWEEN %s AND %s AND name_key <> %s"  # noqa: S608
        " AND (city IN (%s, %s) OR (city IN (%s, %s, %s) AND province IN (%s, %s)))"
        f" ORDER BY abs(length(name_key) - %s) LIMIT {MAX_ALIKE}"
    )
    values = [shortest, longest, wanted.name_key, *names, *_CITY_IS_PROVINCE, *names, size]
    return sql, [*params, *values]


def _near(rows: QuerySet[Any], wanted: Subject) -> QuerySet[Any]:
    """Rows of the square around the circle whose length allows it."""
    assert wanted.latitude is not None
    assert wanted.longitude is not None
    south, north, west, east = bounding_box(wanted.latitude, wanted.longitude)
    lengths = alike_lengths(wanted.name_key, NEAR_SIMILARITY)
    square = rows.filter(
        latitude__range=(south, north), longitude__range=(west, east), latitude__isnull=False
    )
    near: QuerySet[Any] = square.alias(signs=Length("name_key")).filter(signs__range=lengths)
    return near


# --- telling
def _hits(user: User | None, found: list[tuple[Match, str, int]]) -> list[DuplicateHit]:
    customers = [pk for _match, kind, pk in found if kind == "customer"]
    leads = [pk for _match, kind, pk in found if kind == "lead"]
    told: dict[tuple[str, int], tuple[Any, bool]] = {}
    mine = None if user is None else scope_user_ids(user)
    if customers:
        rows = _told(Customer.objects.filter(pk__in=customers))
        sees = Q() if user is None or mine is None else customer_scope_q(user)
        rows = rows.annotate(is_seen=Case(When(sees, then=True), default=False) if sees else Value(True))
        told |= {("customer", row.pk): (row, row.is_seen) for row in rows}
    if leads:
        rows = _told(Lead.objects.filter(pk__in=leads))
        told |= {("lead", row.pk): (row, mine is None or row.owner_id in mine) for row in rows}
    # One that was deleted between two reads is no hit.
    return [_hit(match, kind, *told[kind, pk]) for match, kind, pk in found if (kind, pk) in told]


def _told(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.order_by().select_related("owner").defer("search_text", "search_grams", "notes")


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
