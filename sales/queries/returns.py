"""What a return is credited at, and what of a delivery can still come back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.db.models import OuterRef, Subquery

from common import business_calendar
from common.money import round_money
from crm.models import Customer
from sales.enums import PostingStatus
from sales.models import Delivery, DeliveryLine, Product
from sales.queries.prices import prices_for


def last_paid(customer: Customer, products: Sequence[Product]) -> dict[int, Decimal]:
    """CNY for one unit the customer paid last time, by product id (gifts apart); today's price where it never bought.

    What counts is what was billed, discounts included.
    """
    wanted = {product.pk: product for product in products}
    lines = DeliveryLine.objects.filter(
        product_id=OuterRef("pk"),
        is_gift=False,
        delivery__customer=customer,
        delivery__status=PostingStatus.POSTED,
    ).order_by("-delivery__issued_on", "-delivery_id", "-pk")
    found = Product.objects.filter(pk__in=wanted).annotate(line_id=Subquery(lines.values("pk")[:1]))
    last = DeliveryLine.objects.in_bulk(found.exclude(line_id=None).values_list("line_id", flat=True))
    paid = {line.product_id: round_money(line.amount / line.quantity) for line in last.values()}
    new = [product for pk, product in wanted.items() if pk not in paid]
    answers = prices_for(customer, [(product, Decimal(1)) for product in new], business_calendar.today())
    return paid | {product.pk: answer.value for product, answer in zip(new, answers, strict=True)}


def returnable_lines(delivery: Delivery) -> list[DeliveryLine]:
    """Lines of a delivery of which something can still come back."""
    lines = delivery.lines.select_related("product").order_by("pk")
    return [line for line in lines if line.returned < line.quantity]
