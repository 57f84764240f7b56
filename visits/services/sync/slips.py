"""Kinds of sales: the services of `sales` make them as they do for the pages, tied to the visit they belong to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.models import Customer
from sales import services as sales
from sales.enums import GoodsCondition, OrderSource
from sales.models import StockLocation
from sales.queries.prices import default_location
from sales.queries.stock import van_of
from sales.rules import LineInput
from sales.services.returns import ReturnInput, take_back
from sales.services.van_sales import Payment, sell_from_van
from visits import rules
from visits.models import Visit
from visits.services.in_store import link_slip
from visits.services.orders import link_order
from visits.services.own import own_visit, refuse
from visits.services.sync.reading import Answer, Call, decimal, integer, optional_decimal


def _place(call: Call) -> tuple[Customer, Visit | None]:
    """Customer and visit of a slip; without a visit it happened on the way."""
    visit = call.optional_visit()
    if visit is None:
        refuse(rules.time_refusal(occurred_at=call.occurred_at, received_at=call.now))
        return call.customer(), None
    visit = own_visit(actor=call.actor, visit=visit, occurred_at=call.occurred_at, now=call.now)
    if call.payload.get("customer") not in (None, visit.customer_id):
        raise ValidationError(_("The visit is another customer's."), code="customer")
    return visit.customer, visit


def _line(line: Mapping[str, Any]) -> LineInput:
    return LineInput(
        product_id=integer(line, "product"),
        quantity=decimal(line, "quantity"),
        price=optional_decimal(line, "price"),
        discount=optional_decimal(line, "discount") or Decimal(0),
        is_gift=line.get("is_gift") is True,
    )


def _order(call: Call) -> Answer:
    """{visit?, customer, lines: [{product, quantity, price?, discount?, is_gift?}], discount?, note?}

    A price that the rep saw and promised holds, whatever the lists say by now: the line says from what it was changed,
    and the answer names such products under `changed`.
    """
    call.need("sales.add_salesorder")
    customer, visit = _place(call)
    order = sales.create_order(
        actor=call.actor,
        customer=customer,
        lines=[_line(line) for line in call.lines()],
        discount=call.optional_decimal("discount") or Decimal(0),
        note=call.text("note", 300),
        ordered_on=call.day,
        client_uuid=call.uuid,
        source=OrderSource.VISIT if visit else OrderSource.PHONE,
    )
    if visit is not None:
        link_order(order=order, actor=call.actor, visit=visit)
    lines = order.lines.filter(is_gift=False).select_related("product")
    changed = [line.product.name for line in lines if line.list_price not in (None, line.price)]
    answer = {
        "order": order.pk,
        "number": order.number,
        "total": str(order.total),
        "state": order.get_status_display(),
    }
    if order.approval_reason:
        answer["approval"] = order.approval_words
    return answer | ({"changed": changed} if changed else {})


def _van_sale(call: Call) -> Answer:
    """{visit?, customer?, lines, receipt?: {amount?, method}, discount?, note?}"""
    call.need("sales.sell_from_van")
    customer, visit = _place(call)
    paid = call.payload.get("receipt")
    delivery = sell_from_van(
        actor=call.actor,
        customer=customer,
        lines=[_line(line) for line in call.lines()],
        discount=call.optional_decimal("discount") or Decimal(0),
        payment=Payment(optional_decimal(paid, "amount"), str(paid.get("method") or ""))
        if isinstance(paid, Mapping)
        else None,
        note=call.text("note", 300),
        sold_on=call.day,
        client_uuid=call.uuid,
    )
    if visit is not None:
        link_slip(slip=delivery, actor=call.actor, visit=visit)
    return {"delivery": delivery.pk, "number": delivery.number, "total": str(delivery.amount)}


def _return(call: Call) -> Answer:
    """{visit?, customer?, lines: [{product, quantity, price?, reason, condition}], note?}; into the van, if he has one"""
    call.need("sales.add_salesreturn")
    customer, visit = _place(call)
    location: StockLocation | None = van_of(call.actor) or default_location()
    if location is None:
        raise ValidationError(_("There is no place that takes the goods."), code="location")
    slip = take_back(
        actor=call.actor,
        customer=customer,
        lines=[
            ReturnInput(
                product_id=integer(line, "product"),
                quantity=decimal(line, "quantity"),
                reason=str(line.get("reason") or ""),
                condition=str(line.get("condition") or GoodsCondition.SELLABLE),
                price=optional_decimal(line, "price"),
            )
            for line in call.lines()
        ],
        location=location,
        note=call.text("note", 300),
        returned_on=call.day,
        client_uuid=call.uuid,
    )
    if visit is not None:
        link_slip(slip=slip, actor=call.actor, visit=visit)
    return {"return": slip.pk, "number": slip.number, "total": str(slip.amount)}


def _receipt(call: Call) -> Answer:
    """{customer, visit?, amount, method, note?}"""
    call.need("sales.add_receipt")
    customer, visit = _place(call)
    receipt = sales.record_receipt(
        actor=call.actor,
        customer=customer,
        amount=call.decimal("amount"),
        method=call.text("method"),
        received_on=call.day,
        note=call.text("note", 300),
        client_uuid=call.uuid,
    )
    if visit is not None:
        link_slip(slip=receipt, actor=call.actor, visit=visit)
    return {"receipt": receipt.pk, "number": receipt.number, "total": str(receipt.amount)}


HANDLERS: dict[str, Callable[[Call], Answer]] = {
    "order": _order,
    "van_sale": _van_sale,
    "return": _return,
    "receipt": _receipt,
}
