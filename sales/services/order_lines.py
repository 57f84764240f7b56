"""Lines of an order: priced for the customer, gifts told apart, and what about them a manager has to approve."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from common.money import round_money
from crm.models import Customer
from sales.models import OrderLine, Product, SalesOrder
from sales.queries.prices import gifts_for
from sales.rules import LineInput
from sales.rules.credit import Reason, Sold, floor_refusals, too_many_gifts
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


def line_refusals(order: SalesOrder, rows: Sequence[OrderLine]) -> list[Reason]:
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
    goods = [(row.product, row.quantity, row.is_gift) for row in rows]
    return floor_refusals(sold) + gift_refusals(order.customer, goods, order.ordered_on)


def gift_refusals(
    customer: Customer, goods: Iterable[tuple[Product, Decimal, bool]], day: dt.date
) -> list[Reason]:
    """A sentence for each product of which more is given than the gift rules of the day give for what is bought;
    `goods` are products, their units, and whether they are a gift."""
    given: dict[int, Decimal] = {}
    wants: dict[int, Decimal] = {}
    names: dict[int, str] = {}
    for product, quantity, is_gift in goods:
        sums = given if is_gift else wants
        sums[product.pk] = sums.get(product.pk, Decimal(0)) + quantity
        names[product.pk] = product.name
    if not given:
        return []
    earned: dict[int, Decimal] = {}
    for gift in gifts_for(customer, wants, day):
        earned[gift.product.pk] = earned.get(gift.product.pk, Decimal(0)) + gift.quantity
    return [
        too_many_gifts(names[pk]) for pk, quantity in given.items() if quantity > earned.get(pk, Decimal(0))
    ]
