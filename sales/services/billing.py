"""Bills, and what is set against them (domain-rules §6). Every CNY of a receipt or credit is used once.

The sums on the rows (`settled` of a bill, `used` of a receipt or credit) are written under lock together with the allocations they
sum up; constraints keep each between 0 and its amount. The customer's row is locked first, so that two people who
allocate for one customer take turns.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import BillingBasis
from accounts.models import SystemOptions, User
from sales.enums import BillKind, OrderStatus, PostingStatus
from sales.models import (
    Allocation,
    Bill,
    CustomerTerms,
    Delivery,
    PaymentInstalment,
    Receipt,
    SalesOrder,
    SalesReturn,
)
from sales.rules.bills import Instalment, allocate, reached
from sales.services.common import lock_customer

Source = Receipt | SalesReturn

# An order of which something may still be delivered or billed.
_RUNNING = (OrderStatus.DRAFT, OrderStatus.SUBMITTED, OrderStatus.APPROVED, OrderStatus.PARTLY_DELIVERED)


# --- bills
def due_on(*, customer_id: int, day: dt.date) -> dt.date:
    """The day by which something billed on `day` is to be paid: the customer's own terms, else the company's."""
    days = (
        CustomerTerms.objects.filter(customer_id=customer_id).values_list("payment_days", flat=True).first()
    )
    return day + dt.timedelta(days=SystemOptions.load().payment_days if days is None else days)


def bill_delivery(*, actor: User | None, delivery: Delivery, day: dt.date | None = None) -> list[Bill]:
    """Bill what a delivery is worth, unless billing follows the approval of orders and this delivery has one.

    Prepayments and unused credits of the customer pay it at once. Nothing is billed twice. The bill has the delivery's
    date, or `day` when it is cut anew later.
    """
    order = delivery.order
    if delivery.is_history or not delivery.amount or (order is not None and _billed_by_approval(order)):
        return []
    return _write_bills(
        actor=actor,
        slip=delivery,
        order=order,
        amount=delivery.amount,
        due=delivery.due_on,
        kind=BillKind.DELIVERY,
        delivery=delivery,
        billed_on=day or delivery.issued_on,
    )


def bill_order(*, actor: User | None, order: SalesOrder, day: dt.date) -> list[Bill]:
    """Bill an order when it is approved, if that is what the company bills; else nothing."""
    if SystemOptions.load().billing_basis != BillingBasis.APPROVAL or not order.total:
        return []
    return _bill_whole_order(actor=actor, order=order, day=day)


def _bill_whole_order(*, actor: User | None, order: SalesOrder, day: dt.date) -> list[Bill]:
    return _write_bills(
        actor=actor,
        slip=order,
        order=order,
        amount=order.total,
        due=due_on(customer_id=order.customer_id, day=day),
        kind=BillKind.ORDER,
        billed_on=day,
    )


def bill_anew(*, actor: User | None, order: SalesOrder, day: dt.date) -> None:
    """Cut the bills of an order once more, as of `day`: its payment plan is another one now. The sum stays."""
    lock_customer(order.customer_id)
    bills = list(order.bills.filter(status=PostingStatus.POSTED))
    by_approval = any(bill.kind == BillKind.ORDER for bill in bills)
    _reverse(actor=actor, bills=bills, day=day, reason=_("Billed anew by another payment plan"))
    if by_approval:
        _bill_whole_order(actor=actor, order=order, day=day)
    elif bills:
        _bill_deliveries(actor=actor, order=order, day=day)


def bill_short(*, actor: User | None, order: SalesOrder, day: dt.date) -> None:
    """An order that was billed when it was approved ends with a rest: what came is owed, what will not come is not."""
    bills = list(order.bills.filter(kind=BillKind.ORDER, status=PostingStatus.POSTED))
    came = _sum(order.deliveries.posted())
    if bills and sum((bill.amount for bill in bills), Decimal(0)) != came:
        lock_customer(order.customer_id)
        _reverse(actor=actor, bills=bills, day=day, reason=_("The order was closed before all had come"))
        _bill_deliveries(actor=actor, order=order, day=day)
    use_what_is_free(actor=actor, customer_id=order.customer_id, day=day)


def _bill_deliveries(*, actor: User | None, order: SalesOrder, day: dt.date) -> None:
    for delivery in order.deliveries.posted().select_related("order").order_by("issued_on", "pk"):
        bill_delivery(actor=actor, delivery=delivery, day=day)


def reverse_bills(*, actor: User | None, bills: Sequence[Bill], day: dt.date, reason: str = "") -> None:
    """Posted → reversed: what was set against them is free again and pays the customer's other open bills."""
    customer_ids = sorted({bill.customer_id for bill in bills})
    for customer_id in customer_ids:
        lock_customer(customer_id)
    _reverse(actor=actor, bills=bills, day=day, reason=reason)
    for customer_id in customer_ids:
        use_what_is_free(actor=actor, customer_id=customer_id, day=day)


def _reverse(*, actor: User | None, bills: Sequence[Bill], day: dt.date, reason: str) -> None:
    for bill in Bill.objects.select_for_update().filter(pk__in=[b.pk for b in bills]).order_by("pk"):
        if bill.status != PostingStatus.POSTED:
            continue
        for allocation in bill.allocations.filter(released_on__isnull=True).order_by("pk"):
            _release(actor=actor, allocation=allocation, day=day)
        Bill.objects.filter(pk=bill.pk, status=PostingStatus.POSTED).update(
            status=PostingStatus.REVERSED,
            reversed_on=max(day, bill.billed_on),
            reversal_reason=reason.strip()[:200],
        )


def _write_bills(
    *,
    actor: User | None,
    slip: Delivery | SalesOrder,
    order: SalesOrder | None,
    amount: Decimal,
    due: dt.date,
    **columns: Any,
) -> list[Bill]:
    """A bill for each part of the order's payment plan that `amount` reaches; free money pays them at once."""
    plan, billed = (_plan(order), _billed(order)) if order is not None else ([], {})
    written = Bill.objects.bulk_create(
        Bill(
            customer_id=slip.customer_id,
            rep_id=slip.rep_id,
            order=order,
            position=part.position,
            due_on=part.due_on,
            amount=part.amount,
            created_by=actor,
            **columns,
        )
        for part in reached(plan, billed=billed, amount=amount, due_on=due)
    )
    use_what_is_free(actor=actor, customer_id=slip.customer_id, day=columns["billed_on"])
    return written


def _billed_by_approval(order: SalesOrder) -> bool:
    return Bill.objects.filter(order=order, kind=BillKind.ORDER, status=PostingStatus.POSTED).exists()


def _plan(order: SalesOrder) -> list[Instalment]:
    rows = PaymentInstalment.objects.filter(order=order).order_by("position")
    return [Instalment(row.position, row.due_on, row.amount) for row in rows]


def _billed(order: SalesOrder) -> dict[int, Decimal]:
    """What is billed of each instalment, by position."""
    billed: dict[int, Decimal] = {}
    rows = Bill.objects.filter(order=order, status=PostingStatus.POSTED)
    for position, amount in rows.values_list("position", "amount"):
        billed[position] = billed.get(position, Decimal(0)) + amount
    return billed


def _sum(rows: QuerySet[Any]) -> Decimal:
    return sum((amount for amount in rows.values_list("amount", flat=True)), Decimal(0))


# --- what is set against them
def use_what_is_free(*, actor: User | None, customer_id: int, day: dt.date) -> Decimal:
    """Set the customer's free credits and prepayments against its open bills, oldest due first; returns the CNY used.

    Credits of returns go first, then money paid for an order, then other money, each in the order in which it came.
    """
    lock_customer(customer_id)
    used = Decimal(0)
    for source in free_sources(customer_id):
        used += allocate_oldest(actor=actor, source=source, day=day)
    return used


def free_sources(customer_id: int) -> list[Source]:
    """Returns and receipts of which something is not used yet, in the order in which they are used."""
    free = {"customer_id": customer_id, "status": PostingStatus.POSTED, "amount__gt": F("used")}
    receipts = Receipt.objects.filter(**free).order_by(
        F("order_id").asc(nulls_last=True), "received_on", "pk"
    )
    return [*SalesReturn.objects.filter(**free).order_by("returned_on", "pk"), *receipts]


def allocate_oldest(*, actor: User | None, source: Source, day: dt.date) -> Decimal:
    """Set what is free of a receipt or credit against the customer's open bills, oldest due first; returns the CNY.

    A receipt that names its order pays the bills of that order first; what is left waits as long as something of the
    order is still to be billed, and pays other bills only then.
    """
    lock_customer(source.customer_id)
    fresh = _lock_source(source)
    free = _free(fresh)
    if free <= 0:
        return Decimal(0)
    bills = _payable(fresh)
    parts = allocate(free, [bill.open_amount for bill in bills])
    for bill, part in zip(bills, parts, strict=True):
        if part > 0:
            _set_against(actor=actor, bill=bill, source=fresh, amount=part, day=day)
    source.used = fresh.used
    return sum(parts, Decimal(0))


def _payable(source: Source) -> list[Bill]:
    """Open bills that this money pays by itself, locked, in the order in which it pays them."""
    rows = Bill.objects.open().filter(customer_id=source.customer_id)
    own = source.order if isinstance(source, Receipt) else None
    if own is not None and own.status in _RUNNING and sum(_billed(own).values(), Decimal(0)) < own.total:
        rows = rows.filter(order=own)
    bills = list(rows.select_for_update().order_by("pk"))
    return sorted(bills, key=lambda bill: (own is not None and bill.order_id != own.pk, bill.due_on, bill.pk))


def allocate_to(
    *, actor: User | None, source: Source, bill: Bill, amount: Decimal, day: dt.date
) -> Allocation:
    """Set a part of a receipt or credit against one chosen bill of the same customer.

    ValidationError when the bill is another customer's, is reversed, or less is open or free than `amount`.
    """
    lock_customer(source.customer_id)
    fresh = _lock_source(source)
    row = Bill.objects.select_for_update().get(pk=bill.pk)
    if row.customer_id != fresh.customer_id:
        raise ValidationError(_("The bill is another customer's."), code="customer")
    if amount <= 0:
        raise ValidationError(_("The amount must be more than 0."), code="amount")
    if amount > row.open_amount:
        raise ValidationError(
            _("Only %(open)s of this bill is open."), params={"open": row.open_amount}, code="amount"
        )
    if amount > _free(fresh):
        raise ValidationError(
            _("Only %(free)s of %(number)s is free."),
            params={"free": _free(fresh), "number": fresh.number},
            code="amount",
        )
    return _set_against(actor=actor, bill=row, source=fresh, amount=amount, day=day)


def release(*, actor: User | None, allocation: Allocation, day: dt.date) -> None:
    """Take an allocation back; ValidationError when it is released already."""
    lock_customer(allocation.bill.customer_id)
    _release(actor=actor, allocation=allocation, day=day)


def release_source(*, actor: User | None, source: Source, day: dt.date) -> None:
    """Take back all that stands of a receipt or credit: before it is reversed."""
    lock_customer(source.customer_id)
    for allocation in source.allocations.filter(released_on__isnull=True).order_by("pk"):
        _release(actor=actor, allocation=allocation, day=day)


def pay_back(*, source: Source, amount: Decimal, day: dt.date) -> None:
    """Book what is paid back of a receipt or credit; ValidationError when less is free, or was not free by `day`."""
    lock_customer(source.customer_id)
    fresh = _lock_source(source)
    if amount > _free(fresh):
        raise ValidationError(
            _("Only %(free)s of %(number)s is free."),
            params={"free": _free(fresh), "number": fresh.number},
            code="amount",
        )
    free_since = _free_since(fresh)
    if day < free_since:
        raise ValidationError(
            _("%(number)s was free only on %(day)s."),
            params={"number": fresh.number, "day": free_since.isoformat()},
            code="date",
        )
    _book(fresh, used=amount, refunded=amount)


def take_back(*, source: Source, amount: Decimal) -> None:
    """Undo `pay_back`: the money is the customer's again."""
    lock_customer(source.customer_id)
    _book(_lock_source(source), used=-amount, refunded=-amount)


def _set_against(
    *, actor: User | None, bill: Bill, source: Source, amount: Decimal, day: dt.date
) -> Allocation:
    """Write one allocation and both sums it changes; the UPDATEs name the sums they start from."""
    _book(bill, settled=amount)
    _book(source, used=amount)
    key = "receipt" if isinstance(source, Receipt) else "sales_return"
    # As of no day was more set against a bill than it is worth, or more of a receipt used than came.
    made_on = max(day, bill.billed_on, _free_since(source), _last_release(bill.allocations.all()) or day)
    return Allocation.objects.create(
        bill=bill, amount=amount, made_on=made_on, created_by=actor, **{key: source}
    )


def _free_since(source: Source) -> dt.date:
    """The first day on which what is free now may be used: when it came, was released or taken back."""
    came = source.received_on if isinstance(source, Receipt) else source.returned_on
    taken_back = source.refunds.aggregate(last=Max("reversed_on"))["last"]
    return max(came, _last_release(source.allocations.all()) or came, taken_back or came)


def _last_release(allocations: QuerySet[Allocation]) -> dt.date | None:
    last: dt.date | None = allocations.aggregate(last=Max("released_on"))["last"]
    return last


def _release(*, actor: User | None, allocation: Allocation, day: dt.date) -> None:
    changed = Allocation.objects.filter(pk=allocation.pk, released_on__isnull=True).update(
        released_on=max(day, allocation.made_on), released_by=actor, released_at=timezone.now()
    )
    if changed != 1:
        raise ValidationError(_("This allocation has been released already."), code="state")
    _book(Bill.objects.select_for_update().get(pk=allocation.bill_id), settled=-allocation.amount)
    source: Source | None = allocation.receipt or allocation.sales_return
    assert source is not None  # the database holds that there is one
    _book(_lock_source(source), used=-allocation.amount)


def _book(row: Bill | Source, **changes: Decimal) -> None:
    """Add to sums of a row; new values are written, because SQLite adds floats, where the old ones still stand."""
    old = {column: getattr(row, column) for column in changes}
    new = {column: old[column] + change for column, change in changes.items()}
    if type(row)._default_manager.filter(pk=row.pk, **old).update(**new) != 1:
        raise ValidationError(_("Somebody else has just changed this. Look at it again."), code="state")
    for column, value in new.items():
        setattr(row, column, value)


def _lock_source(source: Source) -> Source:
    fresh: Source = type(source)._default_manager.select_for_update(of=("self",)).get(pk=source.pk)
    source.used, source.refunded, source.status = fresh.used, fresh.refunded, fresh.status
    return fresh


def _free(source: Source) -> Decimal:
    return source.amount - source.used if source.status == PostingStatus.POSTED else Decimal(0)
