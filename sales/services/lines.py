"""What a line of an order or a quotation must be: numbers that can be, a product on sale, its rounded amount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from common import money
from sales import rules
from sales.models import Product
from sales.rules import LineInput

_SHARE = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """A line ready to be written: rounded quantity, price and amount (domain-rules §6); positions count from 1."""

    product: Product
    position: int
    quantity: Decimal
    price: Decimal
    discount: Decimal
    amount: Decimal


def check_lines(lines: Sequence[LineInput], *, products: dict[int, Product]) -> list[CheckedLine]:
    """The lines of a slip; `products` are those they name, by id. ValidationError says what cannot be."""
    if len(lines) > rules.MAX_LINES:
        raise ValidationError(_("An order has at most %(n)s lines.") % {"n": rules.MAX_LINES}, code="lines")
    return [
        check_line(position, line, products.get(line.product_id))
        for position, line in enumerate(lines, start=1)
    ]


def check_line(position: int, line: LineInput, product: Product | None) -> CheckedLine:
    """One line; without a price of its own it takes the product's."""
    if product is None:
        raise ValidationError(_("Line %(n)s names no product we know.") % {"n": position}, code="product")
    if not product.is_active:
        raise ValidationError(not_on_sale(product), code="product")
    quantity = check_number(line.quantity, upto=rules.MAX_QUANTITY, product=product)
    quantity = money.round_quantity(quantity)
    if quantity <= 0:
        raise ValidationError(
            _("%(product)s: the quantity must be more than 0.") % {"product": product}, code="quantity"
        )
    price = product.price if line.price is None else line.price
    price = money.round_money(check_number(price, upto=rules.MAX_PRICE, product=product))
    discount = check_share(line.discount)
    if line.is_gift:
        price = discount = Decimal(0)
    amount = money.line_amount(quantity, price, discount)
    return CheckedLine(product, position, quantity, price, discount, amount)


def check_number(value: Decimal, *, upto: Decimal, product: Product) -> Decimal:
    if not value.is_finite() or value < 0 or value > upto:
        raise ValidationError(
            _("%(product)s: %(value)s is not a possible number.") % {"product": product, "value": value},
            code="number",
        )
    return value


def check_share(value: Decimal) -> Decimal:
    """A discount as a share, four places."""
    if not value.is_finite() or not 0 <= value <= 1:
        raise ValidationError(_("A discount is between 0 and 100 %."), code="discount")
    return value.quantize(_SHARE)


def check_total(amounts: Sequence[Decimal], discount: Decimal) -> Decimal:
    """The slip's total, CNY; one that somebody must have mistyped is refused."""
    total = money.order_total(amounts, discount)
    if total > rules.MAX_AMOUNT:
        raise ValidationError(_("The total is too large to be true."), code="number")
    return total


def not_on_sale(product: Product) -> str:
    return _("%(product)s is not on sale any more.") % {"product": product}
