"""Reads for the lead screens: whose leads, the lead pool, the recycle bin (C1–C3)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Concat

from accounts.enums import PoolScope
from accounts.models import SystemOptions, User
from accounts.querysets import scope_q, scope_user_ids
from common.business_calendar import business_day, day_bounds
from common.names import fold
from crm.enums import DictionaryKind, LeadEventKind
from crm.models import Dictionary, Lead, LeadChannel, LeadContact, LeadEvent

if TYPE_CHECKING:
    from crm.querysets import LeadQuerySet

Entries = dict[str, list[tuple[int, str]]]

_LIST_FIELDS = (
    *("name", "owner", "stage", "last_follow_up_on", "next_contact_at", "created_at", "lost_reason"),
    *("province", "city", "district", "address"),
)


def list_rows(user: User, *, with_extra: bool = False) -> LeadQuerySet:
    """The leads `user` sees, with the columns and names (None without one) that the list draws.

    `with_extra` for who draws custom fields.
    """
    rows: LeadQuerySet = Lead.objects.visible_to(user).only(*_LIST_FIELDS, *(["extra"] if with_extra else []))
    named: LeadQuerySet = rows.annotate(
        owner_name=F("owner__name"),
        channel_name=F("channel__name"),
        source_name=F("source__name"),
        region_name=F("region__name"),
        first_contact=_first_contact("name"),
        first_phone=_first_contact("raw"),
        first_e164=_first_contact("e164"),
    )
    return named


def _first_contact(column: str) -> Subquery:
    people = LeadContact.objects.filter(lead=OuterRef("pk")).exclude(raw="", name="")
    return Subquery(people.order_by("position", "pk").values(column)[:1])


def pool_q(user: User, options: SystemOptions | None = None) -> Q:
    """Condition "in the lead pool, and its pool is mine": by option everybody's, or what one's department had.

    A lead nobody had yet is in everybody's pool.
    """
    condition = Q(owner__isnull=True, deleted_at__isnull=True) & ~Q(stage="converted")
    options = options or SystemOptions.load()
    if options.pool_scope == PoolScope.COMPANY or scope_user_ids(user) is None:
        return condition
    mine = Q(last_owner__isnull=True) | scope_q(user, "last_owner")
    if user.department_id:
        mine |= Q(last_owner__department_id=user.department_id)
    return condition & mine


def pool_rows(user: User, options: SystemOptions | None = None) -> LeadQuerySet:
    """The lead pool as `user` sees it. Contacts, notes and the street are not read: they are hidden there."""
    rows: LeadQuerySet = Lead.objects.filter(pool_q(user, options)).only(
        "name", "stage", "province", "city", "district", "pooled_at", "created_at", "last_follow_up_on"
    )
    named: LeadQuerySet = rows.annotate(
        channel_name=F("channel__name"),
        source_name=F("source__name"),
        region_name=F("region__name"),
        last_owner_name=F("last_owner__name"),
        place=Concat("province", "city", "district"),
        # One that came in without an owner has lain here since then.
        since=Coalesce("pooled_at", "created_at"),
    )
    return named


def search_names(rows: LeadQuerySet, text: str) -> LeadQuerySet:
    """Search by name alone: the pool must not tell whose phone a number is."""
    for word in fold(text).split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(name_key__contains=word))
    return rows


def bin_rows(user: User) -> LeadQuerySet:
    """Leads in the recycle bin whose owner is in my scope, and those I threw away myself."""
    rows: LeadQuerySet = Lead.objects.deleted()
    if scope_user_ids(user) is not None:
        rows = rows.filter(scope_q(user, "owner") | Q(deleted_by=user))
    named: LeadQuerySet = rows.annotate(owner_name=F("owner__name"), deleted_by_name=F("deleted_by__name"))
    return named


def assignable_leads(user: User) -> LeadQuerySet:
    """The leads `user` may give to somebody: his people's, and those of the lead pool he sees."""
    rows: LeadQuerySet = Lead.objects.filter(deleted_at__isnull=True).exclude(stage="converted")
    if scope_user_ids(user) is None:
        return rows
    return rows.filter(scope_q(user, "owner") | pool_q(user))


def daily_claim_cap(user: User, options: SystemOptions | None = None) -> int | None:
    """How many leads `user` may claim a business day: his own number, else the role's, else the company's; None: any."""
    if user.daily_claim_cap is not None:
        return user.daily_claim_cap
    if user.role is not None and user.role.daily_claim_cap is not None:
        return user.role.daily_claim_cap
    return (options or SystemOptions.load()).daily_claim_cap


def claims_on(user: User, day: dt.date) -> int:
    """How many leads `user` claimed on this business day."""
    start, end = day_bounds(day)
    return LeadEvent.objects.filter(
        to_user=user, kind=LeadEventKind.CLAIMED, at__gte=start, at__lt=end
    ).count()


def claims_left(user: User, now: dt.datetime, options: SystemOptions | None = None) -> int | None:
    """How many more leads `user` may claim today; None without a cap."""
    cap = daily_claim_cap(user, options)
    return None if cap is None else max(0, cap - claims_on(user, business_day(now)))


def filter_choices(user: User) -> Entries:
    """What the filters offer, {"source" | "region" | "channel" | "owner": [(id, name)]}, in one query."""
    columns = ("what", "place", "pk", "name")
    entries = Dictionary.objects.filter(
        kind__in=[DictionaryKind.SOURCE, DictionaryKind.REGION], is_active=True
    ).order_by()
    channels = LeadChannel.objects.order_by().annotate(what=Value("channel"), place=Value(0))
    people = User.objects.visible_to(user).active().order_by()
    rows = (
        entries.annotate(what=F("kind"), place=F("position"))
        .values_list(*columns)
        .union(
            channels.values_list(*columns),
            people.annotate(what=Value("owner"), place=Value(0)).values_list(*columns),
            all=True,
        )
    )
    choices: Entries = {"source": [], "region": [], "channel": [], "owner": []}
    for kind, _place, pk, name in sorted(rows, key=lambda row: (row[1], row[3], row[2])):
        choices[kind].append((pk, name))
    return choices


def history(lead: Lead) -> Any:
    """The lead's events, newest first, at most 100."""
    return lead.events.select_related("from_user", "to_user", "by")[:100]
