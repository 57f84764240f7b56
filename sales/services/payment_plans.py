"""Payment plans of orders: when which part of the total is to be paid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from common.money import round_money
from common.templatetags.paodian import day as day_text
from common.templatetags.paodian import money
from sales.enums import OrderStatus, PostingStatus
from sales.models import Bill, PaymentInstalment, SalesOrder
from sales.rules.bills import Instalment
from sales.rules.payment_plans import MAX_INSTALMENTS, kept
from sales.services import billing, common


@dataclass(frozen=True, slots=True)
class Part:
    """One instalment as typed: CNY due by a day."""

    due_on: dt.date
    amount: Decimal
    note: str = ""


@transaction.atomic
def set_plan(*, actor: User, order: SalesOrder, parts: Sequence[Part]) -> list[PaymentInstalment]:
    """Replace the payment plan of an order; no parts: without a plan all is due by the customer's terms.

    What is billed already and not paid yet is billed anew by the new plan. Once something is paid, the instalments
    that are billed stay as they are. ValidationError when the order is cancelled or closed, the parts do not add up to
    its total, or days and amounts cannot be.
    """
    fresh = SalesOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if fresh.status in (OrderStatus.CANCELLED, OrderStatus.CLOSED):
        raise ValidationError(
            _("Order %(number)s is “%(status)s”: its payment plan stays as it is.")
            % {"number": fresh.number, "status": fresh.get_status_display()},
            code="state",
        )
    new = _checked(parts, fresh)
    old_rows = list(fresh.instalments.order_by("position"))
    old = [Instalment(row.position, row.due_on, row.amount) for row in old_rows]
    common.lock_customer(fresh.customer_id)
    bills = list(fresh.bills.filter(status=PostingStatus.POSTED))
    is_paid = any(bill.settled for bill in bills)
    if is_paid:
        _check_billed(bills, old, new)
    fresh.instalments.all().delete()
    written = PaymentInstalment.objects.bulk_create(
        PaymentInstalment(
            order=fresh,
            position=row.position,
            due_on=row.due_on,
            amount=row.amount,
            note=part.note.strip()[:120],
        )
        for row, part in zip(new, parts, strict=True)
    )
    if not is_paid and old != new:
        billing.bill_anew(actor=actor, order=fresh, day=business_calendar.today())
    common.audit(actor=actor, row=fresh, changes={"instalments": [_words(old), _words(new)]})
    return written


def _checked(parts: Sequence[Part], order: SalesOrder) -> list[Instalment]:
    if len(parts) > MAX_INSTALMENTS:
        raise ValidationError(
            _("A payment plan has at most %(n)s instalments.") % {"n": MAX_INSTALMENTS}, code="parts"
        )
    rows: list[Instalment] = []
    for position, part in enumerate(parts, start=1):
        if not part.amount.is_finite() or part.amount <= 0:
            raise ValidationError(
                _("Instalment %(n)s: the amount must be more than 0.") % {"n": position}, code="amount"
            )
        if part.due_on < order.ordered_on or (rows and part.due_on < rows[-1].due_on):
            raise ValidationError(
                _("Instalment %(n)s is due before the one before it, or before the order.") % {"n": position},
                code="day",
            )
        rows.append(Instalment(position, part.due_on, round_money(part.amount)))
    total = sum((row.amount for row in rows), Decimal(0))
    if rows and total != order.total:
        raise ValidationError(
            _("The instalments add up to %(sum)s, the order to %(total)s.")
            % {"sum": money(total), "total": money(order.total)},
            code="sum",
        )
    return rows


def _check_billed(bills: Sequence[Bill], old: Sequence[Instalment], new: Sequence[Instalment]) -> None:
    upto = max(bill.position for bill in bills)
    if upto > len(old) or not kept(old, new, upto):
        raise ValidationError(
            _("A part of this order is paid already: the instalments that are billed stay as they are."),
            code="state",
        )


def _words(rows: Sequence[Instalment]) -> str:
    return "; ".join(f"{day_text(row.due_on)} {money(row.amount)}" for row in rows) or "–"
