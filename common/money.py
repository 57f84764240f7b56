"""Rounding and totals of money and quantities (domain-rules §6). Decimal in, Decimal out; never float."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
MILLI = Decimal("0.001")
_ONE = Decimal(1)


def round_money(amount: Decimal) -> Decimal:
    """CNY to two places, half away from zero: 0.005 → 0.01, −0.005 → −0.01, so a reversal cancels exactly."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def round_quantity(quantity: Decimal) -> Decimal:
    """A quantity to three places, half away from zero."""
    return quantity.quantize(MILLI, ROUND_HALF_UP)


def line_amount(quantity: Decimal, price: Decimal, line_discount: Decimal = Decimal(0)) -> Decimal:
    """quantity × price × (1 − line discount), rounded to the cent; the discount is a share, 0.05 for 5 %.

    Rounding here and not at the end makes the printed lines add up to the printed subtotal (domain-rules §6).
    """
    return round_money(quantity * price * (_ONE - line_discount))


def order_total(lines: Iterable[Decimal], order_discount: Decimal = Decimal(0)) -> Decimal:
    """Σ line amounts (from `line_amount`) × (1 − order discount), rounded to the cent (domain-rules §6)."""
    return round_money(sum(lines, Decimal(0)) * (_ONE - order_discount))
