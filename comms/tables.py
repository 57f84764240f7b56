"""Columns of the lists of comms."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from common.business_calendar import today
from common.tables import ChoiceColumn, Column, DateColumn, FormatColumn, MomentColumn, badge, text
from common.templatetags.paodian import icon
from comms.models import Announcement, OutboxItem, Thread

_NAMES = 4  # of the people of a conversation, in a row of the list


def _subject(row: Thread) -> SafeString:
    weight = "fw-bold" if row.unread else "fw-medium"  # type: ignore[attr-defined]
    mark = badge(_t("Unread"), "red") if row.unread else ""  # type: ignore[attr-defined]
    return format_html('<a class="{}" href="{}">{}</a> {}', weight, row.get_absolute_url(), row.subject, mark)


def _people(row: Thread) -> SafeString:
    names = [person.name for person in row.people.all()]
    more = f" +{len(names) - _NAMES}" if len(names) > _NAMES else ""
    return text("、".join(names[:_NAMES]) + more)


THREAD_COLUMNS = (
    FormatColumn("subject", _("Subject"), order=("subject",), phone="title", draw=_subject),
    FormatColumn("people", _("People"), draw=_people),
    Column("last_text", _("Last words")),
    MomentColumn("last_at", _("Time"), order=("last_at",), phone="side"),
)


def _title(row: Announcement) -> SafeString:
    pin = format_html("{} ", icon("pin")) if row.pinned else ""
    weight = "fw-medium" if row.seen else "fw-bold"  # type: ignore[attr-defined]
    return format_html('<a class="{}" href="{}">{}{}</a>', weight, row.get_absolute_url(), pin, row.title)


def _state(row: Any) -> SafeString:
    marks = []
    if row.withdrawn_at:
        marks.append(badge(_t("Withdrawn")))
    elif row.announced_at is None and row.starts_on > today():
        marks.append(badge(pgettext("announcement", "Planned"), "blue"))
    elif row.must_confirm:
        marks.append(badge(_t("Confirmed"), "green") if row.confirmed else badge(_t("To confirm"), "red"))
    elif not row.seen:
        marks.append(badge(_t("Unread"), "yellow"))
    return format_html_join(" ", "{}", ((mark,) for mark in marks))


ANNOUNCEMENT_COLUMNS = (
    FormatColumn("title", _("Title"), order=("title",), phone="title", draw=_title),
    FormatColumn("state", _("Status"), phone="side", draw=_state),
    ChoiceColumn("audience", _("For")),
    Column("author", _("Published by"), path="author.name"),
    DateColumn("starts_on", _("From"), order=("starts_on",)),
    DateColumn("ends_on", _("Until"), order=("ends_on",), phone=""),
)

_COLOURS = (
    ("failed", "red"),
    ("unsure", "yellow"),
    ("sent", "green"),
    ("sending", "blue"),
    ("waiting", "blue"),
)


def _what(row: OutboxItem) -> SafeString:
    return format_html('<span class="fw-medium">{}</span>', row.text)


OUTBOX_COLUMNS = (
    FormatColumn("text", _("Message"), phone="title", draw=_what),
    ChoiceColumn("state", _("Status"), phone="side", colours=_COLOURS),
    ChoiceColumn("channel", _("Channel")),
    Column("recipient", _("Recipient"), path="recipient.name"),
    Column("attempts", _("Attempts"), align="end", phone=""),
    Column("error", _("Reason")),
    MomentColumn("due_at", _("Goes out at"), order=("due_at",), phone=""),
    MomentColumn("sent_at", _("Went out at"), order=("sent_at",), phone=""),
    MomentColumn("created_at", _("Time"), order=("created_at",)),
)
