"""Columns of the contact list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common.business_calendar import today
from common.tables import ChoiceColumn, Column, FormatColumn, badge
from common.templatetags.paodian import days_ago
from crm.models import Contact
from crm.rules.follow_ups import next_birthday

SOON = 30  # days


def _name(row: Contact) -> SafeString:
    mark = badge(_("main"), "teal") if row.is_primary else ""
    return format_html(
        '<a href="{}" class="fw-medium">{}</a> {}', f"/customers/{row.customer_id}/", row.name, mark
    )


def _customer(row: Contact) -> SafeString:
    return format_html('<a href="{}">{}</a>', f"/customers/{row.customer_id}/", row.customer_name)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class PhonesColumn(Column):
    def value(self, row: Any) -> str:
        return "、".join(phone.raw for phone in row.phones.all())

    def cell(self, row: Any) -> str:
        links = ((phone.e164 or phone.raw, phone.raw) for phone in row.phones.all())
        return format_html_join(" ", '<a class="ct-phone" href="tel:{}">{}</a>', links) or "–"


def _birthday(row: Contact) -> SafeString | str:
    if row.birthday is None:
        return "–"
    day = today()
    coming = next_birthday(row.birthday, day)
    soon = badge(days_ago(coming), "yellow") if (coming - day).days <= SOON else ""
    return format_html("{} {}", f"{row.birthday:%Y-%m-%d}", soon)


CONTACT_COLUMNS = (
    FormatColumn("name", _("Full name"), order=("name",), phone="title", draw=_name),
    FormatColumn(
        "customer",
        _("Customer"),
        path="customer_name",
        order=("customer__name",),
        phone="line",
        draw=_customer,
    ),
    Column("position", _("Job title"), order=("position",), phone="side"),
    ChoiceColumn("role", _("Part in decisions"), order=("role",), phone="line"),
    PhonesColumn("phones", _("Phone"), phone="line"),
    FormatColumn("birthday", _("Birthday"), order=("birthday",), phone="line", draw=_birthday),
    Column("superior", _("Reports to"), path="superior_name", order=("reports_to__name",), phone=""),
    Column("project", _("Responsible for"), order=("project",), phone=""),
    Column("needs", _("Needs"), phone="", hidden=True),
    Column("hobbies", _("Hobbies"), phone="", hidden=True),
    Column("owner", _("Owner"), path="owner_name", order=("customer__owner__name",), phone=""),
)
