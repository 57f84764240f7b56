"""Columns of bills and of who pays late."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common import business_calendar
from common.tables import Column, DateColumn, FormatColumn, LinkColumn, MoneyColumn, badge, day_text
from common.templatetags.paodian import days_ago, money
from sales.tables.base import ReadColumn


def bill_page(bill: Any) -> str:
    return reverse("sales:bill_detail", args=[bill.pk])


def slip_number(bill: Any) -> str:
    """Number of the delivery or order that made the bill."""
    slip = bill.delivery or bill.order
    return slip.number if slip else str(bill.get_kind_display())


def _state(bill: Any) -> tuple[Any, str]:
    """What a bill is now, and the colour of it."""
    if bill.status == "reversed":
        return _("Reversed"), "red"
    if not bill.open_amount:
        return _("Paid"), "green"
    if bill.due_on < business_calendar.today():
        return _("Overdue"), "red"
    return (_("Part paid"), "amber") if bill.settled else (_("Nothing paid yet"), "amber")


def bill_state(bill: Any) -> SafeString:
    return badge(*_state(bill))


def days_late(bill: Any) -> int | None:
    """Days past the due date of what is not paid; None for what is not late."""
    days: int = (business_calendar.today() - bill.due_on).days
    return days if bill.open_amount and days > 0 else None


def _late(bill: Any) -> SafeString | str:
    days = days_late(bill)
    return "–" if days is None else format_html('<span class="text-overdue">{}</span>', days)


BILL_COLUMNS = (
    LinkColumn(
        "customer",
        _("Customer"),
        path="customer.name",
        order=("customer__name",),
        phone="title",
        url=bill_page,
    ),
    ReadColumn("slip", _("Slip number"), draw=slip_number, read=slip_number),
    Column("kind", _("Kind"), path="get_kind_display", phone=""),
    DateColumn("billed_on", _("Bill date"), order=("billed_on", "pk"), phone=""),
    DateColumn("due_on", _("Payment due"), order=("due_on", "pk")),
    ReadColumn("late", _("Days late"), draw=_late, read=days_late, align="end", phone=""),
    ReadColumn("state", _("Status"), draw=bill_state, read=lambda bill: str(_state(bill)[0])),
    MoneyColumn("amount", _("Amount"), order=("amount",), phone=""),
    MoneyColumn("settled", _("Paid"), order=("settled",), phone=""),
    MoneyColumn("open_then", _("Still open"), order=("open_then",), phone="side"),
    Column("rep", _("Owner"), path="customer.owner.name", order=("customer__owner__name",), phone=""),
    Column("note", _("Note"), phone="", hidden=True),
)


# --- who pays late
def _overdue(customer: Any) -> SafeString:
    return format_html('<span class="text-overdue">{}</span>', money(customer.overdue))


def _call(customer: Any) -> SafeString | str:
    if not customer.phone:
        return "–"
    return format_html('<a href="tel:{}">{}</a>', customer.phone, customer.phone)


def _oldest(customer: Any) -> SafeString:
    days = (business_calendar.today() - customer.oldest_due).days
    return format_html(
        '<span title="{}">{}</span>', day_text(customer.oldest_due), _("%(n)s days") % {"n": days}
    )


def _said(customer: Any) -> SafeString | str:
    if not customer.said:
        return format_html('<span class="text-secondary">{}</span>', _("nobody asked yet"))
    day = business_calendar.business_day(customer.said_at)
    return format_html('{} <small class="text-secondary">{}</small>', customer.said[:60], days_ago(day))


def _promised(customer: Any) -> SafeString | str:
    if not customer.promised_on:
        return "–"
    late = customer.promised_on < business_calendar.today()
    return format_html(
        '<span class="{}">{}</span>', "text-overdue" if late else "", day_text(customer.promised_on)
    )


def _note(customer: Any) -> SafeString:
    return format_html(
        '<a class="btn btn-sm" href="{}?next=/overdue/">{}</a>',
        reverse("sales:collection_create", args=[customer.pk]),
        _("Write a note"),
    )


OVERDUE_COLUMNS = (
    LinkColumn("name", _("Customer"), order=("name",), phone="title"),
    FormatColumn("overdue", _("Overdue"), order=("overdue",), draw=_overdue, align="end", phone="side"),
    MoneyColumn("receivable", _("Receivable"), order=("receivable",), phone=""),
    FormatColumn("oldest_due", _("Oldest"), order=("-oldest_due",), draw=_oldest),
    FormatColumn("phone", _("Phone"), draw=_call),
    FormatColumn("said", _("Last collection note"), draw=_said),
    FormatColumn("promised_on", _("Promised for"), order=("promised_on",), draw=_promised),
    Column("owner", _("Owner"), path="owner.name", order=("owner__name",), phone=""),
    ReadColumn("do", _("Collect"), draw=_note),
)
