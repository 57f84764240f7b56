"""Reads for the customer screens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import F, Value

from accounts.models import User
from accounts.querysets import scope_user_ids
from crm.models import Customer, Dictionary, Tag

if TYPE_CHECKING:
    from crm.querysets import CustomerQuerySet

# What a list row draws. The search columns and notes are longer than all of these together.
_LIST_FIELDS = (
    *("code", "name", "level", "status", "location_status", "created_on"),
    *("last_visit_on", "last_order_on", "last_sale_on"),
)


def list_rows(user: User) -> CustomerQuerySet:
    """The customers `user` sees, with just the own columns that the list draws."""
    rows: CustomerQuerySet = Customer.objects.visible_to(user).only(*_LIST_FIELDS)
    return rows


def with_names(rows: CustomerQuerySet) -> CustomerQuerySet:
    """Adds `channel_name`, `region_name` and `owner_name`, None without one.

    Names instead of related objects: making 150 objects for 50 rows takes longer than the query.
    """
    named: CustomerQuerySet = rows.annotate(
        channel_name=F("channel__name"), region_name=F("region__name"), owner_name=F("owner__name")
    )
    return named


Entries = dict[str, list[tuple[int, str]]]


def dictionary_entries(kinds: Iterable[str]) -> Entries:
    """Entries in use of several dictionaries, {kind: [(id, name)]}, in one query."""
    entries: Entries = {str(kind): [] for kind in kinds}
    rows = Dictionary.objects.filter(kind__in=entries, is_active=True).values_list("kind", "pk", "name")
    for kind, pk, name in rows:
        entries[kind].append((pk, name))
    return entries


def filter_choices(user: User) -> Entries:
    """What the list's filters offer, {"channel" | "region" | "owner" | "tag": [(id, name)]}, in one query."""
    columns = ("kind", "place", "pk", "name")
    entries = Dictionary.objects.filter(kind__in=["channel", "region"], is_active=True).order_by()
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
    choices: Entries = {"channel": [], "region": [], "owner": [], "tag": []}
    for kind, _place, pk, name in sorted(rows, key=lambda row: (row[1], row[3], row[2])):
        choices[kind].append((pk, name))
    return choices


def assignable_people(user: User) -> Any:
    """Active people `user` may give customers to."""
    return User.objects.visible_to(user).active().order_by("name", "pk")


def may_share(user: User, customer: Customer) -> bool:
    """Whether `user` answers for the customer himself or through his people, not just by a share."""
    ids = scope_user_ids(user)
    return ids is None or customer.owner_id in ids
