"""Lines of an order: priced for the customer, gifts told apart, and what about them a manager has to approve."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from common.money import round_money
from common.templatetags.paodian import money
from crm.models import Customer
from sales.models import OrderLine, Product, SalesOrder
from sales.queries.prices import gifts_for, prices_for
from sales.rules import LineInput
from sales.rules.credit import Sold, floor_refusals
from sales.services.lines import CheckedLine, check_lines


def build_lines(*, customer: Customer, lines: Sequence[LineInput], day: dt.date) -> list[OrderLine]:
    """Checked, unsaved lines with amounts and the reason for each price (domain-rules §6).

    A line without a price gets the customer's for that day; all lines of one product count together towards a
    quantity break. A gift costs nothing. ValidationError for no lines and for what cannot be.
    """
    if not lines:
        raise ValidationError(_("The order is empty."), code="empty")
    products = Product.objects.in_bulk({line.product_id for line in lines})
    wants = bought(lines)
    priced = [pk for pk in wants if pk in products]
    prices = dict(
        zip(
            priced,
            prices_for(customer, [(products[pk], wants[pk]) for pk in priced], day),
            strict=True,
        )
    )
    ready = [
        line
        if line.is_gift or line.price is not None or line.product_id not in prices
        else LineInput(line.product_id, line.quantity, prices[line.product_id].value, line.discount)
        for line in lines
    ]
    rows = []
    for line, row in zip(ready, check_lines(ready, products=products), strict=True):
        known = None if line.is_gift else prices.get(line.product_id)
        rows.append(_order_line(row, line, known.value if known else None, known.reason if known else ""))
    return rows


def bought(lines: Sequence[LineInput]) -> dict[int, Decimal]:
    """Units by product id that are paid for."""
    wants: dict[int, Decimal] = {}
    for line in lines:
        if not line.is_gift and line.quantity.is_finite():
            wants[line.product_id] = wants.get(line.product_id, Decimal(0)) + line.quantity
    return wants


def _order_line(row: CheckedLine, line: LineInput, listed: Decimal | None, reason: str) -> OrderLine:
    if line.is_gift:
        reason = _("Gift")
    elif listed is not None and row.price != listed:
        reason = _("Changed from %(price)s") % {"price": money(listed)}
    return OrderLine(
        product=row.product,
        position=row.position,
        quantity=row.quantity,
        price=row.price,
        discount=row.discount,
        amount=row.amount,
        price_reason=reason[:120],
        list_price=row.product.price if line.is_gift else listed,
        is_gift=line.is_gift,
    )


def line_refusals(order: SalesOrder, rows: Sequence[OrderLine]) -> list[str]:
    """Why a manager has to approve these lines, a sentence each: below a floor, or more gifts than the rules give."""
    sold = [
        Sold(
            product=row.product.name,
            net_price=round_money(row.price * (1 - row.discount) * (1 - order.discount)),
            floor=row.product.floor_price,
            is_gift=row.is_gift,
        )
        for row in rows
    ]
    return floor_refusals(sold) + _gift_refusals(order, rows)


def _gift_refusals(order: SalesOrder, rows: Sequence[OrderLine]) -> list[str]:
    given: dict[int, Decimal] = {}
    wants: dict[int, Decimal] = {}
    for row in rows:
        sums = given if row.is_gift else wants
        sums[row.product_id] = sums.get(row.product_id, Decimal(0)) + row.quantity
    if not given:
        return []
    earned: dict[int, Decimal] = {}
    for gift in gifts_for(order.customer, wants, order.ordered_on):
        earned[gift.product.pk] = earned.get(gift.product.pk, Decimal(0)) + gift.quantity
    names = {row.product_id: row.product.name for row in rows}
    return [
        _("More gifts of %(product)s than the gift rules give.") % {"product": names[pk]}
        for pk, quantity in given.items()
        if quantity > earned.get(pk, Decimal(0))
    ]
