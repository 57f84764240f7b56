"""What the order entry offers."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    Count,
    DecimalField,
    Max,
    OuterRef,
    Subquery,
)

from crm.models import Customer
from sales.models import OrderLine, Product, SalesOrder

_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)


def last_order(customer: Customer) -> SalesOrder | None:
    """The customer's last order that counts."""
    order: SalesOrder | None = (
        SalesOrder.objects.counted().filter(customer=customer).order_by("-ordered_on", "-pk").first()
    )
    return order


def lines_of(order: SalesOrder) -> list[OrderLine]:
    """Lines with their products, in order."""
    return list(order.lines.select_related("product"))


def usual_products(customer: Customer, *, limit: int = 12) -> list[Product]:
    """Products on sale that the customer ordered, the latest and most frequent first, with `last_price`.

    A customer without orders gets the first of the catalogue.
    """
    bought = (
        OrderLine.objects.filter(order__in=SalesOrder.objects.counted().filter(customer=customer))
        .filter(product__is_active=True)
        .order_by()
        .values("product_id")
        .annotate(last=Max("order__ordered_on"), times=Count("pk"))
        .order_by("-last", "-times", "product_id")
    )
    ids = [row["product_id"] for row in bought[:limit]]
    if not ids:
        return list(Product.objects.active()[:limit])
    products = Product.objects.annotate(last_price=last_price(customer)).in_bulk(ids)
    return [products[pk] for pk in ids]


def last_price(customer: Customer) -> Subquery:
    """Price of the customer's last line of the product OuterRef("pk")."""
    lines = OrderLine.objects.filter(
        product_id=OuterRef("pk"), order__in=SalesOrder.objects.counted().filter(customer=customer)
    )
    return Subquery(
        lines.order_by("-order__ordered_on", "-order_id").values("price")[:1], output_field=_MONEY
    )
