"""Money paid back to customers (退款): from a prepayment or from the credit of a return."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from sales.enums import PaymentMethod
from sales.models import Receipt, Refund, SalesReturn
from sales.services import billing, common
from sales.services.amounts import checked_amount
from sales.services.billing import Source
from sales.services.hand_over import hand_over


@transaction.atomic
def pay_refund(
    *,
    actor: User,
    source: Source,
    amount: Decimal,
    method: str,
    refunded_on: dt.date | None = None,
    note: str = "",
    client_uuid: uuid.UUID | None = None,
) -> Refund:
    """Pay back a free part of a receipt or of a return's credit, in CNY. The same `client_uuid` makes one refund.

    ValidationError for a customer out of scope, more than is free, a reversed source, an unknown way of paying, a
    day in the future or before the money was free.
    """
    day = common.business_date(refunded_on)
    if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
        return known
    common.check_customer(actor=actor, customer=source.customer)
    amount = checked_amount(amount)
    if method not in PaymentMethod.values:
        raise ValidationError(_("Choose how the money was paid back."), code="method")
    common.lock_customer(source.customer_id)
    try:
        with transaction.atomic():
            refund = Refund.objects.create(
                number=common.next_number(prefix="TK", day=day),
                customer_id=source.customer_id,
                rep_id=source.rep_id,
                receipt=source if isinstance(source, Receipt) else None,
                sales_return=source if isinstance(source, SalesReturn) else None,
                refunded_on=day,
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
    billing.pay_back(source=source, amount=amount, day=day)
    hand_over(slip=refund)
    return refund


@transaction.atomic
def reverse_refund(*, actor: User, refund: Refund, reason: str = "") -> Refund:
    """Take a refund back: the money is the customer's again and pays its open bills. ValidationError when it is already."""
    common.lock_customer(refund.customer_id)
    today = business_calendar.today()
    common.reverse_posting(actor=actor, slip=refund, reason=reason, day=max(today, refund.refunded_on))
    source: Source | None = refund.receipt or refund.sales_return
    assert source is not None  # the database holds that there is one
    billing.take_back(source=source, amount=refund.amount)
    billing.use_what_is_free(actor=actor, customer_id=refund.customer_id, day=today)
    hand_over(slip=refund)
    return refund


def _made_before(*, actor: User, client_uuid: uuid.UUID) -> Refund | None:
    refund = Refund.objects.filter(client_uuid=client_uuid).first()
    if refund is not None and refund.created_by_id != actor.pk:
        raise ValidationError(_("This refund was sent by somebody else."), code="client_uuid")
    return refund
