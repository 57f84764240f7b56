"""Writing orders and moving them on, up to the delivery."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from auditlog.context import set_actor
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import SystemOptions, User
from common import business_calendar
from crm import services as crm
from crm.models import Customer
from sales import signals
from sales.enums import BillKind, OrderSource, OrderStatus, SlipKind
from sales.models import FinanceSlip, OrderLine, SalesOrder
from sales.queries.credit import credit_of
from sales.rules import LineInput, OrderDetails
from sales.rules.credit import Credit, Reason
from sales.services import billing, common, order_notices
from sales.services.hand_over import hand_over
from sales.services.lines import check_share, check_total, not_on_sale
from sales.services.order_details import check_details, line_changes
from sales.services.order_lines import build_lines, line_refusals


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
    details: OrderDetails | None = None,
    source: OrderSource = OrderSource.OFFICE,
    submit: bool = True,
) -> SalesOrder:
    """Write an order (domain-rules §6) and, unless `submit` is false, submit it.

    Lines without a price get the customer's of the day. `discount` is the order's, as a share. The same
    `client_uuid` again gives the order it made the first time and changes nothing, also when both come at
    once. Raises ValidationError for a customer out of the actor's scope, no lines, products not on sale, and
    quantities, prices, discounts or dates that cannot be.
    """
    day = common.business_date(ordered_on)
    if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
        return known
    common.check_customer(actor=actor, customer=customer)
    rows = build_lines(customer=customer, lines=lines, day=day)
    order = SalesOrder(
        customer=customer,
        rep=common.rep_for(actor=actor, customer=customer),
        ordered_on=day,
        discount=check_share(discount),
        note=note.strip()[:300],
        client_uuid=client_uuid,
        source=source,
        created_by=actor,
        **check_details(details or OrderDetails()),
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
def update_order(
    *,
    actor: User,
    order: SalesOrder,
    lines: Sequence[LineInput],
    discount: Decimal = Decimal(0),
    note: str = "",
    details: OrderDetails | None = None,
    revision: int | None = None,
    submit: bool = False,
) -> SalesOrder:
    """Replace the lines, discount, note and details of a draft, or of a submitted order that nobody approved
    yet.

    `revision` is what the editor saw: somebody else's change in between is refused, not overwritten. A draft
    is priced as of today, for it becomes an order of the day it is submitted on; a submitted order keeps its
    day and is judged anew. ValidationError as for create_order, or once it is approved.
    """
    common.lock_order(order)
    _check_editable(actor, order, revision)
    before = list(order.lines.select_related("product"))
    day = business_calendar.today() if order.status == OrderStatus.DRAFT else order.ordered_on
    rows = build_lines(customer=order.customer, lines=lines, day=day)
    order.discount = check_share(discount)
    order.note = note.strip()[:300]
    order.total = check_total([row.amount for row in rows], order.discount)
    order.revision += 1
    values = {} if details is None else check_details(details)
    for name, value in values.items():
        setattr(order, name, value)
    with set_actor(actor):
        order.save(update_fields=["discount", "note", "total", "revision", *values])
    order.lines.all().delete()
    _write_lines(order, rows)
    if changes := line_changes(before, rows):
        common.audit(actor=actor, row=order, changes=changes)
    if order.status == OrderStatus.SUBMITTED:
        judge_order(actor=actor, order=order)
    elif submit:
        _submit(actor=actor, order=order, day=day)
    return order


def _check_editable(actor: User, order: SalesOrder, revision: int | None) -> None:
    may = order.status == OrderStatus.DRAFT or (
        order.status == OrderStatus.SUBMITTED and actor.has_perm("sales.approve_salesorder")
    )
    if not may:
        raise ValidationError(
            _("Order %(number)s is “%(status)s” and cannot be changed any more.")
            % {"number": order.number, "status": order.get_status_display()},
            code="state",
        )
    _check_revision(order, revision)


def _check_revision(order: SalesOrder, revision: int | None) -> None:
    if revision is not None and revision != order.revision:
        raise ValidationError(
            _("Somebody else has just changed order %(number)s. Look at it again.")
            % {"number": order.number},
            code="revision",
        )


@transaction.atomic
def update_details(
    *, actor: User, order: SalesOrder, details: OrderDetails, revision: int | None = None
) -> SalesOrder:
    """Write consignee, address, shipping, payment, consignor and invoice number of an order that is not
    cancelled.

    `revision` as in update_order: ValidationError with the code "revision" when somebody else was faster.
    """
    common.lock_order(order)
    if order.status == OrderStatus.CANCELLED:
        raise ValidationError(_("Order %(number)s is cancelled.") % {"number": order.number}, code="state")
    _check_revision(order, revision)
    values = check_details(details)
    changed = {name: value for name, value in values.items() if getattr(order, name) != value}
    for name, value in changed.items():
        setattr(order, name, value)
    if changed:
        order.revision += 1
        with set_actor(actor):
            order.save(update_fields=[*changed, "revision"])
    return order


@transaction.atomic
def submit_order(*, actor: User, order: SalesOrder) -> SalesOrder:
    """Draft → submitted: it is an order of today's business day now."""
    common.lock_order(order)
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
    judge_order(actor=actor, order=order)
    crm.record_event(customer_id=order.customer_id, kind="order", day=day)
    signals.order_submitted.send(sender=SalesOrder, order=order)
    if not order.approval_reason and SystemOptions.load().auto_approve_orders:
        approve_order(actor=None, order=order)


@transaction.atomic
def judge_order(*, actor: User | None, order: SalesOrder) -> SalesOrder:
    """Note on a submitted order why a manager has to approve it, and the exposure it would bring
    (domain-rules §6).

    Those who may approve it are told, once for each revision of the order. An order in another status keeps
    what it has.
    """
    common.lock_order(order)
    if order.status != OrderStatus.SUBMITTED:
        return order
    common.lock_customer(order.customer_id)
    credit, reasons = _reasons(order)
    fields = _kept(reasons) | {"exposure": credit.with_order(order.total)}
    for name, value in fields.items():
        setattr(order, name, value)
    SalesOrder.objects.filter(pk=order.pk).update(**fields)
    if reasons:
        order_notices.ask_managers(actor=actor, order=order)
    return order


def _reasons(order: SalesOrder) -> tuple[Credit, list[Reason]]:
    """The customer's credit now and why the order needs a manager, if it does. Under the customer's lock."""
    credit = credit_of(order.customer, business_calendar.today())
    refusal = credit.refusal(order.total) if SystemOptions.load().credit_control else None
    lines = line_refusals(order, list(order.lines.select_related("product")))
    return credit, [*([refusal] if refusal else []), *lines]


def _kept(reasons: Sequence[Reason]) -> dict[str, Any]:
    """What an order keeps of the reasons: words for lists and other systems, codes for each reader's language."""
    return {
        "approval_reason": " ".join(reasons)[:300],
        "approval_reasons": [reason.stored for reason in reasons],
    }


@transaction.atomic
def approve_order(*, actor: User | None, order: SalesOrder) -> SalesOrder:
    """Submitted → approved: it may be delivered, and is billed if that is what the company bills.

    What needs a manager (over the credit limit, below a floor) takes the permission `approve_credit`. It is
    judged anew under the customer's lock: of two orders that fit the limit one by one but not together, the
    second is refused, and one that waited for a manager goes through once the customer has paid. `actor` None
    is the system, which approves nothing that needs a manager.
    """
    common.lock_order(order)
    common.lock_customer(order.customer_id)
    credit, reasons = _reasons(order)
    if reasons and not (actor is not None and actor.has_perm("sales.approve_credit")):
        raise ValidationError(
            _("Order %(number)s needs a manager's approval: %(reason)s")
            % {"number": order.number, "reason": " ".join(reasons)},
            code="credit",
        )
    common.move(
        actor=actor,
        order=order,
        to=OrderStatus.APPROVED,
        approved_by=actor,
        approved_at=timezone.now(),
        **_kept(reasons),
        exposure=credit.with_order(order.total),
    )
    billing.bill_order(actor=actor, order=order, day=business_calendar.today())
    hand_over(slip=order)
    if reasons:
        order_notices.tell_approved(actor=actor, order=order)
    return order


@transaction.atomic
def reject_order(*, actor: User, order: SalesOrder, reason: str) -> SalesOrder:
    """Submitted → cancelled because somebody who may approve it will not; the rep is told why.

    ValidationError without a reason, or when the order is not waiting for approval any more.
    """
    reason = reason.strip()[:200]
    if not reason:
        raise ValidationError(_("Say why the order is rejected."), code="reason")
    common.lock_order(order)
    if order.status != OrderStatus.SUBMITTED:
        raise ValidationError(
            _("Order %(number)s is “%(status)s”, it does not wait for approval.")
            % {"number": order.number, "status": order.get_status_display()},
            code="state",
        )
    note = _("Rejected: %(reason)s") % {"reason": reason}
    order.note = f"{order.note} {note}".strip() if len(order.note) + len(note) < 300 else note
    SalesOrder.objects.filter(pk=order.pk).update(note=order.note)
    common.audit(actor=actor, row=order, changes={"rejected": ["", reason]})
    cancel_order(actor=actor, order=order)
    order_notices.tell_rejected(actor=actor, order=order, reason=reason)
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


def _write_lines(order: SalesOrder, rows: Sequence[OrderLine]) -> None:
    for row in rows:
        row.order = order
    OrderLine.objects.bulk_create(rows)
