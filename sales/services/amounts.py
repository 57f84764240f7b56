"""What an amount of money that somebody typed must be."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from common.money import round_money
from sales import rules


def checked_amount(amount: Decimal) -> Decimal:
    """CNY to the cent; ValidationError unless it is more than nothing and can be true."""
    if not amount.is_finite() or amount > rules.MAX_AMOUNT:
        raise ValidationError(_("%(value)s is not a possible amount.") % {"value": amount}, code="number")
    amount = round_money(amount)
    if amount <= 0:
        raise ValidationError(_("The amount must be more than 0."), code="amount")
    return amount
