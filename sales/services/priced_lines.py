"""Lines at their customer's prices: what an order, a quotation and a van sale have in common."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from common.templatetags.paodian import money
from crm.models import Customer
from sales.models import Product
from sales.queries.prices import prices_for
from sales.rules import LineInput
from sales.rules.prices import Price
from sales.services.lines import CheckedLine, check_lines


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A checked line, the price that the customer has for it (None for a gift), and why it costs what it
    costs."""

    line: CheckedLine
    listed: Price | None
    reason: str
    is_gift: bool = False


def price_lines(*, customer: Customer, lines: Sequence[LineInput], day: dt.date) -> list[PricedLine]:
    """Checked lines with amounts and the reason for each price (domain-rules §6).

    A line without a price gets the customer's for that day; all lines of one product count together towards a
    quantity break. A gift costs nothing. ValidationError for what cannot be. Two statements.
    """
    products = Product.objects.in_bulk({line.product_id for line in lines})
    wants = {pk: quantity for pk, quantity in bought(lines).items() if pk in products}
    asked = [(products[pk], quantity) for pk, quantity in wants.items()]
    prices = dict(zip(wants, prices_for(customer, asked, day), strict=True))
    ready = [
        replace(line, price=prices[line.product_id].value)
        if not line.is_gift and line.price is None and line.product_id in prices
        else line
        for line in lines
    ]
    return [
        _priced(row, None if line.is_gift else prices.get(line.product_id), is_gift=line.is_gift)
        for line, row in zip(ready, check_lines(ready, products=products), strict=True)
    ]


def bought(lines: Sequence[LineInput]) -> dict[int, Decimal]:
    """Units by product id that are paid for."""
    wants: dict[int, Decimal] = {}
    for line in lines:
        if not line.is_gift and line.quantity.is_finite():
            wants[line.product_id] = wants.get(line.product_id, Decimal(0)) + line.quantity
    return wants


def _priced(row: CheckedLine, listed: Price | None, *, is_gift: bool) -> PricedLine:
    if is_gift:
        return PricedLine(row, None, _("Gift"), is_gift=True)
    if listed is None:
        return PricedLine(row, None, "")
    if row.price == listed.value:
        return PricedLine(row, listed, listed.reason)
    return PricedLine(row, listed, _("Changed from %(price)s") % {"price": money(listed.value)})
