"""Columns of the finance inbox, refunds and costs."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common.tables import (
    ChoiceColumn,
    Column,
    DateColumn,
    LinkColumn,
    MomentColumn,
    MoneyColumn,
    badge,
)
from sales.queries.finance import slip_address
from sales.tables.base import POSTING_COLOURS, ReadColumn, customer_column


def slip_page(slip: Any) -> str:
    return slip_address(slip.kind, slip.object_id)


def _state(slip: Any) -> tuple[Any, str]:
    if slip.checked_at:
        return _("Checked"), "green"
    return (_("Sent back"), "red") if slip.remark else (_("Not checked yet"), "amber")


def inbox_state(slip: Any) -> SafeString:
    return badge(*_state(slip))


def _do(slip: Any) -> SafeString | str:
    if slip.checked_at:
        return "–"
    return format_html(
        '<a class="btn btn-sm" href="{}">{}</a>',
        reverse("sales:finance_send_back", args=[slip.pk]),
        _("Send back"),
    )


SLIP_COLUMNS = (
    LinkColumn("number", _("Slip number"), order=("number",), phone="title", url=slip_page),
    ChoiceColumn("kind", _("Kind"), order=("kind",)),
    Column("customer", _("Customer"), path="customer.name", order=("customer__name",)),
    MoneyColumn("amount", _("Amount"), order=("amount",), phone="side"),
    ReadColumn("state", _("Status"), draw=inbox_state, read=lambda slip: str(_state(slip)[0])),
    MomentColumn("arrived_at", _("Arrived at"), order=("arrived_at", "pk")),
    Column("rep", _("Rep"), path="rep.name", order=("rep__name",), phone=""),
    Column("remark", _("Remark")),
    Column("checked_by", _("Checked by"), path="checked_by.name", phone=""),
    ReadColumn("do", _("Send back"), draw=_do, phone=""),
)

REFUND_COLUMNS = (
    LinkColumn("number", _("Refund number"), order=("number",), phone=""),
    customer_column(),
    DateColumn("refunded_on", _("Refund date"), order=("refunded_on", "pk")),
    ChoiceColumn("method", _("Paid back by")),
    ChoiceColumn("status", _("Status"), colours=POSTING_COLOURS),
    MoneyColumn("amount", _("Amount"), order=("amount",), phone="side"),
    Column("rep", _("Rep"), path="rep.name", order=("rep__name",), phone=""),
    Column("note", _("Note"), phone=""),
)

COST_COLUMNS = (
    LinkColumn("number", _("Cost number"), order=("number",), phone=""),
    customer_column(),
    DateColumn("spent_on", _("Date"), order=("spent_on", "pk")),
    ChoiceColumn("kind", _("What for"), order=("kind",)),
    Column("order", _("Sales order"), path="order.number", phone=""),
    ChoiceColumn("status", _("Status"), colours=POSTING_COLOURS),
    MoneyColumn("amount", _("Amount"), order=("amount",), phone="side"),
    Column("rep", _("Rep"), path="rep.name", order=("rep__name",), phone=""),
    Column("note", _("Note"), phone=""),
)
