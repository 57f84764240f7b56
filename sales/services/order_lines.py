"""Lines of an order: priced for the customer, gifts told apart, and what about them a manager has to approve."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from common.money import round_money
from crm.models import Customer
from sales.models import OrderLine, SalesOrder
from sales.queries.prices import gifts_for
from sales.rules import LineInput
from sales.rules.credit import Sold, floor_refusals
from sales.services.priced_lines import PricedLine, price_lines


def build_lines(*, customer: Customer, lines: Sequence[LineInput], day: dt.date) -> list[OrderLine]:
    """Checked, unsaved lines at the customer's prices of the day, see price_lines; ValidationError for no
    lines, too."""
    if not lines:
        raise ValidationError(_("The order is empty."), code="empty")
    return [_order_line(row) for row in price_lines(customer=customer, lines=lines, day=day)]


def _order_line(row: PricedLine) -> OrderLine:
    line = row.line
    return OrderLine(
        product=line.product,
        position=line.position,
        quantity=line.quantity,
        price=line.price,
        discount=line.discount,
        amount=line.amount,
        price_reason=row.reason[:120],
        list_price=line.product.price if row.is_gift else (row.listed.value if row.listed else None),
        is_gift=row.is_gift,
    )


def line_refusals(order: SalesOrder, rows: Sequence[OrderLine]) -> list[str]:
    """Why a manager has to approve these lines, a sentence each: below a floor, or more gifts than the rules
    give."""
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
