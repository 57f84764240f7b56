from decimal import Decimal

from django import template

from common.templatetags.paodian import money, quantity
from sales.rules.targets import is_count

register = template.Library()


@register.filter
def of_measure(value: Decimal | None, measure: str) -> str:
    """A target or an actual in the measure's unit: a number, or CNY."""
    return quantity(value) if is_count(measure) else money(value)


@register.filter
def negated(value: Decimal | None) -> Decimal | None:
    return None if value is None else -value
