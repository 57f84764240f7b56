"""Columns of what was reported from stores: a row a product, a row a filled-in form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common.tables import Column, DateColumn, FormatColumn, MoneyColumn, NumberColumn, badge
from common.templatetags import paodian as fmt
from visits.queries.in_store import answer_words


@dataclass(frozen=True)
class QuantityColumn(Column):
    align: str = "end"

    def cell(self, row: Any) -> str:
        value = self.value(row)
        return "–" if value is None else fmt.quantity(value)


def _customer(row: Any) -> SafeString:
    customer = row.report.customer
    return format_html('<a href="{}" class="fw-medium">{}</a>', customer.get_absolute_url(), customer.name)


def _visit(row: Any) -> SafeString | str:
    report = row.report
    return _link(report)


def _link(report: Any) -> SafeString | str:
    if report.visit_id is None:
        return fmt.clock(report.occurred_at)
    url = report.visit.get_absolute_url()
    return format_html('<a href="{}">{}</a>', url, fmt.clock(report.occurred_at))


@dataclass(frozen=True)
class TimeColumn(FormatColumn):
    """The time, leading to the visit."""

    def value(self, row: Any) -> str:
        return fmt.clock(getattr(row, "report", row).occurred_at)


def _suggested(row: Any) -> SafeString | str:
    if row.suggested is None:
        return "–"
    return badge(fmt.quantity(row.suggested), "yellow") if row.suggested else "0"


_HEAD: tuple[Column, ...] = (
    DateColumn(
        "day", _("Day"), path="report.day", order=("report__day", "report__occurred_at"), phone="side"
    ),
    TimeColumn("time", _("Time"), order=("report__occurred_at",), draw=_visit),
    Column("rep", _("Rep"), path="report.rep.name", order=("report__rep__name",)),
    FormatColumn(
        "customer",
        _("Customer"),
        path="report.customer.name",
        order=("report__customer__name",),
        draw=_customer,
        phone="title",
    ),
    Column("code", _("Customer code"), path="report.customer.code", hidden=True),
    Column("product", _("Product"), path="product.name", order=("product__name",)),
    Column("product_code", _("Product code"), path="product.code", hidden=True),
)
_NOTE = Column("note", _("Note"), path="report.note", hidden=True)

COUNT_COLUMNS: tuple[Column, ...] = (
    *_HEAD,
    QuantityColumn("quantity", _("Counted"), order=("quantity",)),
    Column("unit", _("Unit"), path="product.unit", phone=""),
    DateColumn("best_before", _("Best before"), order=("best_before",)),
    FormatColumn(
        "suggested",
        _("Suggested order"),
        order=("suggested",),
        path="suggested",
        draw=_suggested,
        align="end",
    ),
    _NOTE,
)
SELL_OUT_COLUMNS: tuple[Column, ...] = (
    *_HEAD,
    QuantityColumn("quantity", _("Sold"), order=("quantity",)),
    Column("unit", _("Unit"), path="product.unit", phone=""),
    MoneyColumn("price", _("Shelf price"), order=("price",)),
    _NOTE,
)
DISPLAY_COLUMNS: tuple[Column, ...] = (
    *_HEAD,
    Column("place", _("Where in the shop"), path="report.place", order=("report__place",)),
    NumberColumn("facings", _("Facings"), order=("facings",)),
    NumberColumn("photos", _("Photos"), path="n_photos", order=("n_photos",)),
    _NOTE,
)


def _answer_customer(row: Any) -> SafeString:
    return format_html(
        '<a href="{}" class="fw-medium">{}</a>', row.customer.get_absolute_url(), row.customer.name
    )


@dataclass(frozen=True)
class AnswersColumn(Column):
    def value(self, row: Any) -> str:
        return "；".join(f"{label}：{value}" for label, value in answer_words(row.answers))


ANSWER_COLUMNS: tuple[Column, ...] = (
    DateColumn("day", _("Day"), order=("day", "occurred_at"), phone="side"),
    TimeColumn("time", _("Time"), order=("occurred_at",), draw=_link),
    Column("rep", _("Rep"), path="rep.name", order=("rep__name",)),
    FormatColumn(
        "customer",
        _("Customer"),
        path="customer.name",
        order=("customer__name",),
        draw=_answer_customer,
        phone="title",
    ),
    Column("code", _("Customer code"), path="customer.code", hidden=True),
    Column("form", _("Form"), path="form.name", order=("form__name",)),
    AnswersColumn("answers", _("Answers")),
)
