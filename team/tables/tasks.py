"""Columns of the list of customer tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from common.tables import ChoiceColumn, Column, FormatColumn, MomentColumn, NumberColumn, badge
from common.templatetags.paodian import icon, moment
from team.enums import TaskPriority
from team.models import CustomerTask

STATUS_COLOURS = (("open", "secondary"), ("doing", "teal"), ("done", "green"), ("cancelled", "yellow"))
KIND_COLOURS = (("sales", "azure"), ("service", "orange"), ("revisit", "purple"), ("free", "secondary"))


def kind_badge(row: CustomerTask) -> SafeString:
    """The kind, or that it is a complaint, which is a service task, too."""
    if row.is_complaint:
        return badge(_t("Complaint"), "red")
    return badge(row.get_kind_display(), dict(KIND_COLOURS)[row.kind])


def due_text(row: CustomerTask) -> SafeString | str:
    """The due time, red when it is over and the task is not finished."""
    if row.due_at is None:
        return ""
    late = row.is_late(timezone.now())
    return format_html(
        '<span class="ct-due{}">{}{}</span>',
        " text-overdue" if late else "",
        moment(row.due_at),
        f" · {_t('overdue')}" if late else "",
    )


def _title(row: CustomerTask) -> SafeString:
    urgent = row.priority == TaskPriority.HIGH
    return format_html(
        '<a href="{}" class="fw-medium">{}{}</a>',
        row.get_absolute_url(),
        format_html('<span class="ct-urgent" title="{}">{}</span> ', _t("Urgent"), icon("flame"))
        if urgent
        else "",
        row.title,
    )


def _customer(row: CustomerTask) -> SafeString:
    return format_html('<a href="{}">{}</a>', row.customer.get_absolute_url(), row.customer.name)


def _progress(row: CustomerTask) -> SafeString | str:
    return format_html(
        '<span class="ct-progress"><progress max="100" value="{0}" aria-label="{1}"></progress> {0}%</span>',
        row.progress,
        _t("Progress"),
    )


@dataclass(frozen=True)
class MarkColumn(NumberColumn):
    """Satisfaction as stars; nothing where nobody asked."""

    def cell(self, row: Any) -> str:
        mark = self.value(row)
        if not mark:
            return ""
        label = _t("%(n)s of 5") % {"n": mark}
        return format_html('<span class="ct-stars" title="{}">{}</span>', label, "★" * mark)


TASK_COLUMNS = (
    FormatColumn("title", _("Task"), path="title", order=("title",), phone="title", draw=_title),
    FormatColumn(
        "customer",
        _("Customer"),
        path="customer.name",
        order=("customer__name",),
        phone="line",
        draw=_customer,
    ),
    FormatColumn("kind", _("Kind"), path="get_kind_display", order=("kind",), phone="line", draw=kind_badge),
    ChoiceColumn("status", _("Status"), order=("status",), phone="side", colours=STATUS_COLOURS),
    FormatColumn("due", _("Due by"), path="due_at", order=("no_due", "due_at"), phone="line", draw=due_text),
    Column("assignee", _("Assignee"), path="assignee.name", order=("assignee__name",), phone="line"),
    FormatColumn(
        "progress", _("Progress"), path="progress", order=("progress",), phone="line", draw=_progress
    ),
    Column("creator", _("Given by"), path="creator.name", order=("creator__name",), phone=""),
    MomentColumn(
        "last_contact", _("Last contact"), path="last_contact_at", order=("last_contact_at",), phone=""
    ),
    MarkColumn("satisfaction", _("Satisfaction"), order=("satisfaction",), phone="", hidden=True),
    Column("number", _("Number"), order=("number",), phone="", hidden=True),
    ChoiceColumn("priority", _("Priority"), order=("priority",), phone="", hidden=True),
    ChoiceColumn("source", _("Source"), order=("source",), phone="", hidden=True),
    Column("outcome", _("Outcome"), phone="", hidden=True),
    MomentColumn("created", _("Made"), path="created_at", order=("created_at",), phone="", hidden=True),
    MomentColumn("done", _("Done"), path="done_at", order=("done_at",), phone="", hidden=True),
)
