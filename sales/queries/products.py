"""What the pages of products show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, Exists, OuterRef, QuerySet, Sum
from django.db.models.functions import TruncMonth

from accounts.models import User
from common.money import round_money, round_quantity
from sales.models import (
    Delivery,
    DeliveryLine,
    PriceList,
    PriceListLine,
    Product,
    ProductCategory,
    StockBalance,
    StockLocation,
)
from sales.rules.products import Node, tree, with_children

_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)
_QUANTITY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=3)


# --- categories
def category_tree() -> list[Node]:
    """All categories, each below the one it belongs to, in one statement."""
    return tree(ProductCategory.objects.values_list("pk", "name", "parent_id"))


def category_ids(pk: int) -> set[int]:
    """The category and all below it."""
    return with_children(pk, dict(ProductCategory.objects.order_by().values_list("pk", "parent_id")))


@dataclass(frozen=True, slots=True)
class CategoryChip:
    """A category at the top with all below it, to choose goods by."""

    pk: int
    name: str
    branch: tuple[int, ...]


def category_chips(only: Collection[int | None] | None = None) -> list[CategoryChip]:
    """Top categories with goods on sale (or with goods of the categories `only`) in themselves or below, in their
    order; none when there is nothing to choose between. One statement."""
    on_sale = Product.objects.active().filter(category=OuterRef("pk"))
    rows = list(
        ProductCategory.objects.annotate(sold=Exists(on_sale)).values_list("pk", "name", "parent_id", "sold")
    )
    parents = {pk: parent for pk, _name, parent, _sold in rows}
    filled = {pk for pk, _name, _parent, sold in rows if (sold if only is None else pk in only)}
    branches = {pk: with_children(pk, parents) for pk, _name, parent, _sold in rows if parent is None}
    chips = [
        CategoryChip(pk, name, tuple(sorted(branches[pk])))
        for pk, name, _parent, _sold in rows
        if pk in branches and branches[pk] & filled
    ]
    return chips if len(chips) > 1 else []


@dataclass(frozen=True, slots=True)
class Branch:
    """A category of the tree with the number of products that are its own, and with those below it."""

    node: Node
    own: int
    total: int


def branches() -> list[Branch]:
    """The tree with its numbers of products, in two statements."""
    nodes = category_tree()
    own = dict(
        Product.objects.filter(category__isnull=False)
        .order_by()
        .values_list("category_id")
        .annotate(n=Count("pk"))
    )
    parents = {node.pk: node.parent_id for node in nodes}
    totals = {node.pk: own.get(node.pk, 0) for node in nodes}
    for node in reversed(nodes):  # children stand behind their parents
        parent = parents[node.pk]
        if parent in totals:
            totals[parent] += totals[node.pk]
    return [Branch(node, own.get(node.pk, 0), totals[node.pk]) for node in nodes]


def brands() -> list[str]:
    return list(
        Product.objects.exclude(brand="").order_by("brand").values_list("brand", flat=True).distinct()
    )


# --- one product
def list_prices(product: Product, user: User) -> QuerySet[PriceListLine]:
    """The product's lines in all price lists that the user sees, those in use first."""
    return (
        PriceListLine.objects.filter(
            product=product, price_list__in=PriceList.objects.visible_to(user).order_by()
        )
        .select_related("price_list__channel", "price_list__customer")
        .order_by("-price_list__is_active", "price_list__name", "min_quantity")
    )


def stock_by_location(product: Product, user: User) -> list[StockBalance]:
    """What is on hand where, as far as the user may see the place; places with nothing are left out."""
    places = StockLocation.objects.visible_to(user).stocked().active()
    return list(
        StockBalance.objects.filter(product=product, location__in=places)
        .exclude(quantity=0)
        .select_related("location__rep")
        .order_by("location__kind", "location__code")
    )


@dataclass(frozen=True, slots=True)
class Month:
    """Goods issued of one product in one month: units, CNY, customers."""

    first: dt.date
    quantity: Decimal
    amount: Decimal
    customers: int


def monthly_sales(product: Product, user: User, *, today: dt.date, months: int = 6) -> list[Month]:
    """The last months, oldest first, the running one included; posted deliveries that the user may see."""
    firsts = [_month_before(today, back) for back in range(months - 1, -1, -1)]
    lines = (
        DeliveryLine.objects.filter(
            product=product,
            delivery__in=Delivery.objects.visible_to(user)
            .posted()
            .filter(issued_on__gte=firsts[0])
            .order_by(),
        )
        .order_by()
        .annotate(month=TruncMonth("delivery__issued_on"))
        .values_list("month")
        .annotate(
            quantity=Sum("quantity", output_field=_QUANTITY),
            amount=Sum("amount", output_field=_MONEY),
            customers=Count("delivery__customer", distinct=True),
        )
    )
    found = {month: (quantity, amount, customers) for month, quantity, amount, customers in lines}
    nothing = (Decimal(0), Decimal(0), 0)
    return [
        Month(first, round_quantity(quantity), round_money(amount), customers)
        for first in firsts
        for quantity, amount, customers in [found.get(first, nothing)]
    ]


def _month_before(day: dt.date, back: int) -> dt.date:
    months = day.year * 12 + day.month - 1 - back
    return dt.date(months // 12, months % 12 + 1, 1)
