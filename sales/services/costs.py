"""Money spent for a customer or an order (费用)."""

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
from sales.enums import CostKind
from sales.models import CostEntry, SalesOrder
from sales.services import common
from sales.services.amounts import checked_amount
from sales.services.hand_over import hand_over


@transaction.atomic
def record_cost(
    *,
    actor: User,
    customer: Customer,
    kind: str,
    amount: Decimal,
    spent_on: dt.date | None = None,
    order: SalesOrder | None = None,
    note: str = "",
    client_uuid: uuid.UUID | None = None,
) -> CostEntry:
    """Book money spent, in CNY; it lessens the margin of the customer, and of `order` when it was for one.

    The same `client_uuid` makes one entry. ValidationError for a customer out of scope, an order of another one, an
    unknown kind, an amount or day that cannot be.
    """
    day = common.business_date(spent_on)
    if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
        return known
    common.check_customer(actor=actor, customer=customer)
    amount = checked_amount(amount)
    if kind not in CostKind.values:
        raise ValidationError(_("Choose what the money was spent for."), code="kind")
    if order is not None and order.customer_id != customer.pk:
        raise ValidationError(_("The order is another customer's."), code="order")
    common.lock_customer(customer.pk)
    try:
        with transaction.atomic():
            cost = CostEntry.objects.create(
                number=common.next_number(prefix="FY", day=day),
                kind=kind,
                customer=customer,
                order=order,
                rep=common.rep_for(actor=actor, customer=customer),
                spent_on=day,
                amount=amount,
                note=note.strip()[:300],
                client_uuid=client_uuid,
                created_by=actor,
            )
    except IntegrityError:
        if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
            return known
        raise
    hand_over(slip=cost)
    return cost


@transaction.atomic
def reverse_cost(*, actor: User, cost: CostEntry, reason: str = "") -> CostEntry:
    """Take a cost back; ValidationError when it is already."""
    day = max(business_calendar.today(), cost.spent_on)
    common.reverse_posting(actor=actor, slip=cost, reason=reason, day=day)
    hand_over(slip=cost)
    return cost


def _made_before(*, actor: User, client_uuid: uuid.UUID) -> CostEntry | None:
    cost = CostEntry.objects.filter(client_uuid=client_uuid).first()
    if cost is not None and cost.created_by_id != actor.pk:
        raise ValidationError(_("This cost was sent by somebody else."), code="client_uuid")
    return cost
