"""What rhythms are computed from: whose orders changed, the stream of orders, what peers do (E5).

Read in plain SQL that both databases understand, days as ordinals and money in cents, for a nightly job over a
million customers.
"""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum

from alerts.models import CustomerRhythm, RhythmState
from alerts.rules.order_history import Company
from alerts.rules.rfm import TREND_DAYS, YEAR_DAYS
from alerts.rules.rhythm import KEPT_GAPS, OpenDays, habit_of, mean_spreads, spread_of
from common.business_calendar import is_public_holiday
from crm.models import Customer
from sales.models import SalesOrder

ORDER, RHYTHM = SalesOrder._meta.db_table, CustomerRhythm._meta.db_table
# An order that counts (sales.querysets.OrderQuerySet.counted), its business day as an ordinal, its total in cents.
COUNTED = "o.status NOT IN ('draft', 'cancelled')"
_DAY = {
    "postgresql": "(o.ordered_on - DATE '0001-01-01' + 1)",
    "sqlite": "CAST(julianday(o.ordered_on) - 1721424.5 AS integer)",
}
_CENTS = "CAST(ROUND(o.total * 100) AS bigint)"
_FIRST_YEAR = 2010  # gaps that lie further back are counted without holidays
_SAMPLE = 20_000  # customers from whom the peers' spread is taken


def day_column() -> str:
    return _DAY[connection.vendor]


@lru_cache(maxsize=4)
def open_days(year: int) -> OpenDays:
    """The calendar for decisions of a year: public holidays from 2010 to three years ahead, as far as they are known."""
    first, last = dt.date(_FIRST_YEAR, 1, 1), dt.date(year + 3, 12, 31)
    return OpenDays(first.toordinal(), last.toordinal(), is_public_holiday)


def rhythm_state() -> RhythmState:
    """The one row; made with the usual quantile when there is none."""
    return RhythmState.objects.get_or_create(pk=1)[0]


def company_of(state: RhythmState, today: dt.date) -> Company:
    """What the last run found out about the company, with the calendar of `today`."""
    limits = state.limits
    return Company(
        calendar=open_days(today.year),
        quantile=state.quantile / 100,
        spreads=state.spreads,
        trend=trend_base(state),
        recency=[dt.date.fromisoformat(day).toordinal() for day in limits.get("recency", [])],
        frequency=limits.get("frequency", []),
        money=[Decimal(amount) for amount in limits.get("money", [])],
    )


def trend_base(state: RhythmState) -> Decimal:
    """What the company's orders did; 0 while there are none to compare, and no trend can be told."""
    return Decimal(0) if state.company_trend is None else state.company_trend


def company_trend(today: dt.date) -> Decimal:
    """The company's orders of the last 90 days over those of the 90 before; 0 when there were none then or now."""
    half = dt.timedelta(days=TREND_DAYS)
    sums = SalesOrder.objects.counted().aggregate(
        recent=Sum("total", filter=Q(ordered_on__gt=today - half, ordered_on__lte=today)),
        before=Sum("total", filter=Q(ordered_on__gt=today - 2 * half, ordered_on__lte=today - half)),
    )
    if not sums["before"] or not sums["recent"]:
        return Decimal(0)
    return (Decimal(sums["recent"]) / Decimal(sums["before"])).quantize(Decimal("0.0001"))


# --- whom to compute
def everybody() -> array[int]:
    """Keys of all who ever ordered, ascending."""
    return _keys(
        f"SELECT o.customer_id FROM {ORDER} o WHERE {COUNTED}"  # noqa: S608 - our own names
        f" UNION SELECT r.customer_id FROM {RHYTHM} r WHERE r.orders > 0 ORDER BY 1",
        [],
    )


def changed_customers(as_of: dt.date, today: dt.date) -> array[int]:
    """Keys of those whose orders are not what their row was computed from, or moved over the edge of a window since.

    One pass over the orders, whatever wrote, cancelled, merged or imported them.
    """
    edges, params = _edges(as_of, today)
    return _keys(
        f"""
        SELECT n.customer_id FROM (
            SELECT o.customer_id, COUNT(*) AS orders, SUM({_CENTS}) AS cents, SUM({day_column()}) AS day_sum
            FROM {ORDER} o WHERE {COUNTED} GROUP BY o.customer_id
        ) n LEFT JOIN {RHYTHM} r ON r.customer_id = n.customer_id
        WHERE r.customer_id IS NULL OR r.orders <> n.orders OR r.cents <> n.cents OR r.day_sum <> n.day_sum
        UNION
        SELECT r.customer_id FROM {RHYTHM} r
        WHERE r.orders > 0
          AND NOT EXISTS (SELECT 1 FROM {ORDER} o WHERE o.customer_id = r.customer_id AND {COUNTED})
        UNION
        SELECT o.customer_id FROM {ORDER} o WHERE {COUNTED} AND ({edges})
        ORDER BY 1
        """,  # noqa: S608 - our own names
        params,
    )


def _edges(as_of: dt.date, today: dt.date) -> tuple[str, list[Any]]:
    """Orders that left or entered the last 90, 180 or 365 days between two runs."""
    low, high = sorted((as_of, today))
    parts, params = [], []
    for days in (TREND_DAYS, 2 * TREND_DAYS, YEAR_DAYS):
        back = dt.timedelta(days=days)
        parts.append("(o.ordered_on > %s AND o.ordered_on <= %s)")
        params += [connection.ops.adapt_datefield_value(day - back) for day in (low, high)]
    return " OR ".join(parts), params


def _keys(sql: str, params: Sequence[Any]) -> array[int]:
    """The first column as a compact array: eight bytes a customer."""
    keys = array("q")
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(10_000):
            keys.extend(row[0] for row in rows)
    return keys


# --- the orders
def orders_of(keys: Sequence[int]) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """(customer, [(day, cents), …] in ascending order) of each of these customers who has orders; keys ascending.

    Streamed: one customer's orders are in memory at a time. A dense run of keys is read as a range.
    """
    where, params = _among(keys)
    wanted = set(keys)
    sql = f"SELECT o.customer_id, {day_column()}, {_CENTS} FROM {ORDER} o WHERE {COUNTED} AND {where} ORDER BY 1, 2"  # noqa: S608
    current: int | None = None
    orders: list[tuple[int, int]] = []
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(5_000):
            for customer, day, cents in rows:
                if customer != current:
                    if current is not None and current in wanted:
                        yield current, orders
                    current, orders = customer, []
                orders.append((day, cents))
    if current is not None and current in wanted:
        yield current, orders


def _among(keys: Sequence[int], column: str = "o.customer_id") -> tuple[str, list[Any]]:
    if len(keys) * 2 > keys[-1] - keys[0]:
        return f"{column} BETWEEN %s AND %s", [keys[0], keys[-1]]
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", [list(keys)]
    return f"{column} IN ({', '.join(['%s'] * len(keys))})", list(keys)


def levels_of(keys: Sequence[int]) -> dict[int, str]:
    """{customer: level}"""
    where, params = _among(keys, "c.id")
    return _pairs(f"SELECT c.id, c.level FROM {Customer._meta.db_table} c WHERE {where}", params)  # noqa: S608


def versions_of(keys: Sequence[int]) -> dict[int, int]:
    """{customer: version of his row}, of those who have one."""
    where, params = _among(keys, "r.customer_id")
    return _pairs(f"SELECT r.customer_id, r.version FROM {RHYTHM} r WHERE {where}", params)  # noqa: S608


def _pairs(sql: str, params: Sequence[Any]) -> dict[int, Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return dict(cursor.fetchall())


# --- what peers do
def measure_spreads(quantile: float, today: dt.date, before: dt.date | None = None) -> Mapping[str, float]:
    """{level: spread} from at most 20,000 customers with enough orders, evenly drawn; `before` leaves later orders out."""
    rows = SalesOrder.objects.counted()
    if before is not None:
        rows = rows.filter(ordered_on__lt=before)
    enough = (
        rows.order_by()
        .values("customer_id")
        .annotate(days=Count("ordered_on", distinct=True))
        .filter(days__gt=KEPT_GAPS - 4)
    )
    keys = array("q", enough.order_by("customer_id").values_list("customer_id", flat=True).iterator())
    keys = keys[:: max(1, len(keys) // _SAMPLE)]
    return mean_spreads(_spreads(keys, quantile, open_days(today.year), before))


def _spreads(
    keys: array[int], quantile: float, calendar: OpenDays, before: dt.date | None
) -> Iterator[tuple[str, float]]:
    end = before.toordinal() if before else None
    for start in range(0, len(keys), 2_000):
        part = keys[start : start + 2_000]
        levels = levels_of(part)
        for customer, orders in orders_of(part):
            days = list(dict.fromkeys(day for day, _cents in orders if end is None or day < end))
            habit = habit_of(days, calendar)
            spread = spread_of(habit, quantile) if habit else None
            if spread is not None:
                yield levels.get(customer, ""), spread
