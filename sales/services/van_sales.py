"""Selling from a van (车销): goods, bill and money in one transaction; and delivering orders from it (访销配送).

A van sale is a Delivery without an order. A van never sells what it has not: the ledger's balances hold that under any
concurrency.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import SystemOptions, User
from crm.models import Customer
from sales import rules
from sales.enums import LocationKind, PostingStatus
from sales.models import (
    Delivery,
    DeliveryLine,
    Receipt,
    SalesOrder,
    StockBalance,
    StockLocation,
)
from sales.queries import prices
from sales.queries.credit import credit_of
from sales.rules import LineInput
from sales.rules.credit import Sold, floor_refusals
from sales.services import billing, common
from sales.services.deliveries import deliver_order, post_delivery
from sales.services.lines import CheckedLine, check_share, check_total
from sales.services.order_lines import gift_refusals
from sales.services.priced_lines import PricedLine, price_lines
from sales.services.receipts import record_receipt

# The receipt of a sale has an id of its own that follows from the sale's: sending the sale again finds it, too.
_RECEIPT = uuid.UUID("7d0cbb62-35a6-4e2e-9a3c-6a8e4f1e0f5d")


@dataclass(frozen=True, slots=True)
class Payment:
    """What the customer pays at once, in CNY; without an amount the whole sum of the slip."""

    amount: Decimal | None
    method: str

    def of(self, total: Decimal) -> Decimal:
        return total if self.amount is None else self.amount


def van_of(user: User) -> StockLocation | None:
    """The van that the user drives."""
    van: StockLocation | None = (
        StockLocation.objects.active().filter(kind=LocationKind.VAN, rep=user).select_related("rep").first()
    )
    return van


@transaction.atomic
def sell_from_van(
    *,
    actor: User,
    customer: Customer,
    lines: Sequence[LineInput],
    discount: Decimal = Decimal(0),
    payment: Payment | None = None,
    with_gifts: bool = True,
    note: str = "",
    sold_on: dt.date | None = None,
    client_uuid: uuid.UUID | None = None,
) -> Delivery:
    """Sell goods of the actor's van: they are the customer's, owed for, and paid as far as `payment` goes.

    A line without a price takes the customer's (sales.queries.prices); gifts come along as far as the van has them,
    unless the lines name gifts themselves or `with_gifts` is false.
    The same `client_uuid` again gives the sale it made the first time, with its receipt. ValidationError when the
    actor has no van, the van has not the goods, a price is below the floor, the credit limit is passed, or the van's
    day is settled: then nothing is written.
    """
    day = common.business_date(sold_on)
    if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
        return known
    common.check_customer(actor=actor, customer=customer)
    van = _own_van(actor)
    rows = _rows(customer=customer, lines=lines, day=day)
    delivery = Delivery(
        customer=customer,
        rep=actor,
        issued_on=day,
        due_on=billing.due_on(customer_id=customer.pk, day=day),
        location=van,
        discount=check_share(discount),
        note=note.strip()[:300],
        client_uuid=client_uuid,
        created_by=actor,
    )
    delivery.amount = check_total([row.line.amount for row in rows], delivery.discount)
    common.lock_customer(customer.pk)  # before the number: see record_receipt
    try:
        with transaction.atomic():
            delivery.number = common.next_number(prefix="CK", day=day)
            delivery.save(force_insert=True)
    except IntegrityError:
        if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
            return known
        raise
    _check_terms(
        actor=actor, delivery=delivery, rows=rows, paid=payment.of(delivery.amount) if payment else Decimal(0)
    )
    if with_gifts and not any(row.is_gift for row in rows):
        rows += _gifts(customer=customer, van=van, rows=rows, day=day)
    _write_lines(delivery, rows)
    post_delivery(actor=actor, delivery=delivery)
    if payment is not None:
        _take_money(actor=actor, delivery=delivery, payment=payment, day=day)
    return delivery


def receipt_of(delivery: Delivery) -> Receipt | None:
    """The receipt that was made together with the sale."""
    if delivery.client_uuid is None:
        return None
    return Receipt.objects.filter(client_uuid=_receipt_uuid(delivery.client_uuid)).first()


@transaction.atomic
def deliver_from_van(
    *,
    actor: User,
    order: SalesOrder,
    quantities: Mapping[int, Decimal] | None = None,
    payment: Payment | None = None,
) -> Delivery:
    """Deliver goods of an approved order that the actor brought along in his van, and take what is paid for them."""
    common.check_customer(actor=actor, customer=order.customer)
    delivery = deliver_order(actor=actor, order=order, quantities=quantities, location=_own_van(actor))
    if payment is not None:
        _take_money(actor=actor, delivery=delivery, payment=payment, day=delivery.issued_on)
    return delivery


def _own_van(actor: User) -> StockLocation:
    van = van_of(actor)
    if van is None:
        raise ValidationError(_("You have no van. The office assigns one under stock locations."), code="van")
    return van


def _made_before(*, actor: User, client_uuid: uuid.UUID) -> Delivery | None:
    delivery = Delivery.objects.filter(client_uuid=client_uuid).first()
    if delivery is not None and delivery.created_by_id != actor.pk:
        raise ValidationError(_("This sale was sent by somebody else."), code="client_uuid")
    return delivery


# --- lines
def _rows(*, customer: Customer, lines: Sequence[LineInput], day: dt.date) -> list[PricedLine]:
    if not lines:
        raise ValidationError(_("There is nothing to sell."), code="empty")
    return price_lines(customer=customer, lines=lines, day=day)


def _sums(rows: Sequence[PricedLine]) -> dict[int, Decimal]:
    sums: dict[int, Decimal] = {}
    for row in rows:
        sums[row.line.product.pk] = sums.get(row.line.product.pk, Decimal(0)) + row.line.quantity
    return sums


def _gifts(
    *, customer: Customer, van: StockLocation, rows: Sequence[PricedLine], day: dt.date
) -> list[PricedLine]:
    """What comes for nothing, as far as the van has it once the sold goods are gone."""
    sold = _sums(rows)
    gifts = prices.gifts_for(customer, sold, day)
    on_van = dict(
        StockBalance.objects.filter(
            location=van, product_id__in={gift.product.pk for gift in gifts}
        ).values_list("product_id", "quantity")
    )
    added = []
    for position, gift in enumerate(gifts, start=len(rows) + 1):
        left = on_van.get(gift.product.pk, Decimal(0)) - sold.get(gift.product.pk, Decimal(0))
        quantity = min(gift.quantity, left)
        if quantity <= 0:
            continue
        on_van[gift.product.pk] = on_van[gift.product.pk] - quantity
        line = CheckedLine(gift.product, position, quantity, Decimal("0.00"), Decimal(0), Decimal("0.00"))
        added.append(PricedLine(line, None, gift.rule.name, is_gift=True))
    return added


def _write_lines(delivery: Delivery, rows: Sequence[PricedLine]) -> None:
    """Each line's amount is its share of what is billed, as of a delivery of an order: they add up to it."""
    weights = [
        rules.Progress(amount=row.line.amount, quantity=row.line.quantity, delivered=row.line.quantity).worth
        for row in rows
    ]
    parts = rules.split_amount(delivery.amount, weights)
    DeliveryLine.objects.bulk_create(
        DeliveryLine(
            delivery=delivery,
            product=row.line.product,
            quantity=row.line.quantity,
            price=row.line.price,
            line_discount=row.line.discount,
            price_reason=row.reason[:120],
            is_gift=row.is_gift,
            amount=part,
            unit_cost=row.line.product.cost,
        )
        for row, part in zip(rows, parts, strict=True)
    )


# --- what nobody may decide alone
def _check_terms(*, actor: User, delivery: Delivery, rows: Sequence[PricedLine], paid: Decimal) -> None:
    """Below a floor price, more gifts than the rules give, or over the credit limit with what is not paid at once: only who may approve it sells.

    An order would wait for a manager; these goods leave now. Under the customer's lock.
    """
    if actor.has_perm("sales.approve_credit"):
        return
    keep = 1 - delivery.discount
    refusals = floor_refusals(
        Sold(
            row.line.product.name,
            row.line.amount * keep / row.line.quantity,
            row.line.product.floor_price,
            row.is_gift,
        )
        for row in rows
    )
    goods = [(row.line.product, row.line.quantity, row.is_gift) for row in rows]
    refusals += gift_refusals(delivery.customer, goods, delivery.issued_on)
    if SystemOptions.load().credit_control:
        credit = credit_of(delivery.customer, delivery.issued_on)
        refusals += filter(None, [credit.refusal(delivery.amount - paid)])
    if refusals:
        raise ValidationError([ValidationError(text, code="credit") for text in refusals])


# --- money
def _receipt_uuid(client_uuid: uuid.UUID) -> uuid.UUID:
    return uuid.uuid5(_RECEIPT, str(client_uuid))


def _take_money(*, actor: User, delivery: Delivery, payment: Payment, day: dt.date) -> None:
    """Receive the payment and set it against this delivery first; what is over pays older bills or stays ahead."""
    if payment.amount is None and not delivery.amount:
        return  # nothing but gifts
    receipt = record_receipt(
        actor=actor,
        customer=delivery.customer,
        amount=payment.of(delivery.amount),
        method=payment.method,
        received_on=day,
        note=_("For %(number)s") % {"number": delivery.number},
        client_uuid=_receipt_uuid(delivery.client_uuid) if delivery.client_uuid else None,
        allocate=False,
    )
    for bill in delivery.bills.filter(status=PostingStatus.POSTED).order_by("position"):
        part = min(bill.open_amount, receipt.amount - receipt.used)
        if part > 0:
            billing.allocate_to(actor=actor, source=receipt, bill=bill, amount=part, day=day)
    billing.allocate_oldest(actor=actor, source=receipt, day=day)
