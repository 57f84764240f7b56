"""Owners change through one door; here its answer for a batch."""

import datetime as dt
from dataclasses import dataclass, field

from accounts.models import User
from crm.enums import OwnerChangeReason
from crm.models import Customer, OwnerChange
from crm.services.owners import assign_owner
from crm.services.shares import drop_shares_of


@dataclass
class Hands:
    changed: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


def hand_over(
    *, actor: User, ids: list[int], owner: User | None, reason: OwnerChangeReason, note: str, now: dt.datetime
) -> Hands:
    before = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "owner_id"))
    assign_owner(actor=actor, customers=ids, owner=owner, reason=reason)
    if note:
        newest = OwnerChange.objects.filter(customer__in=ids).order_by("customer_id", "-pk")
        keys = {row.customer_id: row.pk for row in reversed(newest)}
        OwnerChange.objects.filter(pk__in=keys.values()).update(note=note)
    drop_shares_of(before, owner)
    after = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "owner_id"))
    return Hands([pk for pk in ids if before.get(pk) != after.get(pk)])
