"""What a person sets against bills by hand: chosen amounts, released and set anew, prepayments used (domain-rules §6)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from common.money import round_money
from crm.models import Customer
from sales.enums import PostingStatus
from sales.models import Allocation, Bill
from sales.services import billing, common
from sales.services.billing import Source


@transaction.atomic
def allocate_by_hand(*, actor: User, source: Source, wanted: Mapping[int, Decimal]) -> Decimal:
    """Make `wanted` (CNY by bill id) all that a receipt or credit is set against; returns what is left of it.

    What stands and differs is released first; a bill that is not named keeps nothing. ValidationError as for
    `billing.allocate_to`, and then nothing has changed.
    """
    common.lock_customer(source.customer_id)
    if type(source)._default_manager.get(pk=source.pk).status != PostingStatus.POSTED:
        raise ValidationError(
            _("%(number)s has been reversed already.") % {"number": source.number}, code="state"
        )
    today = business_calendar.today()
    amounts = {pk: _checked(amount) for pk, amount in wanted.items()}
    standing: dict[int, list[Allocation]] = {}
    for row in source.allocations.filter(released_on__isnull=True).select_related("bill").order_by("pk"):
        standing.setdefault(row.bill_id, []).append(row)
    changed = [pk for pk in sorted({*standing, *amounts}) if _sum(standing.get(pk, [])) != amounts.get(pk, 0)]
    for pk in changed:
        for allocation in standing.get(pk, []):
            billing.release(actor=actor, allocation=allocation, day=today)
    bills = Bill.objects.in_bulk([pk for pk in changed if amounts.get(pk)])
    for pk in changed:
        if amount := amounts.get(pk):
            if pk not in bills:
                raise ValidationError(_("The bill is another customer's."), code="customer")
            billing.allocate_to(actor=actor, source=source, bill=bills[pk], amount=amount, day=today)
    source.refresh_from_db(fields=["used", "refunded", "status"])
    left: Decimal = source.amount - source.used
    return left


@transaction.atomic
def allocate_oldest_first(*, actor: User, source: Source) -> Decimal:
    """Release what a receipt or credit is set against and set it against the oldest due bills; returns what is left."""
    today = business_calendar.today()
    billing.release_source(actor=actor, source=source, day=today)
    billing.allocate_oldest(actor=actor, source=source, day=today)
    source.refresh_from_db(fields=["used", "refunded", "status"])
    left: Decimal = source.amount - source.used
    return left


@transaction.atomic
def release_allocation(*, actor: User, allocation: Allocation) -> None:
    """Take one allocation back: the bill is open by it again, the money is free. ValidationError when it is already."""
    billing.release(actor=actor, allocation=allocation, day=business_calendar.today())


@transaction.atomic
def offset_customer(*, actor: User, customer: Customer) -> Decimal:
    """Set a customer's prepayments and credits against its open bills, oldest due first; returns the CNY used."""
    return billing.use_what_is_free(actor=actor, customer_id=customer.pk, day=business_calendar.today())


def _checked(amount: Decimal) -> Decimal:
    if not amount.is_finite() or amount < 0:
        raise ValidationError(_("%(value)s is not a possible amount.") % {"value": amount}, code="number")
    return round_money(amount)


def _sum(rows: list[Allocation]) -> Decimal:
    return sum((row.amount for row in rows), Decimal(0))
