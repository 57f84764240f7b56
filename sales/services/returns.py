"""Goods that customers give back (退货): stock, credit and finance in one transaction.

Sellable goods go into the van or warehouse that takes them. Goods that nobody can sell go to the losses at once: they
count as taken back from the customer, but never stand in a place's stock, where somebody could sell them by mistake.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from common.money import line_amount, round_money, round_quantity
from crm.models import Customer
from sales import rules, signals
from sales.enums import GoodsCondition, LocationKind, MoveKind, PostingStatus, ReturnReason
from sales.models import (
    Delivery,
    DeliveryLine,
    Product,
    SalesReturn,
    SalesReturnLine,
    StockLocation,
)
from sales.queries.returns import last_paid
from sales.rules.stock import return_amount
from sales.services import billing, common, ledger
from sales.services.hand_over import hand_over


@dataclass(frozen=True, slots=True)
class ReturnInput:
    """One kind of goods that comes back; without a price it is credited at what the customer paid."""

    product_id: int
    quantity: Decimal
    reason: str
    condition: str = GoodsCondition.SELLABLE
    price: Decimal | None = None
    delivery_line_id: int | None = None
    note: str = ""


@transaction.atomic
def take_back(
    *,
    actor: User,
    customer: Customer,
    lines: Sequence[ReturnInput],
    location: StockLocation,
    delivery: Delivery | None = None,
    note: str = "",
    returned_on: dt.date | None = None,
    client_uuid: uuid.UUID | None = None,
) -> SalesReturn:
    """Write a return into `location` (the actor's own van, or a warehouse) and use its credit at once.

    With a `delivery` every line names one of its lines, and no more comes back than was delivered. The same
    `client_uuid` again gives the return it made the first time. ValidationError says what cannot be: an imported
    delivery, too, for it was never owed here (domain-rules §6: billing follows delivery).
    """
    day = common.business_date(returned_on)
    if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
        return known
    common.check_customer(actor=actor, customer=customer)
    _check_place(actor=actor, location=location)
    if not lines:
        raise ValidationError(_("The return is empty."), code="empty")
    slip = SalesReturn(
        customer=customer,
        rep=common.rep_for(actor=actor, customer=customer),
        delivery=delivery,
        location=location,
        returned_on=day,
        amount=Decimal(0),
        note=note.strip()[:300],
        client_uuid=client_uuid,
        created_by=actor,
    )
    sources = _lock_delivery(delivery, customer=customer)
    common.lock_customer(customer.pk)  # before the number: see record_receipt
    try:
        with transaction.atomic():
            slip.number = common.next_number(prefix="TH", day=day)
            slip.save(force_insert=True)
    except IntegrityError:
        if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
            return known
        raise
    rows = _build(slip, lines, sources)
    SalesReturnLine.objects.bulk_create(rows)
    slip.amount = sum((row.amount for row in rows), Decimal(0))
    slip.save(update_fields=["amount"])
    _move_goods(actor=actor, slip=slip, rows=rows)
    billing.use_what_is_free(actor=actor, customer_id=customer.pk, day=day)
    slip.refresh_from_db(fields=["used"])
    hand_over(slip=slip)
    signals.return_recorded.send(sender=SalesReturn, sales_return=slip)
    return slip


@transaction.atomic
def reverse_return(*, actor: User, slip: SalesReturn, reason: str = "") -> SalesReturn:
    """Take a return back: the goods are the customer's again and its credit is gone.

    ValidationError when it is reversed already, its credit was paid back, or the goods are no longer there.
    """
    if slip.delivery_id is not None:
        Delivery.objects.select_for_update(of=("self",)).get(pk=slip.delivery_id)
    common.lock_customer(slip.customer_id)
    if slip.refunds.filter(status=PostingStatus.POSTED).exists():
        raise ValidationError(
            _("A part of %(number)s was paid back. Reverse the refund first.") % {"number": slip.number},
            code="state",
        )
    today = business_calendar.today()
    common.reverse_posting(actor=actor, slip=slip, reason=reason, day=max(today, slip.returned_on))
    billing.release_source(actor=actor, source=slip, day=today)
    for row in slip.lines.select_related("delivery_line").order_by("pk"):
        if row.delivery_line is not None:
            _add_returned(row.delivery_line, -row.quantity)
    ledger.undo_moves(actor=actor, moved_on=today, sales_return=slip)
    billing.use_what_is_free(actor=actor, customer_id=slip.customer_id, day=today)
    hand_over(slip=slip)
    return slip


def _made_before(*, actor: User, client_uuid: uuid.UUID) -> SalesReturn | None:
    slip = SalesReturn.objects.filter(client_uuid=client_uuid).first()
    if slip is not None and slip.created_by_id != actor.pk:
        raise ValidationError(_("This return was sent by somebody else."), code="client_uuid")
    return slip


def _check_place(*, actor: User, location: StockLocation) -> None:
    """Goods go into a warehouse, or into the actor's own van; the office may name any van."""
    own = location.rep_id == actor.pk or actor.has_perm("sales.post_stockdocument")
    fits = location.kind == LocationKind.WAREHOUSE or (location.kind == LocationKind.VAN and own)
    if not fits or not location.is_active:
        raise ValidationError(_("Choose where the goods go."), code="location")


def from_history(delivery: Delivery) -> str:
    """Why an imported delivery cannot be named: nothing was billed here for it and its goods left no place here."""
    return _("%(number)s was imported from an old system. Take its goods back without naming a delivery.") % {
        "number": delivery.number
    }


def _lock_delivery(delivery: Delivery | None, *, customer: Customer) -> dict[int, DeliveryLine]:
    """The delivery's lines by id as they are now; nobody else returns or reverses it meanwhile."""
    if delivery is None:
        return {}
    fresh = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    if fresh.customer_id != customer.pk:
        raise ValidationError(_("The delivery is another customer's."), code="delivery")
    if fresh.status != PostingStatus.POSTED:
        raise ValidationError(
            _("%(number)s has been reversed already.") % {"number": fresh.number}, code="state"
        )
    if fresh.is_history:
        raise ValidationError(from_history(fresh), code="history")
    return {line.pk: line for line in fresh.lines.select_related("product").order_by("pk")}


# --- lines
def _build(
    slip: SalesReturn, lines: Sequence[ReturnInput], sources: dict[int, DeliveryLine]
) -> list[SalesReturnLine]:
    """Checked, unsaved lines; what comes back is booked on the lines it was delivered with."""
    if len(lines) > rules.MAX_LINES:
        raise ValidationError(_("A document has at most %(n)s lines.") % {"n": rules.MAX_LINES}, code="lines")
    products = Product.objects.in_bulk({line.product_id for line in lines})
    paid = last_paid(
        slip.customer, [products[line.product_id] for line in lines if line.product_id in products]
    )
    rows = []
    for line in lines:
        product = products.get(line.product_id)
        if product is None:
            raise ValidationError(_("There is no such product."), code="product")
        quantity = _check_quantity(product, line.quantity)
        if line.reason not in ReturnReason.values or line.condition not in GoodsCondition.values:
            raise ValidationError(
                _("%(product)s: say why it comes back.") % {"product": product}, code="reason"
            )
        source = sources.get(line.delivery_line_id) if line.delivery_line_id is not None else None
        if slip.delivery_id is not None and (source is None or source.product_id != product.pk):
            raise ValidationError(
                _("%(product)s is not on this delivery.") % {"product": product}, code="delivery"
            )
        if line.price is not None:
            most = paid[product.pk] if source is None else round_money(source.amount / source.quantity)
            _check_price(slip.created_by, product, line.price, most)
        if source is None:
            price = round_money(paid[product.pk] if line.price is None else line.price)
            amount = line_amount(quantity, price)
        else:
            price, amount = _worth(source, quantity, line.price)
            _add_returned(source, quantity)
        rows.append(
            SalesReturnLine(
                sales_return=slip,
                product=product,
                delivery_line=source,
                quantity=quantity,
                price=price,
                amount=amount,
                reason=line.reason,
                condition=line.condition,
                note=line.note.strip()[:120],
            )
        )
    return rows


def _worth(source: DeliveryLine, quantity: Decimal, wanted: Decimal | None) -> tuple[Decimal, Decimal]:
    """(price for one, CNY) of goods that came with `source`: what was paid for them, or the price agreed now."""
    found = source.return_lines.filter(sales_return__status=PostingStatus.POSTED).aggregate(sum=Sum("amount"))
    credited = round_money(found["sum"] or Decimal(0))
    if wanted is not None:
        price = round_money(wanted)
        return price, min(line_amount(quantity, price), source.amount - credited)
    amount = return_amount(
        paid=source.amount,
        quantity=source.quantity,
        before=source.returned,
        taken=min(quantity, source.quantity - source.returned),
        credited=credited,
    )
    return round_money(amount / quantity), amount


def _check_quantity(product: Product, quantity: Decimal) -> Decimal:
    if not quantity.is_finite() or not 0 < quantity <= rules.MAX_QUANTITY:
        raise ValidationError(
            _("%(product)s: the quantity must be more than 0.") % {"product": product}, code="quantity"
        )
    return round_quantity(quantity)


def _check_price(actor: User | None, product: Product, price: Decimal, most: Decimal) -> None:
    """Nobody gives more back than was paid, but who may approve such things."""
    if not price.is_finite() or not 0 <= price <= rules.MAX_PRICE:
        raise ValidationError(
            _("%(product)s: %(value)s is not a possible number.") % {"product": product, "value": price},
            code="number",
        )
    if price > most and not (actor and actor.has_perm("sales.approve_credit")):
        raise ValidationError(
            _("%(product)s was paid at %(most)s; more is not credited without a manager.")
            % {"product": product, "most": most},
            code="price",
        )


def _add_returned(line: DeliveryLine, change: Decimal) -> None:
    """Book what came back on the line it was delivered with; the UPDATE names the value it starts from."""
    new = line.returned + change
    if new > line.quantity:
        raise ValidationError(
            _("%(product)s: only %(left)s %(unit)s of this delivery can come back."),
            code="quantity",
            params={
                "product": line.product,
                "left": ledger.plain(line.quantity - line.returned),
                "unit": line.product.unit,
            },
        )
    changed = DeliveryLine.objects.filter(pk=line.pk, returned=line.returned).update(returned=new)
    if changed != 1:
        raise ValidationError(_("Somebody else has just changed this. Look at it again."), code="state")
    line.returned = new


def _move_goods(*, actor: User, slip: SalesReturn, rows: Sequence[SalesReturnLine]) -> None:
    customers, losses = ledger.far_end(LocationKind.CUSTOMER), ledger.far_end(LocationKind.LOSS)
    ledger.post_moves(
        actor=actor,
        kind=MoveKind.RETURN,
        moves=[
            ledger.Wanted(
                row.product_id,
                row.quantity,
                customers,
                slip.location if row.condition == GoodsCondition.SELLABLE else losses,
            )
            for row in rows
        ],
        moved_on=slip.returned_on,
        sales_return=slip,
    )
