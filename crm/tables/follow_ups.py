"""Columns of the follow-up list."""

from collections.abc import Callable

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from common.tables import Column, FormatColumn, MomentColumn, NumberColumn, badge
from common.templatetags.paodian import icon, moment
from crm.models import FollowUp

_THUMBS = 3


def _target(row: FollowUp) -> SafeString:
    """The customer or lead; finance sees the follow-ups of leads, and no lead."""
    link = '<a href="{}" class="fw-medium">{}</a>'
    if row.customer_id:
        return format_html(link, f"/customers/{row.customer_id}/", row.target_name)  # type: ignore[attr-defined]
    name = format_html(link, f"/leads/{row.lead_id}/", row.target_name) if row.opens_lead else row.target_name  # type: ignore[attr-defined]
    return format_html("{} {}", name, badge(_t("Lead"), "azure"))


def _text(row: FollowUp) -> SafeString:
    """Clamped to three lines; the pencil turns the row into a form, the text opens the record."""
    pencil = format_html(
        '<button class="crm-icon fu-pencil" type="button" hx-get="{}" hx-target="closest tr" hx-swap="outerHTML"'
        ' aria-label="{}">{}</button>',
        reverse("crm:follow_up_row", args=[row.pk]),
        _t("Edit"),
        icon("pencil"),
    )
    return format_html(
        '<span class="fu-cell"><a class="fu-clamp" href="{}">{}</a>{}</span>',
        reverse("crm:follow_up_detail", args=[row.pk]),
        row.text,
        pencil if row.is_writable else "",  # type: ignore[attr-defined]
    )


def _plain(name: str) -> Callable[[FollowUp], str]:
    """The value or nothing at all: a phone's card leaves an empty line out."""
    return lambda row: str(getattr(row, name) or "")


def _next(row: FollowUp) -> str:
    return str(moment(row.next_at)) if row.next_at else ""


def _photos(row: FollowUp) -> SafeString | str:
    photos = list(row.photos.all())
    thumbs = format_html_join(
        "",
        '<img src="{}" alt="" loading="lazy">',
        ((reverse("crm:follow_up_photo", args=[photo.pk]),) for photo in photos[:_THUMBS]),
    )
    more = f"+{len(photos) - _THUMBS}" if len(photos) > _THUMBS else ""
    voice = icon("microphone") if row.voice else ""
    if not photos and not voice:
        return ""
    return format_html(
        '<a class="fu-thumbs" href="{}" aria-label="{}">{}{} {}</a>',
        reverse("crm:follow_up_detail", args=[row.pk]),
        _t("Photos and voice"),
        thumbs,
        more,
        voice,
    )


FOLLOW_UP_COLUMNS = (
    MomentColumn("at", _("Time"), order=("at",), phone="side"),
    FormatColumn(
        "target",
        _("Customer or lead"),
        path="target_name",
        order=("target_name",),
        phone="title",
        draw=_target,
    ),
    Column("rep", _("Rep"), path="rep_name", order=("rep__name",), phone="line"),
    FormatColumn(
        "method",
        _("Method"),
        path="method_name",
        order=("method__position",),
        phone="line",
        draw=_plain("method_name"),
    ),
    FormatColumn(
        "stage",
        _("Stage"),
        path="stage_name",
        order=("stage__position",),
        phone="line",
        draw=_plain("stage_name"),
    ),
    FormatColumn("text", _("What was said and agreed"), path="text", phone="line", draw=_text),
    FormatColumn("next_at", _("Next contact"), order=("next_at",), phone="line", draw=_next),
    FormatColumn("photos", _("Photos"), path="photo_count", phone="line", draw=_photos),
    NumberColumn("voice_seconds", _("Voice (s)"), phone="", hidden=True),
)
