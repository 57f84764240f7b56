"""The customer list: its rows, what stands in their cells, what its filters offer (B9, B11)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from django.db.models import (
    Aggregate,
    Exists,
    F,
    FloatField,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
)
from django.db.models.expressions import Combinable, OrderBy
from django.db.models.functions import Coalesce, Greatest

from accounts.models import User
from common import business_calendar
from crm.models import Customer, CustomerShare, Dictionary, FollowUp, Tag
from crm.queries.custom_fields import is_key
from crm.queries.customers import Entries
from crm.querysets import live_share_q
from crm.signals import collecting_alert_kinds, collecting_list_columns, low_stock_asked, open_alert_asked

if TYPE_CHECKING:
    from crm.querysets import CustomerQuerySet

# What a list row draws. The search columns and notes are longer than all of these together.
_LIST_FIELDS = (
    *("code", "name", "level", "status", "location_status", "created_on", "received_on", "owner"),
    *("last_visit_on", "last_order_on", "last_sale_on", "last_follow_up_on", "next_contact_at"),
    *("city", "district", "latitude", "longitude", "pool_locked", "alerts_exempt"),
)
# Columns that need more than the customer's row, and what they read.
_NAMES: dict[str, tuple[str, str]] = {
    "channel": ("channel_name", "channel__name"),
    "region": ("region_name", "region__name"),
    "maturity": ("maturity_name", "maturity__name"),
    "owner": ("owner_name", "owner__name"),
}
FILTER_DICTIONARIES = ("channel", "region", "maturity")
INTENT = "意向"  # a maturity or a tag whose name says so is high intent; both are the administrator's words

Near = tuple[float, float]


class JoinText(Aggregate):
    """Texts of a group in one, on every database; the order is the database's."""

    function = "STRING_AGG"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="GROUP_CONCAT", **context)


def list_rows(user: User) -> CustomerQuerySet:
    """The customers `user` sees, with just the own columns that the list draws."""
    rows: CustomerQuerySet = Customer.objects.visible_to(user).only(*_LIST_FIELDS)
    return rows


def upper_columns(user: User) -> dict[str, Combinable]:
    """What the apps above add to a row of the list, by name: see `crm.signals.collecting_list_columns`."""
    found: dict[str, Combinable] = {}
    for _receiver, columns in collecting_list_columns.send(sender=Customer, user=user):
        found.update(cast("dict[str, Combinable]", columns))
    return found


def low_stock() -> Q:
    """Customers where something is low by their last stock count, as the app that counts says; none without one."""
    answers = [answer for _receiver, answer in low_stock_asked.send(sender=Customer, outer="pk")]
    condition = Q(pk__in=())
    for answer in answers:
        condition |= Q(answer)
    return condition


def open_alert(
    kind: str | None = None, *, today: dt.date | None = None, each: Callable[[Any], Any] | None = None
) -> Q:
    """Customers with an open alert (of a kind), as the app that keeps alerts says; none without one. `each` may put its
    condition in other words."""
    condition, day = Q(pk__in=()), today or business_calendar.today()
    for _receiver, answer in open_alert_asked.send(sender=Customer, outer="pk", today=day, kind=kind):
        condition |= Q(each(answer) if each else answer)
    return condition


def alert_kinds(user: User) -> list[tuple[str, Any]]:
    """The kinds of alerts that a person may choose from; none without the app that keeps them."""
    found = cast(
        "list[tuple[Any, list[tuple[str, Any]]]]", collecting_alert_kinds.send(sender=Customer, user=user)
    )
    return [kind for _receiver, kinds in found for kind in kinds]


def with_columns(
    rows: CustomerQuerySet, keys: Iterable[str], upper: dict[str, Combinable]
) -> CustomerQuerySet:
    """Adds what the columns `keys` draw, as expressions of the same statement.

    Names instead of related objects: making 150 objects for 50 rows takes longer than the query. The subqueries are
    worked out for the rows of the page alone.
    """
    wanted: dict[str, Any] = {}
    keys = list(keys)
    if any(map(is_key, keys)):
        rows = rows.only(*_LIST_FIELDS, "extra")
    for key in keys:
        if key in _NAMES:
            name, path = _NAMES[key]
            wanted[name] = F(path)
        elif key == "tags":
            wanted["tag_names"] = _tag_names()
        elif key == "last_contact":
            newest = FollowUp.objects.filter(customer=OuterRef("pk")).order_by("-at", "-pk")
            wanted["follow_up_text"] = Subquery(newest.values("text")[:1])
            if "visit_text" in upper:
                wanted["visit_text"] = upper["visit_text"]
        elif key in upper:
            wanted[key] = upper[key]
    present = rows.query.annotations
    dressed: CustomerQuerySet = rows.annotate(
        **{name: expression for name, expression in wanted.items() if name not in present}
    )
    return dressed


def _tag_names() -> Subquery:
    """Names of the customer's tags, a line each."""
    links: Any = Customer.tags.through._default_manager.filter(customer_id=OuterRef("pk")).order_by()
    joined = links.values("customer_id").annotate(names=JoinText(F("tag__name"), Value("\n")))
    return Subquery(joined.values("names"), output_field=TextField())


# --- sorting
def last_contact() -> Combinable:
    """The later of last follow-up and last visit; on every database, also where one of them is missing."""
    visit, talk = F("last_visit_on"), F("last_follow_up_on")
    return Greatest(Coalesce(visit, talk), Coalesce(talk, visit))


def nearest_first(rows: CustomerQuerySet, near: Near) -> CustomerQuerySet:
    """By distance from `near` (latitude, longitude in WGS-84 degrees), those without location last.

    Squared degrees with the longitude shrunk by the latitude's cosine: the right order within a province, and a sum
    that every database does.
    """
    latitude, longitude = near
    shrink = math.cos(math.radians(latitude))
    dy = F("latitude") - Value(latitude, output_field=FloatField())
    dx = (F("longitude") - Value(longitude, output_field=FloatField())) * Value(
        shrink, output_field=FloatField()
    )
    return rows.order_by(OrderBy(dy * dy + dx * dx, nulls_last=True), "pk")


# --- filters
def silent_since(day: dt.date, *columns: str) -> Q:
    """None of these last events on or after `day`; what never happened counts as silent."""
    condition = Q()
    for column in columns:
        condition &= Q(**{f"{column}__isnull": True}) | Q(**{f"{column}__lt": day})
    return condition


NEVER_TRADED = Q(last_order_on__isnull=True, last_sale_on__isnull=True)  # no order, no goods, ever (B9)


def high_intent() -> Q:
    """Customers whose maturity or one of whose tags speaks of intent."""
    entries = Dictionary.objects.filter(kind="maturity", name__contains=INTENT).values("pk")
    links = Customer.tags.through._default_manager.filter(tag__name__contains=INTENT)
    return Q(maturity__in=entries) | Q(pk__in=links.values("customer_id"))


def with_tags(tags: Iterable[Tag | int]) -> Q:
    """Customers with any of these tags, each once."""
    links = Customer.tags.through._default_manager.filter(tag__in=tags)
    return Q(pk__in=links.values("customer_id"))


def shared_with(user: User) -> Exists:
    return Exists(CustomerShare.objects.filter(live_share_q(user), customer=OuterRef("pk")))


def filter_choices(user: User) -> Entries:
    """What the list's filters offer, {dictionary, "owner" or "tag": [(id, name)]}, in one query."""
    columns = ("kind", "place", "pk", "name")
    entries = Dictionary.objects.filter(kind__in=FILTER_DICTIONARIES, is_active=True).order_by()
    people = User.objects.visible_to(user).active().order_by()
    rows = (
        entries.annotate(place=F("position"))
        .values_list(*columns)
        .union(
            people.annotate(kind=Value("owner"), place=Value(0)).values_list(*columns),
            Tag.objects.order_by().annotate(kind=Value("tag"), place=Value(0)).values_list(*columns),
            all=True,
        )
    )
    choices: Entries = {kind: [] for kind in (*FILTER_DICTIONARIES, "owner", "tag")}
    for kind, _place, pk, name in sorted(rows, key=lambda row: (row[1], row[3], row[2])):
        choices[kind].append((pk, name))
    return choices
