"""Columns of the lists of documents."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from common.business_calendar import today
from common.tables import Column, DateColumn, FormatColumn, MomentColumn, badge
from common.templatetags.paodian import icon
from team.enums import DocumentStatus
from team.models import Document
from team.rules.documents import marked

_NAMES = 6  # of those who are missing, in a row


def title_cell(row: Any) -> SafeString:
    """Its name, with what was searched for marked, and where the words stand."""
    weight = "fw-medium" if row.seen or row.status != DocumentStatus.PUBLISHED else "fw-bold"
    query = getattr(row, "query", "")
    clip = icon("paperclip") if row.has_files else ""
    link = format_html(
        '<a class="{}" href="{}">{} {}</a>', weight, row.get_absolute_url(), marked(row.title, query), clip
    )
    found = getattr(row, "snippet", None)
    return format_html('{}<div class="td-snippet">{}</div>', link, found) if found else link


def state_badges(row: Any) -> SafeString:
    """What a reader should know of it: not yet his, not valid, waits for him."""
    marks = []
    day = today()
    if row.status != DocumentStatus.PUBLISHED:
        marks.append(badge(row.get_status_display(), "blue" if row.status == DocumentStatus.DRAFT else ""))
    elif row.valid_until and row.valid_until < day:
        marks.append(badge(_t("Expired"), "yellow"))
    elif row.valid_from and row.valid_from > day:
        marks.append(badge(_t("Not valid yet"), "blue"))
    elif row.must_read:
        marks.append(badge(_t("Confirmed"), "green") if row.confirmed else badge(_t("Must be read"), "red"))
    return format_html_join(" ", "{}", ((mark,) for mark in marks))


DOCUMENT_COLUMNS = (
    FormatColumn("title", _("Title"), path="title", order=("title",), phone="title", draw=title_cell),
    FormatColumn("state", _("Status"), path="status", phone="side", draw=state_badges),
    Column("folder", _("Folder"), path="folder.name"),
    Column("author", _("Author"), path="author.name", order=("author__name",)),
    DateColumn("valid_until", _("Valid until"), order=("valid_until",), phone=""),
    MomentColumn("updated_at", _("Changed"), order=("updated_at",)),
)


def _progress(row: Any) -> SafeString:
    return format_html(
        '<span class="td-progress"><progress class="pd-bar" value="{}" max="{}" aria-label="{}"></progress> {} / {}</span>',
        row.confirmed_count,
        max(row.asked, 1),
        _t("Confirmed"),
        row.confirmed_count,
        row.asked,
    )


def _missing(row: Any) -> SafeString:
    if not row.missing:
        return format_html('<span class="text-done">{}</span>', _t("Everybody has confirmed."))
    names = "、".join(row.missing[:_NAMES])
    more = f" +{len(row.missing) - _NAMES}" if len(row.missing) > _NAMES else ""
    return format_html("{}{}", names, more)


def _readers(row: Document) -> SafeString:
    url = reverse("team:document_readers", args=[row.pk])
    return format_html('<a class="fw-medium" href="{}">{}</a>', url, row.title)


MUST_READ_COLUMNS = (
    FormatColumn("title", _("Document"), path="title", order=("title",), phone="title", draw=_readers),
    FormatColumn("progress", _("Confirmed"), phone="side", draw=_progress),
    FormatColumn("missing", _("Not yet"), draw=_missing),
    MomentColumn("published_at", _("Published"), order=("published_at",)),
)
