"""Goods: quantities sold and returned, gifts, prices below the list, and how many customers have a product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum, Value
from django.utils.translation import gettext_lazy as _

from common.tables import Column, MoneyColumn
from reports.enums import Unit
from reports.queries.facts.sales import DELIVERY_LINES, RETURN_LINES, line_columns
from reports.queries.measures import Derived, Fact, Measure, less, ratio, register
from reports.rules.compare import Figure
from sales.models import DeliveryLine, OrderLine

_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=24, decimal_places=9)


# --- rows
def gifts() -> QuerySet[Any]:
    """Delivered lines given for nothing, with `worth` at today's price of the product."""
    rows: QuerySet[Any] = DeliveryLine.objects.filter(delivery__status="posted", is_gift=True)
    known: QuerySet[Any] = rows.annotate(
        worth=ExpressionWrapper(F("quantity") * F("product__price"), output_field=_MONEY)
    )
    return known


def counted_lines() -> QuerySet[Any]:
    rows: QuerySet[Any] = OrderLine.objects.exclude(order__status__in=("draft", "cancelled"))
    return rows


def listed_lines() -> QuerySet[Any]:
    """Ordered lines that had a list price: `listed` at that price, `net` after both discounts, CNY."""
    rows = counted_lines().filter(is_gift=False, list_price__isnull=False)
    left = (Value(1) - F("discount")) * (Value(1) - F("order__discount"))
    known: QuerySet[Any] = rows.annotate(
        listed=ExpressionWrapper(F("quantity") * F("list_price"), output_field=_MONEY),
        net=ExpressionWrapper(F("amount") * (Value(1) - F("order__discount")), output_field=_MONEY),
        paid_price=ExpressionWrapper(F("price") * left, output_field=_MONEY),
    )
    return known


def bought_lines() -> QuerySet[Any]:
    """Ordered lines of active customers, gifts left out: for their present owners."""
    return counted_lines().filter(is_gift=False, order__customer__status="active")


# --- columns
def _gift_columns() -> Sequence[Column]:
    columns = [
        column
        for column in line_columns("delivery", _("Delivery number"), "issued_on")()
        if column.key != "amount"
    ]
    return [*columns, MoneyColumn("worth", _("Worth"), order=("worth",), phone="side")]


def _listed_columns() -> Sequence[Column]:
    return [
        *line_columns("order", _("Order number"), "ordered_on")(),
        MoneyColumn("list_price", _("List price"), order=("list_price",)),
        MoneyColumn("paid_price", _("Price paid"), order=("paid_price",)),
    ]


# --- facts
def _line_paths(slip: str, day: str, rep: str = "") -> dict[str, Any]:
    return {
        "day": f"{slip}__{day}",
        "rep": rep or f"{slip}__rep",
        "customer": f"{slip}__customer",
        "product": "product",
        "related": ("product", f"{slip}__customer", f"{slip}__rep"),
        "order": (f"-{slip}__{day}", "-pk"),
    }


GIFT_LINES = Fact(
    "gift_lines",
    _("Gifts"),
    DeliveryLine,
    gifts,
    "sales.view_delivery",
    _gift_columns,
    **_line_paths("delivery", "issued_on"),
)
LISTED_LINES = Fact(
    "listed_lines",
    _("Order lines with a list price"),
    OrderLine,
    listed_lines,
    "sales.view_salesorder",
    _listed_columns,
    **_line_paths("order", "ordered_on"),
)
BOUGHT_LINES = Fact(
    "bought_lines",
    _("Order lines of active customers"),
    OrderLine,
    bought_lines,
    "sales.view_salesorder",
    line_columns("order", _("Order number"), "ordered_on"),
    **_line_paths("order", "ordered_on", "order__customer__owner"),
)
register(GIFT_LINES, LISTED_LINES, BOUGHT_LINES)

# --- quantities
register(
    Measure(
        "sold_quantity_gross",
        _("Quantity delivered"),
        Unit.QUANTITY,
        _("Quantity on lines of posted deliveries, gifts included, each in the unit of its product."),
        DELIVERY_LINES,
        Sum("quantity"),
    ),
    Measure(
        "returned_quantity",
        _("Quantity returned"),
        Unit.QUANTITY,
        _("Quantity on lines of posted returns, each in the unit of its product."),
        RETURN_LINES,
        Sum("quantity"),
    ),
    Derived(
        "sold_quantity",
        _("Quantity sold"),
        Unit.QUANTITY,
        _("Quantity delivered less quantity returned, each in the unit of its product."),
        ("sold_quantity_gross", "returned_quantity"),
        less,
    ),
    Measure(
        "return_slips",
        _("Number of returns"),
        Unit.COUNT,
        _("Posted returns with at least one such line."),
        RETURN_LINES,
        Count("sales_return", distinct=True),
        additive=False,
    ),
    Measure(
        "return_customers",
        _("Customers that returned"),
        Unit.COUNT,
        _("Different customers with at least one such line."),
        RETURN_LINES,
        Count("sales_return__customer", distinct=True),
        additive=False,
    ),
    Derived(
        "return_rate",
        _("Return rate"),
        Unit.PERCENT,
        _("Goods returned in the period ÷ goods delivered in the period, by amount."),
        ("returned_lines", "sold_lines_gross"),
        ratio,
    ),
)

# --- gifts
register(
    Measure(
        "gift_worth",
        _("Worth of gifts"),
        Unit.MONEY,
        _("Goods delivered for nothing, at today's price of the product."),
        GIFT_LINES,
        Sum("worth"),
    ),
    Measure(
        "gift_quantity",
        _("Quantity given"),
        Unit.QUANTITY,
        _("Goods delivered for nothing, each in the unit of its product."),
        GIFT_LINES,
        Sum("quantity"),
    ),
    Measure(
        "gift_customers",
        _("Customers with gifts"),
        Unit.COUNT,
        _("Different customers that were delivered something for nothing."),
        GIFT_LINES,
        Count("delivery__customer", distinct=True),
        additive=False,
    ),
    Derived(
        "gift_share",
        _("Gift rate"),
        Unit.PERCENT,
        _("Worth of gifts ÷ amount of goods delivered."),
        ("gift_worth", "sold_lines_gross"),
        ratio,
    ),
)

# --- prices
_BELOW = Q(paid_price__lt=F("list_price"))


def _discount(listed: Figure, net: Figure) -> float | None:
    return ratio(less(listed, net), listed)


register(
    Measure(
        "listed_amount",
        _("At list price"),
        Unit.MONEY,
        _("Quantity × list price of counted order lines; gifts and lines without a list price left out."),
        LISTED_LINES,
        Sum("listed"),
    ),
    Measure(
        "listed_net",
        _("As sold"),
        Unit.MONEY,
        _("Amount of the same lines, less the discount of the line and of its order."),
        LISTED_LINES,
        Sum("net"),
    ),
    Measure(
        "listed_lines",
        _("Order lines"),
        Unit.COUNT,
        _("Counted order lines with a list price, gifts left out."),
        LISTED_LINES,
    ),
    Measure(
        "below_list_lines",
        _("Below list price"),
        Unit.COUNT,
        _("Of these, lines whose price after both discounts is below the list price."),
        LISTED_LINES,
        Count("pk", filter=_BELOW),
        _BELOW,
    ),
    Derived(
        "below_list_share",
        _("Lines below list"),
        Unit.PERCENT,
        _("Order lines below the list price ÷ order lines with a list price."),
        ("below_list_lines", "listed_lines"),
        ratio,
    ),
    Derived(
        "price_gap",
        _("Given away"),
        Unit.MONEY,
        _("At list price less as sold; negative when sold above the list."),
        ("listed_amount", "listed_net"),
        less,
    ),
    Derived(
        "price_gap_share",
        _("Deviation"),
        Unit.PERCENT,
        _("(At list price − as sold) ÷ at list price."),
        ("listed_amount", "listed_net"),
        _discount,
    ),
)

# --- who has it
register(
    Measure(
        "bought_customers",
        _("Customers that bought it"),
        Unit.COUNT,
        _(
            "Different active customers with a counted order line of it in the period, for their present owner."
        ),
        BOUGHT_LINES,
        Count("order__customer", distinct=True),
        additive=False,
    ),
)
