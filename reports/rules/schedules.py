"""When a scheduled report is due, and whether it goes out (J6). No ORM, no clock."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from reports.enums import ConditionKind, Rhythm, Unit
from reports.rules.compare import Figure, change
from reports.rules.tables import Row, Table

MAX_ATTEMPTS = 6
LEASE = dt.timedelta(minutes=10)  # a run whose worker was not heard of for so long is run again
_FIRST_WAIT = dt.timedelta(minutes=2)
_LONGEST_WAIT = dt.timedelta(hours=1)
_DAY = dt.timedelta(days=1)
_SEARCH_DAYS = 400  # the calendar knows no year without working days

# What a limit is written in, as a factor of the figure's own unit: 25 %, 3 km, 20 minutes.
_SCALE = {Unit.PERCENT: Decimal("0.01"), Unit.METRES: Decimal(1000), Unit.SECONDS: Decimal(60)}
COMPARING = (ConditionKind.RISEN, ConditionKind.FALLEN)
ABSOLUTE_DAYS = ("on", "since", "until")


def next_time(
    after: dt.datetime,
    *,
    rhythm: str,
    at: dt.time,
    weekday: int,
    month_day: int,
    works: Callable[[dt.date], bool],
) -> dt.datetime:
    """The first due moment later than `after` (aware), in the zone of `after`, which must be the business zone.

    `weekday` is ISO (1 Monday). A `month_day` beyond the month's end means its last day. ValueError for a calendar without
    a working day in over a year.
    """
    for ahead in range(_SEARCH_DAYS):
        day = after.date() + _DAY * ahead
        moment = dt.datetime.combine(day, at, tzinfo=after.tzinfo)
        if moment > after and _is_day(day, rhythm, weekday, month_day, works):
            return moment
    raise ValueError("no day of this rhythm")


def _is_day(
    day: dt.date, rhythm: str, weekday: int, month_day: int, works: Callable[[dt.date], bool]
) -> bool:
    if rhythm == Rhythm.WORKDAYS:
        return works(day)
    if rhythm == Rhythm.WEEKLY:
        return day.isoweekday() == weekday
    if rhythm == Rhythm.MONTHLY:
        return day.day == min(month_day, calendar.monthrange(day.year, day.month)[1])
    return True


def is_met(kind: str, table: Table, measure: str, limit: Decimal | None) -> bool:
    """Whether the figures of one recipient let the report go out. "Above" is more than, never equal.

    A total that is missing, or that cannot be compared (nothing before), meets no condition. `limit` is in % for shares
    and changes, kilometres for ways, minutes for durations. ValueError for a measure that is no column.
    """
    if kind == ConditionKind.ALWAYS or limit is None:
        return True
    position = table.column(measure)
    total = table.totals[position] if table.totals else None
    if kind in COMPARING:
        before = table.before_totals[position] if table.before_totals else None
        moved = change(total, before)
        if moved is None:
            return False
        percent = Decimal(str(round(moved * 100, 6)))
        return percent > limit if kind == ConditionKind.RISEN else percent < -limit
    bound = limit * _SCALE.get(table.heads[position].unit, Decimal(1))
    if kind == ConditionKind.ANY_ROW:
        return any(map(row_test(table, measure, limit), table.rows))
    if total is None:
        return False
    return _above(total, bound) if kind == ConditionKind.ABOVE else Decimal(str(total)) < bound


def row_test(table: Table, measure: str, limit: Decimal) -> Callable[[Row], bool]:
    """Whether a row's figure is above the limit, for rows that the table does not hold. ValueError as `is_met`."""
    position = table.column(measure)
    bound = limit * _SCALE.get(table.heads[position].unit, Decimal(1))
    return lambda row: _above(row.values[position], bound)


def _above(value: Figure, bound: Decimal) -> bool:
    return value is not None and Decimal(str(value)) > bound


def fixed_days(query: Mapping[str, Any]) -> bool:
    """Whether a query names days of its own, which would be the same ones in every mail."""
    return query.get("period") == "custom" or any(query.get(name) for name in ABSOLUTE_DAYS)


def backoff(attempts: int) -> dt.timedelta:
    """How long to wait after the n-th attempt: 2, 4, 8 … minutes, at most an hour."""
    doubled: dt.timedelta = _FIRST_WAIT * 2 ** min(max(attempts, 1) - 1, 20)
    return min(doubled, _LONGEST_WAIT)
