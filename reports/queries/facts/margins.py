"""Margin as sales.queries.margins defines it: what was delivered and kept, less what the goods cost, less what was spent.

Its facts are of their own, because the same lines may be read by people who may not see what goods cost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Case, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.tables import ChoiceColumn, Column, DateColumn, LinkColumn, MoneyColumn
from reports.enums import Unit
from reports.queries.facts.sales import line_columns
from reports.queries.measures import Derived, Fact, Measure, less, ratio, register
from reports.rules.compare import Figure
from sales.models import CostEntry, DeliveryLine, SalesReturnLine

PERMISSION = "sales.view_margin"
_COST: DecimalField[Any, Any] = DecimalField(max_digits=24, decimal_places=5)


def delivered() -> QuerySet[Any]:
    rows: QuerySet[Any] = DeliveryLine.objects.filter(delivery__status="posted")
    known: QuerySet[Any] = rows.annotate(
        cost=ExpressionWrapper(F("quantity") * F("unit_cost"), output_field=_COST)
    )
    return known


def came_back() -> QuerySet[Any]:
    """`cost` is that of the delivery, or of today where nobody knows it; what cannot be sold again keeps its cost."""
    unit = Coalesce(F("delivery_line__unit_cost"), F("product__cost"))
    unit_cost = Case(When(Q(condition="sellable"), then=unit), default=None)
    rows: QuerySet[Any] = SalesReturnLine.objects.filter(sales_return__status="posted")
    known: QuerySet[Any] = rows.annotate(
        cost=ExpressionWrapper(F("quantity") * unit_cost, output_field=_COST)
    )
    return known


def spent() -> QuerySet[Any]:
    rows: QuerySet[Any] = CostEntry.objects.posted()
    return rows


def _with_cost(slip: str, number: Any, day: str) -> Callable[[], Sequence[Column]]:
    def columns() -> Sequence[Column]:
        return [*line_columns(slip, number, day)(), MoneyColumn("cost", _("Cost of goods"), order=("cost",))]

    return columns


def _spent_columns() -> Sequence[Column]:
    return [
        LinkColumn("number", _("Cost number"), order=("number",), phone="title"),
        ChoiceColumn("kind", _("Kind"), order=("kind",)),
        DateColumn("spent_on", _("Day"), order=("spent_on",)),
        Column("customer", _("Customer"), path="customer.name", order=("customer__name",)),
        Column("rep", _("Rep"), path="rep.name", order=("rep__name",)),
        MoneyColumn("amount", _("Amount"), order=("amount",), phone="side"),
    ]


def _lines(code: str, label: Any, model: Any, rows: Any, slip: str, number: Any, day: str) -> Fact:
    return Fact(
        code,
        label,
        model,
        rows,
        PERMISSION,
        _with_cost(slip, number, day),
        day=f"{slip}__{day}",
        rep=f"{slip}__rep",
        customer=f"{slip}__customer",
        product="product",
        related=("product", f"{slip}__customer", f"{slip}__rep"),
        order=(f"-{slip}__{day}", "-pk"),
    )


GOODS_OUT = _lines(
    "margin_delivered",
    _("Delivery lines with their cost"),
    DeliveryLine,
    delivered,
    "delivery",
    _("Delivery number"),
    "issued_on",
)
GOODS_BACK = _lines(
    "margin_returned",
    _("Return lines with their cost"),
    SalesReturnLine,
    came_back,
    "sales_return",
    _("Return number"),
    "returned_on",
)
SPENT = Fact(
    "costs",
    _("Costs"),
    CostEntry,
    spent,
    PERMISSION,
    _spent_columns,
    day="spent_on",
    related=("customer", "rep"),
    order=("-spent_on", "-pk"),
)
register(GOODS_OUT, GOODS_BACK, SPENT)

_OUT_UNKNOWN = Q(unit_cost__isnull=True)
_BACK_UNKNOWN = Q(delivery_line__unit_cost__isnull=True, product__cost__isnull=True)
_OUT = _("Lines of posted deliveries by delivery date.")
_BACK = _("Lines of posted returns by return date.")
register(
    Measure("margin_out", _("Delivered"), Unit.MONEY, _OUT, GOODS_OUT, Sum("amount")),
    Measure(
        "margin_out_cost",
        _("Cost of what was delivered"),
        Unit.MONEY,
        _("Quantity × cost per unit when it left, of posted deliveries."),
        GOODS_OUT,
        Sum("cost"),
    ),
    Measure(
        "margin_out_unknown",
        _("Delivered without a known cost"),
        Unit.MONEY,
        _("Amount of delivered lines whose cost nobody knew when they left."),
        GOODS_OUT,
        Sum("amount", filter=_OUT_UNKNOWN),
        _OUT_UNKNOWN,
    ),
    Measure("margin_back", _("Returned"), Unit.MONEY, _BACK, GOODS_BACK, Sum("amount")),
    Measure(
        "margin_back_cost",
        _("Cost of what came back"),
        Unit.MONEY,
        _("Cost of returned goods that can be sold again; what cannot keeps its cost."),
        GOODS_BACK,
        Sum("cost"),
    ),
    Measure(
        "margin_back_unknown",
        _("Returned without a known cost"),
        Unit.MONEY,
        _("Amount of returned lines whose cost nobody knows."),
        GOODS_BACK,
        Sum("amount", filter=_BACK_UNKNOWN),
        _BACK_UNKNOWN,
    ),
    Measure(
        "margin_spent",
        _("Spent"),
        Unit.MONEY,
        _("Posted costs by their date: freight, display fees, rebates and the like."),
        SPENT,
        Sum("amount"),
    ),
)


def _gross(out: Any, back: Any, out_cost: Any, back_cost: Any) -> Figure:
    return (out or 0) - (back or 0) - ((out_cost or 0) - (back_cost or 0))


def _net(out: Any, back: Any, out_cost: Any, back_cost: Any, spent_: Any) -> Figure:
    return _gross(out, back, out_cost, back_cost) - (spent_ or 0)  # type: ignore[operator]  # money all through


_GOODS = ("margin_out", "margin_back", "margin_out_cost", "margin_back_cost")
register(
    Derived(
        "margin_revenue",
        _("Sold"),
        Unit.MONEY,
        _("Lines of posted deliveries less lines of posted returns."),
        ("margin_out", "margin_back"),
        less,
    ),
    Derived(
        "margin_cost",
        _("Cost of goods"),
        Unit.MONEY,
        _("Cost of what was delivered, when it left, less the cost of what came back and can be sold again."),
        ("margin_out_cost", "margin_back_cost"),
        less,
    ),
    Derived(
        "margin_gross",
        _("Gross margin"),
        Unit.MONEY,
        _("Goods sold less their cost, before money spent on customers."),
        _GOODS,
        _gross,
    ),
    Derived(
        "margin_gross_rate",
        _("Gross margin rate"),
        Unit.PERCENT,
        _("Gross margin ÷ goods sold."),
        _GOODS,
        lambda out, back, out_cost, back_cost: ratio(_gross(out, back, out_cost, back_cost), less(out, back)),
    ),
    Derived(
        "margin",
        _("Margin"),
        Unit.MONEY,
        _("Goods sold less their cost, less what was spent."),
        (*_GOODS, "margin_spent"),
        _net,
    ),
    Derived(
        "margin_rate",
        _("Margin rate"),
        Unit.PERCENT,
        _("Margin ÷ goods sold, both of the period."),
        (*_GOODS, "margin_spent"),
        lambda out, back, out_cost, back_cost, spent_: ratio(
            _net(out, back, out_cost, back_cost, spent_), less(out, back)
        ),
    ),
    Derived(
        "margin_unknown",
        pgettext_lazy("margin", "Without cost"),
        Unit.MONEY,
        _("Goods sold whose cost nobody knew: the margin over them is not true."),
        ("margin_out_unknown", "margin_back_unknown"),
        less,
    ),
)
