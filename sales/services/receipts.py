"""Money received from customers."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from crm.models import Customer
from sales import signals
from sales.enums import PaymentMethod, PostingStatus
from sales.models import Receipt, SalesOrder
from sales.services import billing, common
from sales.services.amounts import checked_amount
from sales.services.hand_over import hand_over


@transaction.atomic
def record_receipt(
    *,
    actor: User,
    customer: Customer,
    amount: Decimal,
    method: str,
    received_on: dt.date | None = None,
    note: str = "",
    client_uuid: uuid.UUID | None = None,
    order: SalesOrder | None = None,
    allocate: bool = True,
) -> Receipt:
    """Book money received, in CNY, and set it against the oldest due bills (`allocate`; else it stays a prepayment).

    `order` is the one it was paid for: its bills are paid first, and what is left waits for the next one. The same
    `client_uuid` again gives the receipt it made the first time, also when both come at once.

    Raises ValidationError for a customer out of scope, an amount that is not positive or absurd, an unknown way
    of paying, a future date.
    """
    day = common.business_date(received_on)
    if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
        return known
    common.check_customer(actor=actor, customer=customer)
    amount = checked_amount(amount)
    if order is not None and order.customer_id != customer.pk:
        raise ValidationError(_("The order is another customer's."), code="order")
    if method not in PaymentMethod.values:
        raise ValidationError(_("Choose how the customer paid."), code="method")
    # The customer before the number: whoever sells holds the customer already when it takes a number for the money.
    common.lock_customer(customer.pk)
    try:
        with transaction.atomic():
            receipt = Receipt.objects.create(
                number=common.next_number(prefix="SK", day=day),
                customer=customer,
                rep=common.rep_for(actor=actor, customer=customer),
                received_on=day,
                amount=amount,
                method=method,
                order=order,
                note=note.strip()[:300],
                client_uuid=client_uuid,
                created_by=actor,
            )
    except IntegrityError:
        if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
            return known
        raise
    if allocate:
        billing.allocate_oldest(actor=actor, source=receipt, day=day)
    hand_over(slip=receipt)
    signals.receipt_recorded.send(sender=Receipt, receipt=receipt)
    return receipt


@transaction.atomic
def reverse_receipt(*, actor: User, receipt: Receipt, reason: str = "") -> Receipt:
    """Take a receipt back: the money is owed again, unless other free money of the customer pays it.

    ValidationError when it is reversed already, or a part of it was paid back.
    """
    common.lock_customer(receipt.customer_id)
    if receipt.refunds.filter(status=PostingStatus.POSTED).exists():
        raise ValidationError(
            _("A part of %(number)s was paid back. Reverse the refund first.") % {"number": receipt.number},
            code="state",
        )
    today = business_calendar.today()
    billing.release_source(actor=actor, source=receipt, day=today)
    common.reverse_posting(actor=actor, slip=receipt, reason=reason, day=max(today, receipt.received_on))
    billing.use_what_is_free(actor=actor, customer_id=receipt.customer_id, day=today)
    hand_over(slip=receipt)
    signals.receipt_reversed.send(sender=Receipt, receipt=receipt)
    return receipt


def _made_before(*, actor: User, client_uuid: uuid.UUID) -> Receipt | None:
    receipt = Receipt.objects.filter(client_uuid=client_uuid).first()
    if receipt is not None and receipt.created_by_id != actor.pk:
        raise ValidationError(_("This receipt was sent by somebody else."), code="client_uuid")
    return receipt
