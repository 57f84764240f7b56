from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from alerts.queries import TrendDay, open_trend
from alerts.rules import KINDS, label_of
from reports.enums import Chart, Family, Unit
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS
from reports.queries.facts.alerts import ALERTS
from reports.queries.report import Report, register
from reports.rules.compare import Figure, reached
from reports.rules.tables import Head, Look, Row, Table

TOTAL = Head(
    "alerts_open",
    _("Open alerts"),
    Unit.COUNT,
    _("Customer alerts that were open at the end of the day, those put off among them."),
    can_drill=False,
)
OPENED = Head(
    "alerts_opened",
    pgettext_lazy("alerts", "Opened"),
    Unit.COUNT,
    _("Alerts opened on the day."),
)
CLOSED = Head(
    "alerts_closed",
    pgettext_lazy("alerts", "Closed"),
    Unit.COUNT,
    _("Alerts closed on the day."),
)
MOST_KINDS = 5


@register
class AlertTrend(Report):
    code = "alert_trend"
    family = Family.SERVICE
    label = _("Alert trend")
    question = _("Are there more open alerts than before, and of which kinds?")
    measures = ("alerts_open", "alerts_opened", "alerts_closed")
    dimensions = ("day",)
    chart = Chart.LINE
    compares = False
    position = 45

    def can_drill(self, measure: str, by: str) -> bool:
        """What was open at the end of a day is counted back, no rows of that day."""
        return measure != TOTAL.code and super().can_drill(measure, by)

    def answer(self, asked: Asked, by: str, look: Look) -> Table:
        """Each day of the period that has come, as alerts.queries.open_trend counts them back from today; one statement.

        The kinds with the most alerts have a column of their own; the totals are those of the last day.
        """
        period = reached(asked.period, asked.today)
        span = (asked.today - period.first).days + 1
        days = open_trend(asked.rows(ALERTS), asked.today, span) if span > 0 else []
        days = [day for day in days if day.day <= period.last]
        kinds = _kinds(days)
        totals = _values(days[-1], kinds)[: len(kinds) + 1] if days else (0,)
        flow = (sum(day.opened for day in days), sum(day.closed for day in days))
        labels = DIMENSIONS["day"].names([day.day.isoformat() for day in days])
        return Table(
            by="day",
            by_label=DIMENSIONS["day"].label,
            heads=(TOTAL, *(_head(kind) for kind in kinds), OPENED, CLOSED),
            rows=[Row(_key(day.day), labels[_key(day.day)], _values(day, kinds)) for day in days],
            totals=(*totals, *flow),
            period=asked.period,
            notes=[_("The last line says how many were open on the last day.")],
        )


def _key(day: dt.date) -> str:
    return day.isoformat()


def _kinds(days: list[TrendDay]) -> list[str]:
    """The kinds with the most alerts on any of the days, in the register's order."""
    found: dict[str, int] = {}
    for day in days:
        for kind, count in day.open.items():
            found[kind] = max(found.get(kind, 0), count)
    first = sorted(found, key=lambda kind: (-found[kind], kind))[:MOST_KINDS]
    order = list(KINDS)
    return sorted(first, key=lambda kind: (order.index(kind) if kind in order else len(order), kind))


def _head(kind: str) -> Head:
    return Head(
        f"alerts_{kind}",
        label_of(kind),
        Unit.COUNT,
        _("Alerts of this kind that were open at the end of the day."),
        can_drill=False,
    )


def _values(day: TrendDay, kinds: list[str]) -> tuple[Figure, ...]:
    return (day.total, *(day.open.get(kind, 0) for kind in kinds), day.opened, day.closed)
