"""Writing orders and moving them on, up to the delivery."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from crm import services as crm
from crm.models import Customer
from sales import signals
from sales.enums import BillKind, OrderSource, OrderStatus, SlipKind
from sales.models import FinanceSlip, OrderLine, Product, SalesOrder
from sales.rules import LineInput
from sales.services import billing, common
from sales.services.hand_over import hand_over
from sales.services.lines import check_lines, check_share, check_total, not_on_sale


@transaction.atomic
def create_order(
    *,
    actor: User,
    customer: Customer,
    lines: Sequence[LineInput],
    discount: Decimal = Decimal(0),
    note: str = "",
    ordered_on: dt.date | None = None,
    client_uuid: uuid.UUID | None = None,
    source: OrderSource = OrderSource.OFFICE,
    submit: bool = True,
) -> SalesOrder:
    """Write an order (domain-rules §6) and, unless `submit` is false, submit it.

    `discount` is the order's, as a share. The same `client_uuid` again gives the order it made the first time and
    changes nothing, also when both come at once. Raises ValidationError for a customer out of the actor's scope,
    no lines, products not on sale, and quantities, prices, discounts or dates that cannot be.
    """
    day = common.business_date(ordered_on)
    if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
        return known
    common.check_customer(actor=actor, customer=customer)
    rows = _build_lines(lines)
    order = SalesOrder(
        customer=customer,
        rep=common.rep_for(actor=actor, customer=customer),
        ordered_on=day,
        discount=check_share(discount),
        note=note.strip()[:300],
        client_uuid=client_uuid,
        source=source,
        created_by=actor,
    )
    order.total = check_total([row.amount for row in rows], order.discount)
    try:
        # The number is taken inside the savepoint: whoever loses the race for the uuid gives it back.
        with transaction.atomic():
            order.number = common.next_number(prefix="SO", day=day)
            order.save(force_insert=True)
    except IntegrityError:
        if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
            return known
        raise
    _write_lines(order, rows)
    signals.order_created.send(sender=SalesOrder, order=order, actor=actor)
    if submit:
        _submit(actor=actor, order=order, day=day)
    return order


@transaction.atomic
def update_draft(
    *,
    actor: User,
    order: SalesOrder,
    lines: Sequence[LineInput],
    discount: Decimal = Decimal(0),
    note: str = "",
    submit: bool = False,
) -> SalesOrder:
    """Replace the lines, discount and note of a draft; ValidationError as for create_order or once submitted."""
    order = SalesOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if order.status != OrderStatus.DRAFT:
        raise ValidationError(
            _("Order %(number)s is not a draft any more.") % {"number": order.number}, code="state"
        )
    rows = _build_lines(lines)
    order.discount = check_share(discount)
    order.note = note.strip()[:300]
    order.total = check_total([row.amount for row in rows], order.discount)
    order.save(update_fields=["discount", "note", "total"])
    order.lines.all().delete()
    _write_lines(order, rows)
    if submit:
        _submit(actor=actor, order=order, day=business_calendar.today())
    return order


@transaction.atomic
def submit_order(*, actor: User, order: SalesOrder) -> SalesOrder:
    """Draft → submitted: it is an order of today's business day now."""
    stopped = order.lines.filter(product__is_active=False).select_related("product").first()
    if stopped is not None:
        raise ValidationError(not_on_sale(stopped.product), code="product")
    if not order.lines.exists():
        raise ValidationError(_("The order is empty."), code="empty")
    _submit(actor=actor, order=order, day=business_calendar.today())
    return order


def _submit(*, actor: User, order: SalesOrder, day: dt.date) -> None:
    common.move(
        actor=actor, order=order, to=OrderStatus.SUBMITTED, ordered_on=day, submitted_at=timezone.now()
    )
    common.lock_customer(order.customer_id)
    crm.record_event(customer_id=order.customer_id, kind="order", day=day)
    signals.order_submitted.send(sender=SalesOrder, order=order)


@transaction.atomic
def approve_order(*, actor: User, order: SalesOrder) -> SalesOrder:
    """Submitted → approved: it may be delivered, and is billed if that is what the company bills."""
    common.move(
        actor=actor, order=order, to=OrderStatus.APPROVED, approved_by=actor, approved_at=timezone.now()
    )
    billing.bill_order(actor=actor, order=order, day=business_calendar.today())
    hand_over(slip=order)
    return order


@transaction.atomic
def close_order(*, actor: User, order: SalesOrder) -> SalesOrder:
    """Delivered → closed; a partly delivered order is closed short, its rest will not come and is not owed."""
    common.move(actor=actor, order=order, to=OrderStatus.CLOSED)
    billing.bill_short(actor=actor, order=order, day=business_calendar.today())
    return order


@transaction.atomic
def cancel_order(*, actor: User, order: SalesOrder) -> SalesOrder:
    """Cancel while nothing is delivered; the customer's last order is what remains."""
    counted = order.status != OrderStatus.DRAFT
    common.move(actor=actor, order=order, to=OrderStatus.CANCELLED)
    if counted:
        billing.reverse_bills(
            actor=actor, bills=list(order.bills.filter(kind=BillKind.ORDER)), day=business_calendar.today()
        )
        if FinanceSlip.objects.filter(kind=SlipKind.ORDER, object_id=order.pk).exists():
            hand_over(slip=order)
        _restore_last_order(customer_id=order.customer_id)
    if order.receipts.exists():  # money paid for this order pays the customer's other bills now
        billing.use_what_is_free(actor=actor, customer_id=order.customer_id, day=business_calendar.today())
    signals.order_cancelled.send(sender=SalesOrder, order=order)
    return order


def _restore_last_order(*, customer_id: int) -> None:
    common.lock_customer(customer_id)
    last = (
        SalesOrder.objects.counted().filter(customer_id=customer_id).aggregate(last=Max("ordered_on"))["last"]
    )
    crm.set_last_event(customer_id=customer_id, kind="order", day=last)


# --- lines
def _made_before(*, actor: User, client_uuid: uuid.UUID) -> SalesOrder | None:
    order = SalesOrder.objects.filter(client_uuid=client_uuid).first()
    if order is not None and order.created_by_id != actor.pk:
        raise ValidationError(_("This order was sent by somebody else."), code="client_uuid")
    return order


def _build_lines(lines: Sequence[LineInput]) -> list[OrderLine]:
    """Checked, unsaved lines with their amounts."""
    if not lines:
        raise ValidationError(_("The order is empty."), code="empty")
    products = Product.objects.in_bulk({line.product_id for line in lines})
    return [
        OrderLine(
            product=row.product,
            position=row.position,
            quantity=row.quantity,
            price=row.price,
            discount=row.discount,
            amount=row.amount,
        )
        for row in check_lines(lines, products=products)
    ]


def _write_lines(order: SalesOrder, rows: Sequence[OrderLine]) -> None:
    for row in rows:
        row.order = order
    OrderLine.objects.bulk_create(rows)
