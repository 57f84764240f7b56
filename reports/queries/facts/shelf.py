"""Goods in the shops: facings on the shelf and what was counted there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from common.tables import Column, DateColumn, FormatColumn, NumberColumn
from common.templatetags.paodian import quantity
from reports.enums import Unit
from reports.queries.measures import Derived, Fact, Measure, ratio, register
from reports.rules.compare import Figure
from visits.models import DisplayLine, SellOutLine, ShelfCountLine


def standing_products() -> QuerySet[Any]:
    """Lines of active customers' display reports with at least one facing: for their present owners."""
    rows: QuerySet[Any] = DisplayLine.objects.filter(facings__gt=0, report__customer__status="active")
    return rows


def _columns(figure: Column) -> Callable[[], Sequence[Column]]:
    def columns() -> Sequence[Column]:
        return [
            Column("product", _("Product"), path="product.name", order=("product__name",), phone="title"),
            DateColumn("day", _("Day"), path="report.day", order=("report__day",)),
            Column("customer", _("Customer"), path="report.customer.name", order=("report__customer__name",)),
            Column("rep", _("Rep"), path="report.rep.name", order=("report__rep__name",)),
            figure,
        ]

    return columns


def _fact(code: str, label: Any, model: Any, rows: Any, figure: Column, rep: str = "report__rep") -> Fact:
    return Fact(
        code,
        label,
        model,
        rows,
        "visits.view_visit",
        _columns(figure),
        day="report__day",
        rep=rep,
        customer="report__customer",
        product="product",
        related=("product", "report__customer", "report__rep"),
        order=("-report__day", "-pk"),
    )


_FACINGS = NumberColumn("facings", _("Facings"), order=("facings",), phone="side")
_QUANTITY = FormatColumn(
    "quantity",
    _("Quantity"),
    order=("quantity",),
    align="end",
    phone="side",
    draw=lambda row: f"{quantity(row.quantity)} {row.product.unit}",
)
DISPLAY_LINES = _fact(
    "display_lines", _("Products in display reports"), DisplayLine, DisplayLine.objects.all, _FACINGS
)
STANDING = _fact(
    "standing_products",
    _("Products on the shelf"),
    DisplayLine,
    standing_products,
    _FACINGS,
    rep="report__customer__owner",
)
SHELF_LINES = _fact(
    "shelf_lines", _("Products in stock counts"), ShelfCountLine, ShelfCountLine.objects.all, _QUANTITY
)
SELL_OUT_LINES = _fact(
    "sell_out_lines", _("Products in sell-out reports"), SellOutLine, SellOutLine.objects.all, _QUANTITY
)
register(DISPLAY_LINES, STANDING, SHELF_LINES, SELL_OUT_LINES)

_OUT = Q(quantity=0)
_LOW = Q(suggested__gt=0)


def _mean(total: Figure, count: Figure) -> float | None:
    return float(total or 0) / float(count) if count else None


register(
    Measure(
        "facings",
        _("Facings"),
        Unit.COUNT,
        _("Facings in the display reports of the period, added up; a shop reported twice counts twice."),
        DISPLAY_LINES,
        Sum("facings"),
    ),
    Measure(
        "display_lines",
        _("Times reported"),
        Unit.COUNT,
        _("Lines of display reports of the period: a product seen in a shop."),
        DISPLAY_LINES,
    ),
    Measure(
        "display_customers",
        _("Shops with a display report"),
        Unit.COUNT,
        _("Different customers of whose shelf it was reported in the period."),
        DISPLAY_LINES,
        Count("report__customer", distinct=True),
        additive=False,
    ),
    Derived(
        "facings_mean",
        _("Facings per report"),
        Unit.SCORE,
        _("Facings ÷ times a product was reported."),
        ("facings", "display_lines"),
        _mean,
    ),
    Measure(
        "standing_customers",
        _("Shops that show it"),
        Unit.COUNT,
        _(
            "Different active customers with at least one facing of it reported in the period, for their present owner."
        ),
        STANDING,
        Count("report__customer", distinct=True),
        additive=False,
    ),
    Measure(
        "shelf_lines",
        _("Times counted"),
        Unit.COUNT,
        _("Lines of stock counts of the period: a product counted in a shop."),
        SHELF_LINES,
    ),
    Measure(
        "shelf_customers",
        _("Shops counted"),
        Unit.COUNT,
        _("Different customers whose shelf was counted in the period."),
        SHELF_LINES,
        Count("report__customer", distinct=True),
        additive=False,
    ),
    Measure(
        "shelf_out",
        _("Out of stock"),
        Unit.COUNT,
        _("Lines of stock counts that found nothing."),
        SHELF_LINES,
        Count("pk", filter=_OUT),
        _OUT,
    ),
    Measure(
        "shelf_low",
        _("To be reordered"),
        Unit.COUNT,
        _("Lines of stock counts for which an order was suggested."),
        SHELF_LINES,
        Count("pk", filter=_LOW),
        _LOW,
    ),
    Measure(
        "sell_out_quantity",
        _("Sold by the shops"),
        Unit.QUANTITY,
        _("Quantity that shops reported to have sold on, each in the unit of its product."),
        SELL_OUT_LINES,
        Sum("quantity"),
    ),
    Derived(
        "shelf_out_rate",
        _("Out-of-stock rate"),
        Unit.PERCENT,
        _("Times a counted product was out of stock ÷ times it was counted."),
        ("shelf_out", "shelf_lines"),
        ratio,
    ),
)
