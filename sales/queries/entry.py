"""What the order entry offers."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    Count,
    DecimalField,
    Max,
    OuterRef,
    QuerySet,
    Subquery,
)

from accounts.models import SystemOptions
from crm.models import Customer
from sales.models import OrderLine, Product, SalesOrder
from sales.rules import OrderDetails

_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)
_QUANTITY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=3)


def _orders_of(customer: Customer, besides: SalesOrder | None) -> QuerySet[SalesOrder]:
    """The customer's orders that count, without the one that is being changed."""
    orders: QuerySet[SalesOrder] = SalesOrder.objects.counted().filter(customer=customer)
    return orders if besides is None else orders.exclude(pk=besides.pk)


def last_order(customer: Customer, *, besides: SalesOrder | None = None) -> SalesOrder | None:
    """The customer's last order that counts, `besides` the one that is being changed."""
    return _orders_of(customer, besides).order_by("-ordered_on", "-pk").first()


def lines_of(order: SalesOrder) -> list[OrderLine]:
    """Lines with their products, in order."""
    return list(order.lines.select_related("product"))


def usual_products(
    customer: Customer, *, limit: int = 12, besides: SalesOrder | None = None
) -> list[Product]:
    """Products on sale that the customer ordered, the latest and most frequent first, with `last_price` and
    `last_quantity` (of its last line that was paid for).

    A customer without orders gets the first of the catalogue.
    """
    bought = (
        OrderLine.objects.filter(order__in=_orders_of(customer, besides))
        .filter(product__is_active=True, is_gift=False)
        .order_by()
        .values("product_id")
        .annotate(last=Max("order__ordered_on"), times=Count("pk"))
        .order_by("-last", "-times", "product_id")
    )
    ids = [row["product_id"] for row in bought[:limit]]
    if not ids:
        return list(Product.objects.active()[:limit])
    products = Product.objects.annotate(
        last_price=last_price(customer, besides=besides),
        last_quantity=Subquery(_last_line(customer, besides).values("quantity")[:1], output_field=_QUANTITY),
    ).in_bulk(ids)
    return [products[pk] for pk in ids]


def last_price(customer: Customer, *, besides: SalesOrder | None = None) -> Subquery:
    """Price of the customer's last line of the product OuterRef("pk")."""
    return Subquery(_last_line(customer, besides).values("price")[:1], output_field=_MONEY)


def _last_line(customer: Customer, besides: SalesOrder | None) -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(
        product_id=OuterRef("pk"),
        order__in=_orders_of(customer, besides),
        is_gift=False,
    ).order_by("-order__ordered_on", "-order_id")


def usual_details(customer: Customer) -> OrderDetails:
    """Who gets the goods and where, as the customer's file has it; the company sends them (three statements)."""
    contact = customer.contacts.order_by("-is_primary", "pk").prefetch_related("phones").first()
    phones = list(contact.phones.all()) if contact else []
    phone = phones[0] if phones else customer.phones.first()
    return OrderDetails(
        consignee=contact.name if contact else "",
        consignee_phone=phone.raw[:40] if phone else "",
        delivery_address=customer.full_address[:200],
        consignor=SystemOptions.load().company_name[:60],
    )
