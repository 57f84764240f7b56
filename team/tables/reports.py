"""Columns of the lists of work reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.enums import RoleCode
from common.tables import Column, FormatColumn, badge, text
from common.templatetags import paodian as fmt
from team.enums import WorkReportKind
from team.models import WorkReport
from team.queries.report_people import Span
from team.rules.report_words import period_words
from team.rules.reports import Tally, WorkFigures

_KINDS = {WorkReportKind.DAY: "azure", WorkReportKind.WEEK: "teal", WorkReportKind.MONTH: "purple"}
_EXCERPT = 60


def numbers(row: Any) -> WorkFigures | None:
    """The frozen figures of a row, read once for all its cells; a draft has none."""
    if row.is_draft:
        return None
    if not hasattr(row, "_numbers"):
        row._numbers = row.numbers
    figures: WorkFigures = row._numbers
    return figures


@dataclass(frozen=True)
class FigureColumn(Column):
    """A frozen figure, drawn by `draw` on the page and bare in Excel."""

    align: str = "end"
    draw: Callable[[Any], str] | None = None

    def value(self, row: Any) -> Any:
        figures = numbers(row)
        return None if figures is None else getattr(figures, self.key)

    def cell(self, row: Any) -> str:
        value = self.value(row)
        if value is None:
            return "–"
        return text(self.draw(value) if self.draw else value)


@dataclass(frozen=True)
class PeriodColumn(Column):
    """What the report is of, leading to it; bold while unread."""

    def value(self, row: WorkReport) -> str:
        return period_words(row.kind, row.first)

    def cell(self, row: Any) -> str:
        return format_html(
            '<a class="{}" href="{}">{} <span class="text-nowrap">{}</span></a>',
            "fw-bold" if row.unread else "fw-medium",
            row.get_absolute_url(),
            row.person,
            self.value(row),
        )


@dataclass(frozen=True)
class KindColumn(Column):
    def value(self, row: WorkReport) -> str:
        return str(row.get_kind_display())

    def cell(self, row: WorkReport) -> str:
        return badge(self.value(row), _KINDS[WorkReportKind(row.kind)])


@dataclass(frozen=True)
class StatusColumn(Column):
    def value(self, row: WorkReport) -> str:
        return str(row.get_status_display())

    def cell(self, row: Any) -> str:
        colour = {"draft": "secondary", "sent": "yellow", "read": "green"}[row.status]
        late = format_html(" {}", badge(_t("Late"), "orange")) if row.is_late else ""
        return format_html("{}{}", badge(self.value(row), colour), late)


@dataclass(frozen=True)
class MomentLine(Column):
    def cell(self, row: Any) -> str:
        return format_html('<span class="text-nowrap">{}</span>', fmt.moment(self.value(row)))


@dataclass(frozen=True)
class NameColumn(Column):
    """A name in one line."""

    def cell(self, row: Any) -> str:
        return format_html('<span class="text-nowrap">{}</span>', self.value(row) or "–")


@dataclass(frozen=True)
class ExcerptColumn(Column):
    def cell(self, row: WorkReport) -> str:
        return text(row.words if len(row.words) <= _EXCERPT else f"{row.words[:_EXCERPT]}…")


def _comments(row: Any) -> SafeString | str:
    if not row.comment_count:
        return ""
    return format_html('<span class="text-nowrap">{} {}</span>', fmt.icon("message"), row.comment_count)


REPORT_COLUMNS = (
    PeriodColumn("period", _("Report"), order=("first",), phone="title"),
    StatusColumn("status", _("Status"), order=("status",), phone="side"),
    NameColumn("person", _("Reporter"), path="person.name", order=("person__name",), hidden=True, phone=""),
    KindColumn("kind", _("Kind"), order=("kind",)),
    NameColumn("department", _("Department"), path="person.department.name", order=("person__department__name",), phone=""),
    ExcerptColumn("words", _("Text")),
    FigureColumn("done", _("Visits done"), phone=""),
    FigureColumn("planned", _("Planned"), phone=""),
    FigureColumn("ordered", _("Ordered"), draw=fmt.money, phone=""),
    FigureColumn("received", _("Received"), draw=fmt.money, phone=""),
    MomentLine("sent_at", _("Sent at"), order=("sent_at",)),
    NameColumn("reviewer", _("Reviewer"), path="reviewer.name", order=("reviewer__name",), phone=""),
    FormatColumn("comments", _("Comments"), path="comment_count", draw=_comments, phone=""),
    FigureColumn("valid", _("Valid"), hidden=True, phone=""),
    FigureColumn("new_customers", _("New customers"), hidden=True, phone=""),
    FigureColumn("follow_ups", _("Follow-ups"), hidden=True, phone=""),
    FigureColumn("orders", _("Orders"), hidden=True, phone=""),
)  # fmt: skip


# --- who has not sent
def _name(row: Any) -> SafeString | str:
    if row.report_pk is None:
        return text(row.name)
    return format_html('<a class="fw-medium" href="/work-reports/{}/">{}</a>', row.report_pk, row.name)


def state_words(row: Any) -> str:
    if row.report_pk is None:
        return _t("Not sent")
    return _t("Sent late") if row.report_late else _t("Sent")


def _state(row: Any) -> SafeString:
    colour = "red" if row.report_pk is None else "orange" if row.report_late else "green"
    return badge(state_words(row), colour)


@dataclass(frozen=True)
class StateColumn(FormatColumn):
    def value(self, row: Any) -> str:
        return state_words(row)


MISSING_COLUMNS = (
    FormatColumn("name", _("Reporter"), path="name", order=("name",), phone="title", draw=_name),
    StateColumn("state", _("Status"), phone="side", draw=_state, order=("report_sent",)),
    Column("department", _("Department"), path="department.name", order=("department__name",)),
    Column("role", _("Role"), path="role", order=("role",), phone=""),
    MomentLine("sent", _("Sent at"), path="report_sent", order=("report_sent",)),
    Column("reviewer", _("Reviewer"), path="report_reviewer", order=("report_reviewer",)),
    MomentLine("read", _("Read"), path="report_read", order=("report_read",), phone=""),
)


# --- statistics
@dataclass(frozen=True)
class TallyColumn(Column):
    """A figure of what a person owed and sent within `span`."""

    span: Span | None = None
    align: str = "end"
    draw: Callable[[Any], str] | None = None

    def value(self, row: Any) -> Any:
        assert self.span is not None
        if not hasattr(row, "tally"):
            expected = self.span.expected(
                joined=row.date_joined,
                is_rep=row.role.code == RoleCode.REP,
                busy=getattr(row, "busy", 0),
            )
            row.tally = Tally(expected, row.sent, row.late, row.read)
        value = getattr(row.tally, self.key)
        return round(value, 4) if isinstance(value, float) else value

    def cell(self, row: Any) -> str:
        value = self.value(row)
        return text(self.draw(value) if self.draw else value)


def statistics_columns(span: Span) -> tuple[Column, ...]:
    """Name and department, then what was owed and sent within the span."""
    return (
        Column("name", _("Reporter"), order=("name",), phone="title"),
        Column("department", _("Department"), path="department.name", order=("department__name",)),
        TallyColumn("expected", _("Expected"), span=span),
        TallyColumn("on_time", _("On time"), span=span),
        TallyColumn("late", _("Late"), order=("late",), span=span),
        TallyColumn("missing", _("Not sent"), span=span),
        TallyColumn("on_time_rate", _("Share on time"), span=span, draw=fmt.percent, phone="side"),
        TallyColumn("read", _("Read"), order=("read",), span=span),
        TallyColumn("read_rate", _("Share read"), span=span, draw=fmt.percent),
    )
