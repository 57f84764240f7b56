from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from reports.enums import Family, Unit
from reports.queries import engine
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS
from reports.queries.facts.customers import CUSTOMERS, LOST_DAYS
from reports.queries.measures import figure
from reports.queries.report import Report, register
from reports.rules.compare import reached
from reports.rules.tables import Head, Look, Row, Table

LOST = Head(
    "turned_lost",
    _("Turned lost"),
    Unit.COUNT,
    _("Active customers who passed 90 days without an order in the period and have not ordered since."),
    can_drill=False,
)
_UNTIL_LOST = dt.timedelta(days=LOST_DAYS + 1)


@register
class CustomerGrowth(Report):
    code = "customer_growth"
    family = Family.CUSTOMERS
    label = _("New and lost customers")
    question = _("How many customers came, how many of them ordered, and how many did we lose?")
    measures = ("new_customers", "new_dealt", "new_dealt_share", "first_orders")
    dimensions = (
        "month",
        "week",
        "day",
        "quarter",
        "rep",
        "department",
        "channel",
        "region",
        "level",
        "source",
        "industry",
        "type",
    )
    across = ("source", "channel", "rep")
    period = "year"
    position = 20

    def answer(self, asked: Asked, by: str, look: Look) -> Table:
        table = super().answer(asked, by, look)
        now = turned_lost(asked.of(reached(asked.period, asked.today)), by)
        before = turned_lost(asked.of(table.before), by) if table.before else {}
        rows = [*table.rows, *self._only_lost(by, now.keys() - {row.key for row in table.rows}, table)]
        return replace(
            table,
            heads=[*table.heads, LOST],
            rows=_in_time(by, [_with(row, now, before) for row in rows]),
            totals=(*table.totals, sum(now.values())),
            before_totals=(*table.before_totals, sum(before.values())) if table.before_totals else (),
        )

    def _only_lost(self, by: str, keys: set[str], table: Table) -> list[Row]:
        """Rows of groups that lost customers and had nothing else."""
        names = DIMENSIONS[by].names(keys)
        nothing = tuple(figure(code, {}) for code in self.measures)
        before = nothing if any(row.before for row in table.rows) else ()
        return [Row(key, DIMENSIONS[by].label_of(key, names), nothing, before) for key in sorted(keys)]


def _with(row: Row, now: dict[str, int], before: dict[str, int]) -> Row:
    return replace(
        row,
        values=(*row.values, now.get(row.key, 0)),
        before=(*row.before, before.get(row.key, 0)) if row.before else (),
    )


def _in_time(by: str, rows: list[Row]) -> list[Row]:
    return engine.sorted_rows(rows, None, True) if DIMENSIONS[by].is_time else rows


def turned_lost(asked: Asked, by: str) -> dict[str, int]:
    """Customers by key of a dimension whose last order is so old that they became lost in the period; one statement."""
    dimension = DIMENSIONS[by]
    first, last = (day - _UNTIL_LOST for day in (asked.period.first, min(asked.period.last, asked.today)))
    rows = asked.rows(CUSTOMERS).filter(status="active", last_order_on__range=(first, last))
    if not dimension.is_time:
        counted = rows.annotate(grp=dimension.path(CUSTOMERS)).values_list("grp").annotate(n=Count("pk"))
        found: dict[str, int] = {}
        for group, count in counted:
            found[dimension.key(group)] = found.get(dimension.key(group), 0) + count
        return found
    days = rows.values_list("last_order_on").annotate(n=Count("pk"))
    return _by_step(by, ((day + _UNTIL_LOST, count) for day, count in days))


def _by_step(by: str, days: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for day, count in days:
        key = step_of(by, day)
        found[key] = found.get(key, 0) + count
    return found


def step_of(by: str, day: dt.date) -> str:
    """Key of the day, week, month or quarter that holds `day`."""
    dimension: Any = DIMENSIONS[by]
    return str(dimension.steps(day, day)[0])
