"""Orders, deliveries and receipts on A4, for customers to sign and keep."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from accounts.models import SystemOptions
from common.money_words import in_capitals
from sales import queries
from sales.models import DeliveryLine, OrderLine
from sales.queries.papers import consignee_of, delivered_lines
from sales.rules.stock import in_words
from sales.services.van_sales import receipt_of
from sales.views.deliveries import find_delivery
from sales.views.orders import find_order
from sales.views.receipts import find_receipt


def draw_paper(request: HttpRequest, template: str, amount: Decimal, context: dict[str, Any]) -> HttpResponse:
    """The slip with what stands on every paper: who we are, and the amount in capitals."""
    common = {"company": SystemOptions.load().company_name, "capitals": in_capitals(amount)}
    return TemplateResponse(request, template, context | common)


def say_quantities(lines: Iterable[OrderLine | DeliveryLine]) -> None:
    for line in lines:
        line.words = in_words(line.quantity, line.product)


@require_GET
@permission_required("sales.view_salesorder", raise_exception=True)
def order_paper(request: HttpRequest, pk: int) -> HttpResponse:
    order = find_order(request, pk)
    lines = queries.lines_of(order)
    say_quantities(lines)
    context = {"order": order, "lines": lines, "subtotal": sum(line.amount for line in lines)}
    return draw_paper(request, "sales/order_paper.html", order.total, context)


@require_GET
@permission_required("sales.view_delivery", raise_exception=True)
def delivery_paper(request: HttpRequest, pk: int) -> HttpResponse:
    delivery = find_delivery(request, pk)
    lines = delivered_lines(delivery)
    say_quantities(lines)
    context = {
        "delivery": delivery,
        "lines": lines,
        "consignee": consignee_of(delivery),
        "has_discounts": any(line.line_discount for line in lines),
        "discount": delivery.order.discount if delivery.order else delivery.discount,
        "receipt": receipt_of(delivery),
    }
    return draw_paper(request, "sales/delivery_paper.html", delivery.amount, context)


@require_GET
@permission_required("sales.view_receipt", raise_exception=True)
def receipt_paper(request: HttpRequest, pk: int) -> HttpResponse:
    receipt = find_receipt(request, pk)
    standing = [row for row in queries.allocations_of(receipt) if row.released_on is None]
    context = {"receipt": receipt, "allocations": standing}
    return draw_paper(request, "sales/receipt_paper.html", receipt.amount, context)
