"""Customers shown to colleagues (A2)."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from comms.enums import NoticeKind
from comms.services import Notice, notify
from crm.models import Customer, CustomerShare
from crm.services.audit import log_changes


@dataclass
class ShareOutcome:
    """{id: the terms before, None without} of those shared now, and {id: reason} of those that were not."""

    changed: dict[int, dict[str, Any]] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)


@transaction.atomic
def share_customers(
    *,
    actor: User,
    customers: Iterable[Customer],
    user: User,
    can_write: bool = False,
    expires_at: dt.datetime | None = None,
    note: str = "",
    now: dt.datetime | None = None,
) -> ShareOutcome:
    """Show customers to `user` until `expires_at` (None: until revoked); sharing again replaces the terms.

    Needs `owner_id` and `name` of each. Raises ValidationError for an inactive user, the actor himself and an end
    in the past; a customer that `user` owns is refused by itself.
    """
    now = now or timezone.now()
    if user.pk == actor.pk:
        raise ValidationError(_("You see your own customers anyway."))
    if not user.is_active:
        raise ValidationError(_("%(person)s is no longer active."), params={"person": str(user)})
    if expires_at is not None and expires_at <= now:
        raise ValidationError(_("The end of sharing lies in the past."))
    rows = list(customers)
    present = {
        share.customer_id: share for share in CustomerShare.objects.filter(customer__in=rows, user=user)
    }
    outcome, shared = ShareOutcome(), []
    for customer in rows:
        share = present.get(customer.pk)
        if customer.owner_id == user.pk:
            text = _("%(person)s owns this customer already.")
            outcome.refused[customer.pk] = text % {"person": user}
        elif share is not None and (share.can_write, share.expires_at) == (can_write, expires_at):
            outcome.refused[customer.pk] = _("It is shared like this already.")
        else:
            outcome.changed[customer.pk] = _terms(share)
            shared.append(customer)
    _write(actor, shared, user, can_write=can_write, expires_at=expires_at, note=note)
    return outcome


def _terms(share: CustomerShare | None) -> dict[str, Any]:
    if share is None:
        return {"can_write": None, "expires_at": None}
    ends = share.expires_at.isoformat() if share.expires_at else None
    return {"can_write": share.can_write, "expires_at": ends}


def _write(
    actor: User,
    customers: list[Customer],
    user: User,
    *,
    can_write: bool,
    expires_at: dt.datetime | None,
    note: str,
) -> None:
    CustomerShare.objects.bulk_create(
        [
            CustomerShare(
                customer=customer, user=user, can_write=can_write, expires_at=expires_at, created_by=actor
            )
            for customer in customers
        ],
        update_conflicts=True,
        unique_fields=["customer", "user"],
        update_fields=["can_write", "expires_at", "created_by"],
        batch_size=500,
    )
    terms = f"{user}: {'write' if can_write else 'read'}" + (f" ({note})" if note else "")
    log_changes(actor=actor, changes=[(customer, {"shares": ["", terms]}) for customer in customers])


@transaction.atomic
def share_customer(
    *,
    actor: User,
    customer: Customer,
    user: User,
    can_write: bool = False,
    expires_at: dt.datetime | None = None,
    note: str = "",
    now: dt.datetime | None = None,
) -> CustomerShare:
    """Show one customer to `user` and tell him; see `share_customers`. Raises ValidationError, for its owner too."""
    done = share_customers(
        actor=actor,
        customers=[customer],
        user=user,
        can_write=can_write,
        expires_at=expires_at,
        note=note,
        now=now,
    )
    share = CustomerShare.objects.filter(customer=customer, user=user).first()
    if share is None:
        raise ValidationError(done.refused[customer.pk])
    if done.changed:
        values = {"person": actor, "customer": customer}
        notice = Notice(
            user.pk,
            NoticeKind.CUSTOMER,
            lambda: _("%(person)s shares %(customer)s with you") % values,
            body=note,
            url=customer.get_absolute_url(),
        )
        notify([notice])
    return share


@transaction.atomic
def revoke_share(*, actor: User, share: CustomerShare) -> None:
    """Stop showing the customer; it is no error when somebody else was faster."""
    revoke_shares(actor=actor, shares=[share])


@transaction.atomic
def revoke_shares(*, actor: User, shares: Iterable[CustomerShare]) -> int:
    """Take several shares back, each with its customer and user read; returns how many were still there."""
    rows = list(shares)
    log_changes(actor=actor, changes=[(share.customer, {"shares": [str(share.user), ""]}) for share in rows])
    return CustomerShare.objects.filter(pk__in=[share.pk for share in rows]).delete()[0]


def drop_shares_of(owners_before: Mapping[int, int | None], owners_after: Mapping[int, int | None]) -> None:
    """After an owner change: no share left over lets a former owner in, and a new one needs none.

    Both {customer id: the owner's id}. Part of the owner change, whose audit line tells it.
    """
    shares = CustomerShare.objects.filter(customer__in=owners_before)
    ended = [
        pk
        for pk, customer_id, user_id in shares.values_list("pk", "customer_id", "user_id")
        if user_id in (owners_before[customer_id], owners_after[customer_id])
    ]
    if ended:
        CustomerShare.objects.filter(pk__in=ended).delete()
