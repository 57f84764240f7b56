"""Goods issued and taken back: never more than ordered, billed to the cent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from common.money import round_quantity
from crm import services as crm
from sales import rules, signals
from sales.enums import LocationKind, MoveKind, OrderStatus
from sales.models import Delivery, DeliveryLine, OrderLine, SalesOrder, StockLocation
from sales.services import billing, common, ledger
from sales.services.hand_over import hand_over
from sales.services.orders import approve_order


@transaction.atomic
def deliver_order(
    *,
    actor: User,
    order: SalesOrder,
    quantities: Mapping[int, Decimal] | None = None,
    issued_on: dt.date | None = None,
    location: StockLocation | None = None,
) -> Delivery:
    """Issue goods of an approved order: `quantities` by order line id, in the product's unit, or all that is left.

    They leave `location`, a warehouse or a van, or else the warehouse that orders are delivered from.

    The order row is locked (PostgreSQL; SQLite lets one writer in at a time), so two deliveries of one order run
    one after the other and the second sees what the first has taken. Raises ValidationError when the order is not
    approved, nothing is to be delivered, or more than is left.
    """
    day = common.business_date(issued_on)
    # Whoever calls with a stale object delivers what stands in the database.
    _lock(order)
    common.lock_customer(order.customer_id)  # before the number: see record_receipt
    if order.status not in (OrderStatus.APPROVED, OrderStatus.PARTLY_DELIVERED):
        raise ValidationError(
            _("Order %(number)s is “%(status)s”; only an approved order can be delivered.")
            % {"number": order.number, "status": order.get_status_display()},
            code="state",
        )
    lines = list(order.lines.select_related("product"))
    taken = _wanted(lines, quantities)
    billed = order.deliveries.posted().aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    _add_delivered(lines, taken)
    amount = rules.delivery_amount(
        total=order.total, billed=billed, after=[_progress(line) for line in lines]
    )
    delivery = Delivery.objects.create(
        number=common.next_number(prefix="CK", day=day),
        order=order,
        customer_id=order.customer_id,
        rep_id=order.rep_id,
        issued_on=day,
        due_on=billing.due_on(customer_id=order.customer_id, day=day),
        location=location or ledger.default_warehouse(),
        amount=amount,
        created_by=actor,
    )
    _write_lines(delivery, [line for line in lines if line.pk in taken], taken)
    _follow_lines(actor=actor, order=order, lines=lines)
    post_delivery(actor=actor, delivery=delivery)
    return delivery


def post_delivery(*, actor: User, delivery: Delivery) -> None:
    """What a written delivery with its lines brings about: goods leave their place, the customer owes, finance sees it,
    the customer has bought. Inside the caller's transaction; ValidationError when the goods are not there."""
    common.lock_customer(delivery.customer_id)
    assert delivery.location is not None  # only imported history comes from nowhere
    customers = ledger.far_end(LocationKind.CUSTOMER)
    ledger.post_moves(
        actor=actor,
        kind=MoveKind.SALE,
        moves=[
            ledger.Wanted(line.product_id, line.quantity, delivery.location, customers)
            for line in delivery.lines.order_by("pk")
        ],
        moved_on=delivery.issued_on,
        delivery=delivery,
    )
    billing.bill_delivery(actor=actor, delivery=delivery)
    hand_over(slip=delivery)
    crm.record_event(customer_id=delivery.customer_id, kind="sale", day=delivery.issued_on)
    signals.goods_issued.send(sender=Delivery, delivery=delivery)


@transaction.atomic
def approve_and_deliver(*, actor: User, order: SalesOrder, issued_on: dt.date | None = None) -> Delivery:
    """Approve a submitted order and issue all of it, or neither."""
    approve_order(actor=actor, order=order)
    return deliver_order(actor=actor, order=order, issued_on=issued_on)


@transaction.atomic
def reverse_delivery(*, actor: User, delivery: Delivery, reason: str = "") -> Delivery:
    """Take a delivery back as if it had not been: its amount is not owed, its goods can be delivered again.

    A closed order is open again by this; the reason stays on the slip. ValidationError when it is reversed already.
    """
    order = delivery.order
    if order is not None:
        _lock(order)
    # A return of its goods waits here, or has written what came back.
    Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    if delivery.lines.filter(returned__gt=0).exists():
        raise ValidationError(
            _("Goods of %(number)s were returned. Reverse the return first.") % {"number": delivery.number},
            code="state",
        )
    common.reverse_posting(actor=actor, slip=delivery, reason=reason)
    if order is not None:
        given: dict[int, Decimal] = {}
        for line_id, quantity in delivery.lines.values_list("order_line_id", "quantity"):
            if line_id is not None:
                given[line_id] = given.get(line_id, Decimal(0)) - quantity
        lines = list(order.lines.all())
        _add_delivered(lines, given)
        _follow_lines(actor=actor, order=order, lines=lines, back=True)
    common.lock_customer(delivery.customer_id)
    today = business_calendar.today()
    ledger.undo_moves(actor=actor, moved_on=today, delivery=delivery)
    billing.reverse_bills(actor=actor, bills=list(delivery.bills.all()), day=today)
    hand_over(slip=delivery)
    _restore_last_sale(customer_id=delivery.customer_id)
    signals.delivery_reversed.send(sender=Delivery, delivery=delivery)
    return delivery


def _lock(order: SalesOrder) -> None:
    """Hold the order until the transaction ends and bring the caller's object up to date."""
    fresh = SalesOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
    order.status, order.total, order.discount = fresh.status, fresh.total, fresh.discount


def _wanted(lines: list[OrderLine], quantities: Mapping[int, Decimal] | None) -> dict[int, Decimal]:
    """Quantity to deliver by line id, checked against what is left."""
    left = {line.pk: line.quantity - line.delivered for line in lines}
    if quantities is None:
        taken = {pk: rest for pk, rest in left.items() if rest > 0}
    else:
        if not set(quantities) <= set(left):
            raise ValidationError(_("The delivery names a line of another order."), code="line")
        taken = {pk: _round(quantity) for pk, quantity in quantities.items() if quantity != 0}
    if not taken:
        raise ValidationError(_("There is nothing to deliver."), code="empty")
    for line in lines:
        quantity = taken.get(line.pk)
        if quantity is not None and not 0 < quantity <= left[line.pk]:
            raise ValidationError(
                _("%(product)s: %(left)s %(unit)s are left to deliver, not %(quantity)s.")
                % {
                    "product": line.product,
                    "left": f"{left[line.pk]:f}".rstrip("0").rstrip("."),
                    "unit": line.product.unit,
                    "quantity": quantity,
                },
                code="quantity",
            )
    return taken


def _round(quantity: Decimal) -> Decimal:
    if not quantity.is_finite() or abs(quantity) > rules.MAX_QUANTITY:
        raise ValidationError(_("%(value)s is not a possible number.") % {"value": quantity}, code="number")
    return round_quantity(quantity)


def _add_delivered(lines: list[OrderLine], changes: Mapping[int, Decimal]) -> None:
    """Book the quantities on the order lines.

    Each UPDATE names the value it starts from, so it can only hit what was read, lock or no lock; an F() sum would
    add floats on SQLite and drift away from the quantity.
    """
    for line in lines:
        if line.pk not in changes:
            continue
        new = line.delivered + changes[line.pk]
        changed = OrderLine.objects.filter(pk=line.pk, delivered=line.delivered).update(delivered=new)
        if changed != 1:
            raise ValidationError(
                _("Somebody else has just delivered from this order. Look at it again."), code="state"
            )
        line.delivered = new


def _follow_lines(*, actor: User, order: SalesOrder, lines: list[OrderLine], back: bool = False) -> None:
    """Bring the order's status in line with what is delivered."""
    status = rules.status_by_delivered((line.quantity, line.delivered) for line in lines)
    if status != order.status:
        common.move(actor=actor, order=order, to=status, back=back)


def _progress(line: OrderLine) -> rules.Progress:
    return rules.Progress(amount=line.amount, quantity=line.quantity, delivered=line.delivered)


def _write_lines(delivery: Delivery, lines: list[OrderLine], taken: Mapping[int, Decimal]) -> None:
    weights = [
        rules.Progress(amount=line.amount, quantity=line.quantity, delivered=taken[line.pk]).worth
        for line in lines
    ]
    parts = rules.split_amount(delivery.amount, weights)
    DeliveryLine.objects.bulk_create(
        DeliveryLine(
            delivery=delivery,
            order_line=line,
            product_id=line.product_id,
            quantity=taken[line.pk],
            amount=part,
            unit_cost=line.product.cost,
            price=line.price,
            line_discount=line.discount,
            is_gift=line.is_gift,
        )
        for line, part in zip(lines, parts, strict=True)
    )


def _restore_last_sale(*, customer_id: int) -> None:
    last = Delivery.objects.posted().filter(customer_id=customer_id).aggregate(last=Max("issued_on"))["last"]
    crm.set_last_event(customer_id=customer_id, kind="sale", day=last)
