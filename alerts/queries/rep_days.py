"""What stands behind one rep's value: his business days, and the visits, orders and sales of each (domain-rules §4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import CharField, Count, DecimalField, F, QuerySet, Sum, Value
from django.db.models.functions import Cast
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.enums import RepMeasure
from alerts.queries.reps import (
    AMOUNTS,
    ORDERS,
    SHOP_AND_DAY,
    TRACKS,
    VISITS,
    RepBoard,
    order_rows,
    sale_rows,
    track_rows,
    visit_rows,
)
from common import business_calendar
from common.money import round_money

_DAY = dt.timedelta(days=1)
ZERO = Decimal(0)


@dataclass(frozen=True)
class RepDay:
    """One day of one rep; `value` is the rule's measure, `average` what the reps compared did on that day.

    `left_out` says why the day does not count ("" when it counts); it has no average then.
    """

    day: dt.date
    left_out: str
    visits: int
    customers: int
    orders: int
    order_amount: Decimal
    sales: int
    sales_amount: Decimal
    tracked_days: int  # 1 when a position was stored
    value: Decimal
    average: Decimal | None


def why_left_out(day: dt.date) -> str:
    """Why a window of working days steps over `day`: the holiday's name, or the weekend."""
    if business_calendar.is_public_holiday(day):
        return business_calendar.holiday_name(day, chinese=(get_language() or "zh").startswith("zh"))
    return _("weekend")


def left_out_days(days: Sequence[dt.date], today: dt.date) -> list[dt.date]:
    """The days between the first of `days` and today, both excluded, that the window stepped over."""
    if not days:
        return []
    between = (days[0] + _DAY * step for step in range(1, (today - days[0]).days))
    counted = set(days)
    return [day for day in between if day not in counted]


@dataclass(frozen=True)
class Gap:
    """Days in a row that a window stepped over for one reason."""

    first: dt.date
    last: dt.date
    why: str


def gaps(days: Sequence[dt.date], today: dt.date) -> list[Gap]:
    """What the window of `days` left out, runs of days with one reason together, oldest first."""
    found: list[Gap] = []
    for day in left_out_days(days, today):
        why = why_left_out(day)
        if found and found[-1].why == why and found[-1].last == day - _DAY:
            found[-1] = Gap(found[-1].first, day, why)
        else:
            found.append(Gap(day, day, why))
    return found


def rep_days(board: RepBoard, rep: User, today: dt.date) -> list[RepDay]:
    """Every day from the window's first to yesterday, oldest first; days left out show what was done in vain.

    Two statements, whatever the window: what the rep did by day, and the measure of all by day.
    """
    out = left_out_days(board.days, today)
    days = sorted([*board.days, *out])
    did = _by_day(rep, days)
    averages = _averages(board)
    measure = RepMeasure(board.rule.measure)
    skipped = set(out)
    found = []
    for day in days:
        (visits, shops), (orders, ordered), (sales, sold) = (
            did.get((what, day), (0, ZERO)) for what in ("visits", "orders", "sales")
        )
        values: dict[str, Any] = {
            "tracked_days": did.get(("tracks", day), (0, ZERO))[0],
            "visits": visits,
            "customers": int(shops),
            "orders": orders,
            "order_amount": ordered,
            "sales": sales,
            "sales_amount": sold,
        }
        why = why_left_out(day) if day in skipped else ""
        average = None if why else averages.get(day, ZERO)
        found.append(RepDay(day=day, left_out=why, value=Decimal(values[measure]), average=average, **values))
    return found


def _by_day(rep: User, days: Sequence[dt.date]) -> dict[tuple[str, dt.date], tuple[int, Decimal]]:
    """{(family, day): (rows, customers or amount)} in one statement."""
    amount: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)
    second = {
        "visits": Cast(Count(SHOP_AND_DAY, distinct=True), amount),
        "orders": Sum("total", output_field=amount),
        "sales": Sum("amount", output_field=amount),
        "tracks": Cast(Count("pk"), amount),
    }
    parts = [
        rows(days)
        .filter(rep=rep)
        .order_by()
        .annotate(what=Value(what, output_field=CharField()), on=F(column))
        .values_list("what", "on")
        .annotate(n=Count("pk"), of=second[what])
        for what, (rows, column) in _ROWS.items()
    ]
    found = parts[0].union(*parts[1:], all=True)
    return {(what, day): (n, round_money(of or ZERO)) for what, day, n, of in found}


def _averages(board: RepBoard) -> dict[dt.date, Decimal]:
    """{day: mean of the measure over the reps compared}, those with nothing included."""
    reps = [rep.pk for rep in board.reps]
    measure = RepMeasure(board.rule.measure)
    rows, column, counted = _SOURCES[measure]
    # Two reps at one shop on one day are two customers visited: counted rep by rep.
    keys = (column, "rep_id") if measure == RepMeasure.CUSTOMERS else (column,)
    found = rows(board.days).filter(rep__in=reps).order_by().values(*keys).annotate(total=counted)
    totals: dict[dt.date, Decimal] = {}
    for row in found:
        totals[row[column]] = totals.get(row[column], ZERO) + Decimal(row["total"] or 0)
    return {day: round_money(total / len(reps)) for day, total in totals.items()} if reps else {}


# Rows, the column of their day, and what of them is counted, by measure.
_SOURCES: dict[RepMeasure, tuple[Callable[[Sequence[dt.date]], QuerySet[Any]], str, Any]] = {
    RepMeasure.VISITS: (visit_rows, "day", Count("pk")),
    RepMeasure.CUSTOMERS: (visit_rows, "day", Count(SHOP_AND_DAY, distinct=True)),
    RepMeasure.ORDERS: (order_rows, "ordered_on", Count("pk")),
    RepMeasure.ORDER_AMOUNT: (order_rows, "ordered_on", Sum("total")),
    RepMeasure.SALES: (sale_rows, "issued_on", Count("pk")),
    RepMeasure.SALES_AMOUNT: (sale_rows, "issued_on", Sum("amount")),
    RepMeasure.TRACKED_DAYS: (track_rows, "day", Count("pk")),
}


# --- the rows of a day
def rows_behind(what: str, rep: User, days: Sequence[dt.date]) -> QuerySet[Any]:
    """The rep's rows of these days that count as `what` ("visits", "orders" or "sales"), latest day first."""
    rows, column = _ROWS[what]
    found: QuerySet[Any] = rows(days).filter(rep=rep).select_related("customer")
    return found.order_by(f"-{column}", "-pk")


_ROWS: dict[str, tuple[Callable[[Sequence[dt.date]], QuerySet[Any]], str]] = {
    "visits": (visit_rows, "day"),
    "orders": (order_rows, "ordered_on"),
    "sales": (sale_rows, "issued_on"),
    "tracks": (track_rows, "day"),
}


def family(measure: RepMeasure | str) -> str:
    """Which of `rows_behind` a measure counts; behind days with a track, the visits that were made."""
    if measure in VISITS or measure in TRACKS:
        return "visits"
    return "orders" if measure in ORDERS else "sales"


def is_amount(measure: RepMeasure | str) -> bool:
    """Whether the measure is in CNY, not a number of things."""
    return measure in AMOUNTS
