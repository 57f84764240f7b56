"""What orders, deliveries and receipts share: the two state machines, numbers, days, people, audit."""

from __future__ import annotations

import datetime as dt
from typing import Any

from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from accounts.enums import RoleCode
from accounts.models import User
from common import business_calendar
from crm import services as crm
from crm.models import Customer
from sales import rules
from sales.enums import OrderStatus, PostingStatus
from sales.models import CostEntry, Delivery, Receipt, Refund, SalesOrder, SalesReturn

Slip = Delivery | SalesReturn | Receipt | Refund | CostEntry


def move(
    *, actor: User | None, order: SalesOrder, to: OrderStatus, back: bool = False, **fields: Any
) -> None:
    """The one door through which an order's status changes; `fields` are written by the same UPDATE.

    Raises ValidationError when the step is not allowed, or when somebody else was faster: the UPDATE names the
    status it starts from and must hit exactly one row.
    """
    old = order.status
    if not rules.may_become(old, to, back=back):
        raise ValidationError(
            _("Order %(number)s is “%(old)s” and cannot become “%(new)s”.")
            % {"number": order.number, "old": order.get_status_display(), "new": to.label},
            code="state",
        )
    changed = SalesOrder.objects.filter(pk=order.pk, status=old).update(status=to, **fields)
    if changed != 1:
        raise ValidationError(
            _("Somebody else has just changed order %(number)s. Look at it again.")
            % {"number": order.number},
            code="state",
        )
    for name, value in {"status": str(to), **fields}.items():
        setattr(order, name, value)
    audit(actor=actor, row=order, changes={"status": [old, str(to)]})


def reverse_posting(*, actor: User | None, slip: Slip, reason: str = "", day: dt.date | None = None) -> None:
    """Posted → reversed, once, as of `day` (today); the second caller gets a ValidationError."""
    slip.reversed_on, slip.reversal_reason = day or business_calendar.today(), reason.strip()[:200]
    changed = (
        type(slip)
        ._default_manager.filter(pk=slip.pk, status=PostingStatus.POSTED)
        .update(
            status=PostingStatus.REVERSED,
            reversed_on=slip.reversed_on,
            reversal_reason=slip.reversal_reason,
        )
    )
    if changed != 1:
        raise ValidationError(
            _("%(number)s has been reversed already.") % {"number": slip.number}, code="state"
        )
    slip.status = PostingStatus.REVERSED.value
    changes = {"status": [PostingStatus.POSTED.value, PostingStatus.REVERSED.value]}
    if slip.reversal_reason:
        changes["reversal_reason"] = ["", slip.reversal_reason]
    audit(actor=actor, row=slip, changes=changes)


def audit(*, actor: User | None, row: Model, changes: dict[str, list[str]]) -> None:
    """An audit row for what a bulk UPDATE changed, which auditlog's signals do not see."""
    LogEntry.objects.log_create(row, action=LogEntry.Action.UPDATE, changes=changes, actor=actor)


def next_number(*, prefix: str, day: dt.date) -> str:
    """SO20261122-0001: counted for each prefix (SO order, CK 出库, SK 收款) and day; the sequence has the same name."""
    name = f"{prefix}{day:%Y%m%d}"
    [value] = crm.next_numbers(name=name)
    return f"{name}-{value:04}"


def business_date(day: dt.date | None) -> dt.date:
    """The given business day or today; a day that has not come yet is refused."""
    today = business_calendar.today()
    if day is not None and day > today:
        raise ValidationError(_("The date is in the future."), code="date")
    return day or today


def check_customer(*, actor: User, customer: Customer) -> None:
    """ValidationError unless the actor sees the customer; what he writes for it then stays in his scope, too."""
    if not Customer.objects.visible_to(actor).filter(pk=customer.pk).exists():
        raise ValidationError(_("This customer is not yours."), code="customer")


def rep_for(*, actor: User, customer: Customer) -> User:
    """Whose sale it is: a rep's own, else (typed in by the office or a leader) the customer's owner's."""
    if actor.role_code == RoleCode.REP or customer.owner is None:
        return actor
    return customer.owner


def lock_order(order: SalesOrder) -> None:
    """Hold the order until the transaction ends and bring the caller's object up to date: whoever comes with an old
    one decides about what stands in the database. Before the customer's lock, as everywhere."""
    fresh = SalesOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
    for field in SalesOrder._meta.concrete_fields:
        setattr(order, field.attname, getattr(fresh, field.attname))


def lock_customer(customer_id: int) -> None:
    """Hold the customer's row until the transaction ends: whoever writes or recomputes its last order or sale.

    crm.record_event alone does not wait when the date is already there, and a cancellation running at the same
    time, which does not see our order yet, would then take the date away for good.
    """
    Customer.objects.select_for_update(no_key=True).only("pk").get(pk=customer_id)
