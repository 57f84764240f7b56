"""The public pool as a person sees it, and how much he may take out of it (C5, domain-rules §5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from accounts.enums import PoolScope
from accounts.models import SystemOptions, User
from accounts.querysets import scope_q, scope_user_ids
from common.business_calendar import day_bounds
from common.names import fold, pinyin_initials
from crm.enums import OwnerChangeReason
from crm.models import Customer, OwnerChange
from crm.querysets import CustomerQuerySet
from crm.rules.pool import Caps, own_cap

# All a pool page knows of a customer. Phones, contacts, street, place on the map and notes are not even read.
SHOWN = ("code", "name", "level", "status", "province", "city", "district", "pooled_at", "last_order_on")
_INITIALS = 500


def pool_q(user: User, options: SystemOptions | None = None) -> Q:
    """Condition "in the public pool, and the pool is mine": by option everybody's, or what one's department had.

    A customer nobody had yet is in everybody's pool.
    """
    condition = Q(owner__isnull=True)
    options = options or SystemOptions.load()
    if options.pool_scope == PoolScope.COMPANY or scope_user_ids(user) is None:
        return condition
    mine = Q(last_owner__isnull=True) | scope_q(user, "last_owner")
    if user.department_id:
        mine |= Q(last_owner__department_id=user.department_id)
    return condition & mine


def pool_rows(user: User, options: SystemOptions | None = None) -> CustomerQuerySet:
    """The pool as `user` sees it, with names (None without one) and why it is there: `pool_reason`, `pool_clock`."""
    newest = OwnerChange.objects.filter(customer=OuterRef("pk"), to_user__isnull=True).order_by("-at", "-pk")
    rows: CustomerQuerySet = Customer.objects.filter(pool_q(user, options)).only(*SHOWN)
    named: CustomerQuerySet = rows.annotate(
        channel_name=F("channel__name"),
        region_name=F("region__name"),
        last_owner_name=F("last_owner__name"),
        pool_reason=Subquery(newest.values("reason")[:1]),
        pool_clock=Subquery(newest.values("clock")[:1]),
    )
    return named


def search_pool(rows: CustomerQuerySet, text: str) -> CustomerQuerySet:
    """Search by name, code and the initials of the name's pinyin; by nothing that the pool hides.

    The general search narrows the rows down through its index; what it finds by a phone or a contact is dropped.
    """
    for word in fold(text).split()[:8]:
        shown = Q(name__icontains=word) | Q(code__icontains=word) | Q(name_key__contains=word)
        if word.isascii() and word.isalpha():
            shown |= Q(pk__in=_by_initials(rows, word))
        rows = rows.search(word).filter(shown)
    return rows


def _by_initials(rows: CustomerQuerySet, word: str) -> list[int]:
    # search_text holds the contacts' names and typed numbers too: compared with the name itself, it tells nothing of them.
    found = rows.search(word).order_by("pk").values_list("pk", "name")[: _INITIALS * 4]
    return [pk for pk, name in found if word in pinyin_initials(name)][:_INITIALS]


# --- how much one may take
def holding(person: User, options: SystemOptions) -> Caps:
    """The holding cap of `person` (with `role` read) and how many customers count towards it."""
    return holdings([person], options).get(person.pk) or Caps(None, 0, options.holding_excludes_dealt)


def holdings(people: Iterable[User], options: SystemOptions) -> dict[int, Caps]:
    """The same of several people in one statement; those without a cap are left out."""
    caps: dict[int, int] = {}
    for person in people:
        role_cap = person.role.holding_cap if person.role else None
        cap = own_cap(person.holding_cap, role_cap, options.holding_cap)
        if cap is not None:
            caps[person.pk] = cap
    if not caps:
        return {}
    rows = Customer.objects.filter(owner__in=caps).order_by()
    if options.holding_excludes_dealt:
        rows = rows.filter(last_order_on__isnull=True)
    held = dict(rows.values_list("owner_id").annotate(n=Count("pk")))
    return {pk: Caps(cap, held.get(pk, 0), options.holding_excludes_dealt) for pk, cap in caps.items()}


def daily_claims(person: User, day: dt.date, options: SystemOptions) -> Caps:
    """The daily cap of `person` and his claims of this business day; what he gave back since counts too."""
    role_cap = person.role.daily_claim_cap if person.role else None
    cap = own_cap(person.daily_claim_cap, role_cap, options.daily_claim_cap)
    if cap is None:
        return Caps(None, 0)
    start, end = day_bounds(day)
    claims = OwnerChange.objects.filter(
        to_user=person, reason=OwnerChangeReason.CLAIMED, at__gte=start, at__lt=end
    )
    return Caps(cap, claims.count())


def waits_until(person: User, customer: Customer, options: SystemOptions) -> dt.datetime | None:
    """Until when `person`, who had this pool customer last, has to wait; None: not at all."""
    if (
        customer.owner_id is not None
        or customer.pooled_at is None
        or customer.last_owner_id != person.pk
        or not options.cooldown_hours
    ):
        return None
    return customer.pooled_at + dt.timedelta(hours=options.cooldown_hours)


def owner_history(customer: Customer) -> QuerySet[Any]:
    """Who had it, newest first, at most 50."""
    return customer.owner_changes.select_related("from_user", "to_user", "by")[:50]
