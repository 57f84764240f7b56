"""Money received from customers."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.money import round_money
from crm.models import Customer
from sales import rules
from sales.enums import PaymentMethod
from sales.models import Receipt
from sales.services import common


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
) -> Receipt:
    """Book money received, in CNY. The same `client_uuid` again gives the receipt it made the first time.

    Raises ValidationError for a customer out of scope, an amount that is not positive or absurd, an unknown way
    of paying, a future date.
    """
    day = common.business_date(received_on)
    if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
        return known
    common.check_customer(actor=actor, customer=customer)
    if not amount.is_finite() or amount > rules.MAX_AMOUNT:
        raise ValidationError(_("%(value)s is not a possible amount.") % {"value": amount}, code="number")
    amount = round_money(amount)
    if amount <= 0:
        raise ValidationError(_("The amount must be more than 0."), code="amount")
    if method not in PaymentMethod.values:
        raise ValidationError(_("Choose how the customer paid."), code="method")
    try:
        with transaction.atomic():
            return Receipt.objects.create(
                number=common.next_number(prefix="SK", day=day),
                customer=customer,
                rep=common.rep_for(actor=actor, customer=customer),
                received_on=day,
                amount=amount,
                method=method,
                note=note.strip()[:300],
                client_uuid=client_uuid,
                created_by=actor,
            )
    except IntegrityError:
        if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
            return known
        raise


@transaction.atomic
def reverse_receipt(*, actor: User, receipt: Receipt) -> Receipt:
    """Take a receipt back: the money is owed again. ValidationError when it is reversed already."""
    common.reverse_posting(actor=actor, slip=receipt)
    return receipt


def _made_before(*, actor: User, client_uuid: uuid.UUID) -> Receipt | None:
    receipt = Receipt.objects.filter(client_uuid=client_uuid).first()
    if receipt is not None and receipt.created_by_id != actor.pk:
        raise ValidationError(_("This receipt was sent by somebody else."), code="client_uuid")
    return receipt
