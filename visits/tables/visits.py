"""Columns of the lists of visits and tasks, and the words for codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.tables import ChoiceColumn, Column, DateColumn, FormatColumn, MoneyColumn, badge
from common.templatetags import paodian as fmt
from visits.enums import VisitOutcome
from visits.models import Visit, VisitTask
from visits.rules import FLAG_LABELS
from visits.rules.evidence import PART_LABELS

FENCE_COLOURS = (("inside", "green"), ("outside", "red"), ("unverified", "yellow"))
TASK_COLOURS = (("done", "green"), ("skipped", "yellow"), ("open", "teal"))
MAP_NAMES = {
    "amap": gettext_lazy("AMap"),
    "baidu": gettext_lazy("Baidu Maps"),
    "tencent": gettext_lazy("Tencent Maps"),
    "apple": gettext_lazy("Apple Maps"),
    "geo": gettext_lazy("Other map app"),
}


def map_names(links: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """(name, address) for people, from (provider code, address)."""
    return [(str(MAP_NAMES.get(code, code)), address) for code, address in links]


def flag_words(flags: Sequence[str]) -> list[str]:
    return [str(FLAG_LABELS.get(flag, flag)) for flag in flags]


@dataclass(frozen=True)
class FlagColumn(Column):
    """What is odd about a visit, in words."""

    def value(self, row: Any) -> str:
        return "、".join(flag_words(row.flags))

    def cell(self, row: Any) -> str:
        # Where it was is a badge of its own already.
        words = flag_words([flag for flag in row.flags if flag not in ("outside", "unverified")])
        return format_html_join(" ", "{}", ((badge(word, "yellow"),) for word in words)) or "–"


@dataclass(frozen=True)
class DwellColumn(Column):
    align: str = "end"

    def value(self, row: Any) -> str:
        return fmt.duration(row.dwell)


@dataclass(frozen=True)
class MetreColumn(Column):
    """Metres: words on the page, a number in Excel."""

    align: str = "end"

    def value(self, row: Any) -> Any:
        metres = super().value(row)
        return None if metres is None else round(metres)

    def cell(self, row: Any) -> str:
        return fmt.distance(Column.value(self, row))


def _planned(visit: Visit) -> SafeString:
    return badge(_("Planned"), "teal") if visit.is_planned else badge(_("Unplanned"))


@dataclass(frozen=True)
class PlannedColumn(FormatColumn):
    def value(self, row: Any) -> str:
        return _("Planned") if row.is_planned else _("Unplanned")


def _customer(row: Visit | VisitTask) -> SafeString:
    return format_html(
        '<a href="{}" class="fw-medium">{}</a>', row.customer.get_absolute_url(), row.customer.name
    )


def _check_in(visit: Visit) -> SafeString:
    words = fmt.clock(visit.check_in_at)
    return format_html('<a href="{}" class="fw-medium">{}</a>', visit.get_absolute_url(), words)


def _check_out(visit: Visit) -> SafeString | str:
    if visit.check_out_at is None:
        if visit.outcome == VisitOutcome.NOT_CHECKED_OUT:
            return badge(visit.get_outcome_display(), "red")
        return badge(_("In the store"), "teal")
    closed = badge(visit.get_outcome_display(), "yellow") if visit.outcome == "closed" else ""
    return format_html("{} {}", fmt.clock(visit.check_out_at), closed)


@dataclass(frozen=True)
class CheckOutColumn(FormatColumn):
    def value(self, row: Any) -> str:
        return fmt.clock(row.check_out_at)


@dataclass(frozen=True)
class CheckInColumn(FormatColumn):
    def value(self, row: Any) -> str:
        return fmt.clock(row.check_in_at)


GRADE_COLOURS = {"A": "green", "B": "teal", "C": "yellow", "D": "red"}


def _grade(visit: Visit) -> SafeString | str:
    """The grade; its parts with their points on hover."""
    if not visit.grade:
        return "–"
    parts = "\n".join(f"{PART_LABELS.get(code, code)}: {points:+}" for code, points in visit.evidence.items())
    return format_html('<span title="{}">{}</span>', parts, badge(visit.grade, GRADE_COLOURS[visit.grade]))


@dataclass(frozen=True)
class GradeColumn(FormatColumn):
    def value(self, row: Any) -> str:
        return str(row.grade)


VISIT_COLUMNS = (
    DateColumn("day", gettext_lazy("Day"), order=("day", "check_in_at"), phone="side"),
    Column("rep", gettext_lazy("Rep"), path="rep.name", order=("rep__name",)),
    FormatColumn(
        "customer",
        gettext_lazy("Customer"),
        path="customer.name",
        order=("customer__name",),
        draw=_customer,
        phone="title",
    ),
    CheckInColumn("check_in", gettext_lazy("Check-in"), order=("check_in_at",), draw=_check_in),
    CheckOutColumn("check_out", gettext_lazy("Check-out"), order=("check_out_at",), draw=_check_out),
    DwellColumn("dwell", gettext_lazy("Time in store")),
    MetreColumn("distance", gettext_lazy("Distance"), path="distance_m", order=("distance_m",)),
    ChoiceColumn("fence", gettext_lazy("Location check"), colours=FENCE_COLOURS),
    PlannedColumn("planned", gettext_lazy("Planned"), draw=_planned, phone=""),
    FlagColumn("flags", gettext_lazy("Flags"), phone=""),
    GradeColumn("grade", gettext_lazy("Evidence"), order=("grade",), phone="", draw=_grade),
    MoneyColumn("orders", gettext_lazy("Ordered"), path="orders_amount", order=("orders_amount",)),
    Column("code", gettext_lazy("Customer code"), path="customer.code", hidden=True),
    Column("sequence", gettext_lazy("Visit of the day"), hidden=True),
    MetreColumn("accuracy", gettext_lazy("Accuracy (m)"), path="check_in_accuracy_m", hidden=True),
    Column("reason", gettext_lazy("Reason"), path="outside_reason", hidden=True),
    ChoiceColumn("outcome", gettext_lazy("Outcome"), hidden=True),
    Column("summary", gettext_lazy("Visit summary"), hidden=True),
)


@dataclass(frozen=True)
class StatusColumn(ChoiceColumn):
    """The status; a skipped one says why on hover."""

    def cell(self, row: Any) -> str:
        return format_html('<span title="{}">{}</span>', row.skip_reason, super().cell(row))


TASK_COLUMNS = (
    DateColumn("date", gettext_lazy("Day"), order=("date", "position"), phone="side"),
    Column("rep", gettext_lazy("Rep"), path="rep.name", order=("rep__name",)),
    FormatColumn(
        "customer",
        gettext_lazy("Customer"),
        path="customer.name",
        order=("customer__name",),
        draw=_customer,
        phone="title",
    ),
    Column("address", gettext_lazy("Address"), path="customer.full_address"),
    StatusColumn("status", gettext_lazy("Status"), order=("status",), colours=TASK_COLOURS),
    ChoiceColumn("source", gettext_lazy("Source"), phone=""),
    Column("reason", gettext_lazy("Reason for skipping"), path="skip_reason", phone=""),
    Column("note", gettext_lazy("Note"), phone=""),
)
