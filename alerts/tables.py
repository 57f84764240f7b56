"""Columns of the alert analysis page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from alerts.models import Alert
from alerts.queries import last_event, reason
from alerts.rules import kind_colours
from common.tables import ChoiceColumn, Column, DateColumn, LinkColumn, MoneyColumn


@dataclass(frozen=True)
class OverdueColumn(Column):
    """Days overdue, in red; a number in Excel."""

    align: str = "end"

    def value(self, row: Alert) -> int:
        return row.days_overdue(row.as_of)  # type: ignore[attr-defined]  # annotated by queries.with_facts

    def cell(self, row: Alert) -> SafeString:
        days = self.value(row)
        text = ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
        return format_html('<span class="text-overdue">{}</span>', text)


@dataclass(frozen=True)
class LastEventColumn(DateColumn):
    def value(self, row: Alert) -> dt.date | None:
        return last_event(row.customer, row.kind)


@dataclass(frozen=True)
class ReasonColumn(Column):
    def value(self, row: Alert) -> str:
        return reason(row)

    def cell(self, row: Alert) -> SafeString:
        return format_html('<span class="al-reason">{}</span>', self.value(row))


KIND_COLOURS = kind_colours()

ALERT_COLUMNS = (
    LinkColumn(
        key="customer",
        label=_("Customer"),
        path="customer.name",
        order=("customer__name",),
        phone="title",
        url=lambda alert: alert.customer.get_absolute_url(),
    ),
    Column(key="code", label=_("Code"), path="customer.code", hidden=True),
    Column(key="level", label=_("Level"), path="customer.level", order=("customer__level",), phone=""),
    Column(key="rep", label=_("Rep"), path="customer.owner", order=("customer__owner__name",)),
    ChoiceColumn(key="kind", label=_("Kind"), order=("kind",), phone="", colours=KIND_COLOURS),
    # Ascending days are descending due dates.
    OverdueColumn(key="days", label=_("Days overdue"), order=("-due_on",), phone="side"),
    LastEventColumn(key="last", label=_("Last time"), phone=""),
    MoneyColumn(key="last_order_total", label=_("Last order amount"), phone=""),
    MoneyColumn(key="receivable", label=_("Receivable"), order=("receivable",)),
    ReasonColumn(key="reason", label=_("Reason")),
)
