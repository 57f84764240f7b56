"""Quotations for tests, written by the service."""

import datetime as dt
from decimal import Decimal

from django.utils import timezone

from sales.rules import LineInput
from sales.services.quotes import QuoteInput, create_quote


def quote_input(*lines, days=10, **values):
    """QuoteInput of (product, quantity[, price]) lines, valid for `days` more."""
    rows = [
        LineInput(product.pk, Decimal(str(quantity)), price=Decimal(str(price[0])) if price else None)
        for product, quantity, *price in lines
    ]
    return QuoteInput(lines=rows, valid_until=timezone.localdate() + dt.timedelta(days=days), **values)


def write_quote(actor, customer, *lines, send=True, days=10, **values):
    return create_quote(
        actor=actor, customer=customer, values=quote_input(*lines, days=days, **values), send=send
    )
