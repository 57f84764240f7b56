"""Columns of who has sent his daily report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.tables import Column, FormatColumn, badge, text
from common.templatetags import paodian as fmt
from visits.rules.day_end import Figures, thaw


def figures_of(row: Any) -> Figures | None:
    """The frozen figures of a row's report, read once for all its cells."""
    if row.report_pk is None:
        return None
    if not hasattr(row, "figures"):
        row.figures = thaw(row.report_figures)
    figures: Figures = row.figures
    return figures


@dataclass(frozen=True)
class FigureColumn(Column):
    """A frozen figure, drawn by `draw` on the page and bare in Excel."""

    align: str = "end"
    read: Callable[[Figures], Any] | None = None
    draw: Callable[[Any], str] | None = None

    def value(self, row: Any) -> Any:
        figures = figures_of(row)
        if figures is None:
            return None
        return self.read(figures) if self.read else getattr(figures, self.key)

    def cell(self, row: Any) -> str:
        value = self.value(row)
        if value is None:
            return "–"
        return text(self.draw(value) if self.draw else value)


def _name(row: Any) -> SafeString | str:
    """Unread ones are bold."""
    if row.report_pk is None:
        return text(row.name)
    weight = "fw-bold" if row.report_read is None else "fw-medium"
    return format_html(
        '<a class="{}" href="{}">{}</a>',
        weight,
        reverse("visits:daily_report", args=[row.report_pk]),
        row.name,
    )


def _state(row: Any) -> SafeString | str:
    return badge(state_words(row), {"missing": "red", "unread": "yellow"}.get(state(row), "green"))


def state(row: Any) -> str:
    if row.report_pk is None:
        return "missing"
    return "unread" if row.report_read is None else "read"


def state_words(row: Any) -> str:
    return {"missing": _("Not sent"), "unread": _("Unread"), "read": _("Read")}[state(row)]


@dataclass(frozen=True)
class StateColumn(FormatColumn):
    def value(self, row: Any) -> str:
        return state_words(row)


@dataclass(frozen=True)
class SentColumn(Column):
    def cell(self, row: Any) -> str:
        return _one_line(text(fmt.moment(self.value(row))))


def _one_line(words: str) -> SafeString:
    return format_html('<span class="text-nowrap">{}</span>', words)


def _share(read: Callable[[Figures], float | None]) -> Callable[[Figures], float | None]:
    def rounded(figures: Figures) -> float | None:
        value = read(figures)
        return None if value is None else round(value, 4)

    return rounded


def _km(figures: Figures) -> float | None:
    return None if figures.mileage_m is None else round(figures.mileage_m / 1000, 1)


def _remark(row: Any) -> SafeString | str:
    """A table is as wide as its figures: without a least width the words would stand below each other."""
    words = row.report_remark
    return format_html('<span class="de-note" title="{}">{}</span>', words, words) if words else "–"


def _department(row: Any) -> SafeString:
    return _one_line(row.department.name if row.department else "–")


REPORT_COLUMNS = (
    FormatColumn("name", gettext_lazy("Rep"), path="name", order=("name",), phone="title", draw=_name),
    StateColumn("state", gettext_lazy("Status"), phone="side", draw=_state, order=("report_read", "report_sent")),
    FormatColumn("department", gettext_lazy("Department"), path="department.name", order=("department__name",), phone="", draw=_department),
    SentColumn("sent", gettext_lazy("Sent at"), path="report_sent", order=("report_sent",)),
    FigureColumn("done", gettext_lazy("Done")),
    FigureColumn("planned", gettext_lazy("Planned"), phone=""),
    FigureColumn("attainment", gettext_lazy("Attainment"), read=_share(lambda f: f.attainment), draw=fmt.percent),
    FigureColumn("visits", gettext_lazy("Visits")),
    FigureColumn("customers", gettext_lazy("Customers visited"), hidden=True),
    FigureColumn("strike", gettext_lazy("Strike rate"), read=_share(lambda f: f.strike), draw=fmt.percent, phone=""),
    FigureColumn("orders", gettext_lazy("Orders"), phone=""),
    FigureColumn("ordered", gettext_lazy("Ordered"), draw=fmt.money),
    FigureColumn("received", gettext_lazy("Received"), draw=fmt.money),
    FigureColumn("mileage", gettext_lazy("Mileage (km)"), read=_km, phone=""),
    FigureColumn("skips", gettext_lazy("Skipped"), read=lambda f: len(f.skips), phone=""),
    FormatColumn("remark", gettext_lazy("Remark"), path="report_remark", phone="line", draw=_remark),
    FigureColumn("valid", gettext_lazy("Valid"), hidden=True),
    FigureColumn("unplanned", gettext_lazy("Unplanned"), hidden=True),
    FigureColumn("van_sold", gettext_lazy("Van sales"), draw=fmt.money, hidden=True),
    FigureColumn("returned", gettext_lazy("Returns"), draw=fmt.money, hidden=True),
    FigureColumn("new_customers", gettext_lazy("New customers"), hidden=True),
    FigureColumn("follow_ups", gettext_lazy("Follow-ups"), hidden=True),
    FigureColumn(
        "minutes", gettext_lazy("Time in stores (min)"), read=lambda f: round(f.dwell_s / 60), hidden=True
    ),
)  # fmt: skip
