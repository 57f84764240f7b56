"""Columns of the alert analysis page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from alerts import queries
from alerts.models import CustomerRhythm
from alerts.queries.rhythm import RFM_COLOURS, TREND_COLOURS, rhythm_of, trend_percent
from alerts.rules import KINDS, kind_colours, label_of
from common import business_calendar
from common.tables import (
    ChoiceColumn,
    Column,
    DateColumn,
    LinkColumn,
    MoneyColumn,
    NumberColumn,
    badge,
)
from common.templatetags.paodian import day, money

COLOURS = dict(kind_colours())


def kind_badge(alert: Any) -> SafeString:
    """The kind's name in its colour."""
    return badge(label_of(alert.kind), COLOURS.get(alert.kind, ""))


def days_text(alert: Any, today: dt.date) -> SafeString:
    """Days since the due date in words, red once it is past."""
    days = alert.days_overdue(today)
    words = KINDS[alert.kind].days_words(days) if alert.kind in KINDS else str(days)
    return format_html('<span class="{}">{}</span>', "text-overdue" if days > 0 else "text-near", words)


def put_off_text(alert: Any) -> str:
    """Until when, who and why; "" when the alert is not put off. Needs queries.with_facts."""
    if not alert.is_snoozed(alert.as_of):
        return ""
    last = queries.last_snooze(alert)
    return _t("Put off until %(day)s by %(person)s: %(why)s") % {
        "day": day(alert.snoozed_until),
        "person": (last and last.by) or "–",
        "why": last.reason if last else "–",
    }


@dataclass(frozen=True)
class CustomerColumn(LinkColumn):
    """The name, and under it level and owner."""

    def cell(self, row: Any) -> str:
        customer = row.customer
        parts = [part for part in (customer.level, str(customer.owner or _t("No owner"))) if part]
        return SafeString(
            f'{super().cell(row)}<small class="al-under">{conditional_escape(" · ".join(parts))}</small>'
        )


@dataclass(frozen=True)
class AlertColumn(Column):
    """Kind and days, and under them why, in one sentence, and until when it was put off."""

    def value(self, row: Any) -> str:
        return queries.reason(row)

    def cell(self, row: Any) -> str:
        put_off = put_off_text(row)
        return format_html(
            '<span class="al-what">{} {}</span><small class="al-reason">{}</small>{}',
            kind_badge(row),
            days_text(row, row.as_of),
            queries.reason(row),
            format_html('<small class="al-off">{}</small>', put_off) if put_off else "",
        )


@dataclass(frozen=True)
class DaysColumn(Column):
    """Days since the due date: a number in Excel, negative before it."""

    align: str = "end"

    def value(self, row: Any) -> int:
        days: int = row.days_overdue(row.as_of)
        return days

    def cell(self, row: Any) -> str:
        return days_text(row, row.as_of)


@dataclass(frozen=True)
class KindColumn(Column):
    def value(self, row: Any) -> str:
        return label_of(row.kind)

    def cell(self, row: Any) -> str:
        return kind_badge(row)


@dataclass(frozen=True)
class PutOffColumn(Column):
    def value(self, row: Any) -> str:
        return put_off_text(row)


@dataclass(frozen=True)
class RhythmColumn(Column):
    """A choice of the customer's row of rhythm and value, as a badge; empty where he has none."""

    def value(self, row: Any) -> str:
        rhythm = rhythm_of(row.customer)
        return str(getattr(rhythm, f"get_{self.key}_display")()) if rhythm else ""

    def cell(self, row: Any) -> str:
        rhythm = rhythm_of(row.customer)
        colours = dict(RFM_COLOURS if self.key == "rfm" else TREND_COLOURS)
        label = self.value(row)
        return badge(label, colours.get(getattr(rhythm, self.key), "")) if label else SafeString("–")


# The column's name, what Excel calls it, what the cell calls it: its head says already that these are the last ones.
LAST = (
    ("last_visit_on", _("Last visit"), pgettext_lazy("last date", "visit")),
    ("last_follow_up_on", _("Last contact"), pgettext_lazy("last date", "contact")),
    ("last_order_on", _("Last order"), pgettext_lazy("last date", "order")),
    ("last_sale_on", _("Last sale"), pgettext_lazy("last date", "sale")),
)


def _short(on: dt.date | None, today: dt.date) -> str:
    """The day without its weekday, which the hint says; with two digits of its year when that is another one."""
    if on is None:
        return "–"
    return f"{on:%m-%d}" if on.year == today.year else f"{on:%y-%m-%d}"


@dataclass(frozen=True)
class LastTimesColumn(Column):
    """Last visit and contact, and under them the last order (with its amount) and sale."""

    def value(self, row: Any) -> str:
        return " / ".join(f"{label} {day(getattr(row.customer, name))}" for name, label, _word in LAST)

    def cell(self, row: Any) -> str:
        lines = []
        for name, label, word in LAST:
            on: dt.date | None = getattr(row.customer, name)
            text = _short(on, row.as_of)
            if name == "last_order_on" and row.last_order_total is not None:
                text += f" {money(row.last_order_total)}"
            lines.append(format_html('<span title="{} {}">{} <b>{}</b></span>', label, day(on), word, text))
        return SafeString('<span class="al-times">' + "".join(lines) + "</span>")


@dataclass(frozen=True)
class OwedColumn(MoneyColumn):
    """The receivable, and under it what of it is overdue."""

    def cell(self, row: Any) -> str:
        text = money(row.receivable)
        if not row.overdue:
            return text
        late = _t("overdue %(amount)s") % {"amount": money(row.overdue)}
        return format_html('{}<small class="al-under text-overdue">{}</small>', text, late)


ALERT_COLUMNS = (
    CustomerColumn(
        key="customer",
        label=_("Customer"),
        path="customer.name",
        order=("customer__name",),
        phone="title",
        url=lambda alert: alert.customer.get_absolute_url(),
    ),
    # Ascending days are descending due dates.
    AlertColumn(key="days", label=_("Alert"), order=("-due_on",), phone="line"),
    LastTimesColumn(key="times", label=_("Last time"), phone=""),
    OwedColumn(key="receivable", label=_("Receivable"), order=("receivable",)),
    # The same and more, one fact a column: for Excel, and for who wants them on the page.
    Column(key="code", label=_("Code"), path="customer.code", hidden=True),
    Column(key="level", label=_("Level"), path="customer.level", order=("customer__level",), hidden=True),
    Column(key="rep", label=_("Rep"), path="customer.owner", order=("customer__owner__name",), hidden=True),
    Column(key="department", label=_("Department"), path="customer.owner.department", hidden=True),
    Column(key="channel", label=_("Channel"), path="customer.channel", hidden=True),
    KindColumn(key="kind", label=_("Kind"), order=("kind",), hidden=True),
    DaysColumn(key="days_overdue", label=_("Days overdue"), order=("-due_on",), hidden=True),
    *(DateColumn(key=name, label=label, path=f"customer.{name}", hidden=True) for name, label, _word in LAST),
    MoneyColumn(key="last_order_total", label=_("Last order amount"), hidden=True),
    RhythmColumn(key="rfm", label=_("Customer value"), order=("customer__rhythm__rfm",), hidden=True),
    RhythmColumn(key="trend", label=_("Trend"), order=("customer__rhythm__trend",), hidden=True),
    MoneyColumn(key="overdue", label=_("Overdue"), order=("overdue",), hidden=True),
    PutOffColumn(key="put_off", label=_("Put off"), hidden=True),
    DateColumn(key="opened_on", label=_("Opened"), order=("opened_on",), hidden=True),
)


# --- customers by value
@dataclass(frozen=True)
class ScoresColumn(Column):
    """Recency, frequency and money: 5-4-5."""

    def value(self, row: CustomerRhythm) -> str:
        return f"{row.recency_score}-{row.frequency_score}-{row.money_score}" if row.rfm else ""


@dataclass(frozen=True)
class TrendColumn(ChoiceColumn):
    """Rising, steady, falling, with the change of the last 90 days in percent."""

    colours: tuple[tuple[str, str], ...] = TREND_COLOURS

    def cell(self, row: CustomerRhythm) -> str:
        badge_of = super().cell(row)
        percent = trend_percent(row)
        return badge_of if percent is None else format_html("{} {} %", badge_of, f"{percent:+d}")


@dataclass(frozen=True)
class OverLimitColumn(DateColumn):
    """Until when the customer is in order; red with the days beyond it."""

    def cell(self, row: CustomerRhythm) -> str:
        shown = super().cell(row)
        days = row.days_over(business_calendar.today())
        if days <= 0:
            return shown
        text = ngettext("%(n)s day over", "%(n)s days over", days) % {"n": days}
        return format_html('{} <span class="text-overdue">{}</span>', shown, text)


VALUE_COLUMNS = (
    LinkColumn(
        key="customer",
        label=_("Customer"),
        path="customer.name",
        order=("customer__name",),
        phone="title",
        url=lambda row: row.customer.get_absolute_url(),
    ),
    Column(key="code", label=_("Code"), path="customer.code", hidden=True),
    Column(key="level", label=_("Level"), path="customer.level", order=("customer__level",), phone=""),
    Column(key="rep", label=_("Rep"), path="customer.owner", order=("customer__owner__name",)),
    ChoiceColumn(key="rfm", label=_("Customer value"), order=("rfm",), colours=RFM_COLOURS, phone="side"),
    ScoresColumn(key="scores", label=_("R-F-M"), phone=""),
    NumberColumn(key="recency_score", label=_("Recency score"), order=("recency_score",), hidden=True),
    NumberColumn(key="frequency_score", label=_("Frequency score"), order=("frequency_score",), hidden=True),
    NumberColumn(key="money_score", label=_("Money score"), order=("money_score",), hidden=True),
    DateColumn(key="last_on", label=_("Last order"), order=("last_on",)),
    NumberColumn(key="frequency", label=_("Order days in a year"), order=("frequency",), phone=""),
    MoneyColumn(key="money", label=_("Ordered in a year"), order=("money",)),
    TrendColumn(key="trend", label=_("Trend"), order=("trend",)),
    DateColumn(key="expected_on", label=_("Next order expected"), order=("expected_on",), phone=""),
    OverLimitColumn(key="limit_on", label=_("In order until"), order=("limit_on",)),
)
