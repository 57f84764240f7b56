"""What an order says besides its lines: checked on the way in, told as a change on the way through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from sales.enums import PaymentMethod, ShippingMethod
from sales.models import OrderLine, SalesOrder
from sales.rules import OrderDetails
from sales.services.ledger import plain

LINE = "line: "  # leads the audit's key of a changed line


def check_details(details: OrderDetails) -> dict[str, Any]:
    """Column values; ValidationError for a way of shipping or paying that we do not know, or a text that is
    too long."""
    values = {
        name: value.strip() if isinstance(value, str) else value for name, value in asdict(details).items()
    }
    if values["shipping_method"] not in ("", *ShippingMethod.values):
        raise ValidationError(_("Choose how the goods are shipped."), code="shipping_method")
    if values["payment_method"] not in ("", *PaymentMethod.values):
        raise ValidationError(_("Choose how the customer pays."), code="payment_method")
    for name, value in values.items():
        field = SalesOrder._meta.get_field(name)
        most = getattr(field, "max_length", None)
        if isinstance(value, str) and most is not None and len(value) > most:
            raise ValidationError(
                _("%(field)s: at most %(n)s characters.")
                % {"field": getattr(field, "verbose_name", name), "n": most},
                code=name,
            )
    return values


def line_changes(before: Sequence[OrderLine], after: Sequence[OrderLine]) -> dict[str, list[str]]:
    """What became of the lines, as the audit keeps it: {"line: product": [was, is]}; "" where there was, is
    none."""
    was, now = _words(before), _words(after)
    return {
        f"{LINE}{name}": [was.get(name, ""), now.get(name, "")]
        for name in dict.fromkeys([*was, *now])
        if was.get(name) != now.get(name)
    }


def _words(lines: Sequence[OrderLine]) -> dict[str, str]:
    """{product: quantity, price and discount of its lines}; gifts apart from what is paid for."""
    words: dict[str, str] = {}
    for line in lines:
        name = _("%(product)s (gift)") % {"product": line.product.name} if line.is_gift else line.product.name
        text = f"{plain(line.quantity)} {line.product.unit}"
        if not line.is_gift:
            text += f" × {line.price:f}" + (f" −{plain(line.discount * 100)}%" if line.discount else "")
        words[name] = f"{words[name]}; {text}" if name in words else text
    return words
