"""What customers owed before they came into these books (期初应收)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from crm.models import Customer
from sales.enums import BillKind
from sales.models import Bill
from sales.services import billing, common
from sales.services.amounts import checked_amount


@transaction.atomic
def open_balance(
    *,
    actor: User,
    customer: Customer,
    amount: Decimal,
    billed_on: dt.date | None = None,
    due_on: dt.date | None = None,
    note: str = "",
) -> Bill:
    """A bill for what a customer owed before; due by the customer's terms unless `due_on` says so.

    Free money of the customer pays it at once. ValidationError for a customer out of scope, an amount that cannot be,
    a bill date that has not come yet, a due date before it.
    """
    day = common.business_date(billed_on)
    common.check_customer(actor=actor, customer=customer)
    due = due_on or billing.due_on(customer_id=customer.pk, day=day)
    if due < day:
        raise ValidationError(_("It cannot be due before it was billed."), code="due_on")
    amount = checked_amount(amount)
    common.lock_customer(customer.pk)
    bill = Bill.objects.create(
        kind=BillKind.OPENING,
        customer=customer,
        rep=customer.owner or actor,
        billed_on=day,
        due_on=due,
        amount=amount,
        note=note.strip()[:200],
        created_by=actor,
    )
    billing.use_what_is_free(actor=actor, customer_id=customer.pk, day=day)
    bill.refresh_from_db(fields=["settled"])
    return bill


@transaction.atomic
def reverse_opening(*, actor: User, bill: Bill, reason: str) -> Bill:
    """Take an opening balance back; its money is free again. Bills of deliveries and orders follow their slips."""
    if bill.kind != BillKind.OPENING:
        raise ValidationError(
            _("This bill belongs to a delivery or an order: reverse the delivery or cancel the order."),
            code="kind",
        )
    common.lock_customer(bill.customer_id)
    fresh = Bill.objects.get(pk=bill.pk)
    if fresh.status != "posted":
        raise ValidationError(_("This bill has been reversed already."), code="state")
    billing.reverse_bills(actor=actor, bills=[fresh], day=business_calendar.today(), reason=reason)
    common.audit(
        actor=actor, row=fresh, changes={"status": ["posted", "reversed"], "reversal_reason": ["", reason]}
    )
    bill.refresh_from_db()
    return bill
