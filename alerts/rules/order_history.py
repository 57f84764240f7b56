"""A customer's row of rhythm, value and trend from the list of his orders (E5). Pure.

Days are ordinals and money is in cents here: a nightly job does this for a million customers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from alerts.enums import Confidence, Trend
from alerts.rules.rfm import TREND_DAYS, YEAR_DAYS, Halves, class_of, score, trend_of
from alerts.rules.rhythm import EVERY_DAY, OpenDays, forecast, habit_of, peer_spread

NONE = Decimal("0.00")


@dataclass(frozen=True)
class Company:
    """What everybody is computed with: the calendar, the quantile (0.5–1) and what the company as a whole does."""

    calendar: OpenDays
    quantile: float
    spreads: Mapping[str, float]  # {level, or "" for all: spread}
    trend: Decimal  # its last 90 days over the 90 before
    # Limits of the quintiles: ordinals, numbers of order days, amounts; empty until they are known.
    recency: Sequence[int] = field(default=())
    frequency: Sequence[int] = field(default=())
    money: Sequence[Decimal] = field(default=())


@dataclass(frozen=True, slots=True)
class Window:
    """Order days, sum and largest order after the day `after` and up to `upto` (ordinals)."""

    days: int
    total: Decimal
    top: Decimal


def order_days(orders: Sequence[tuple[int, int]]) -> list[int]:
    """Distinct days of (day, cents) in ascending order."""
    return list(dict.fromkeys(day for day, _cents in orders))


def window(orders: Sequence[tuple[int, int]], after: int, upto: int) -> Window:
    """What was ordered after one day and up to another."""
    inside = [(day, cents) for day, cents in orders if after < day <= upto]
    if not inside:
        return Window(0, NONE, NONE)
    amounts = [cents for _day, cents in inside]
    return Window(len({day for day, _cents in inside}), yuan(sum(amounts)), yuan(max(amounts)))


def yuan(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def row_of(orders: Sequence[tuple[int, int]], level: str, today: int, company: Company) -> dict[str, Any]:
    """The columns of CustomerRhythm from (day, cents) in ascending order of days; dates are ordinals still.

    Without four order days the rhythm's columns are empty; without any order all are.
    """
    row: dict[str, Any] = {
        "orders": len(orders),
        "cents": sum(cents for _day, cents in orders),
        "day_sum": sum(day for day, _cents in orders),
        "last_on": orders[-1][0] if orders else None,
    }
    return row | _rhythm(order_days(orders), level, company) | _value(orders, today, company)


def _rhythm(days: Sequence[int], level: str, company: Company) -> dict[str, Any]:
    habit = habit_of(days, company.calendar)
    if habit is None:
        names = ("usual", "low", "high", "limit_gap", "expected_on", "limit_on")
        return {**dict.fromkeys(names), "gaps": "", "weekdays": EVERY_DAY, "confidence": ""}
    due = forecast(habit, company.calendar, company.quantile, peer_spread(company.spreads, level))
    return {
        "gaps": ",".join(map(str, habit.gaps)),
        "usual": habit.usual,
        "low": habit.low,
        "high": habit.high,
        "limit_gap": due.limit_gap,
        "weekdays": habit.weekdays,
        "expected_on": due.expected_on,
        "limit_on": due.limit_on,
        "confidence": Confidence(due.confidence).value,
    }


def _value(orders: Sequence[tuple[int, int]], today: int, company: Company) -> dict[str, Any]:
    # An order that is dated ahead counts as the newest.
    upto = max(today, orders[-1][0]) if orders else today
    year = window(orders, today - YEAR_DAYS, upto)
    recent = window(orders, today - TREND_DAYS, upto)
    before = window(orders, today - 2 * TREND_DAYS, today - TREND_DAYS)
    halves = Halves(recent.total, before.total, recent.top, before.top, recent.days + before.days)
    scores = scores_of(orders[-1][0] if orders else 0, year.days, year.total, company)
    trend: Trend | None = trend_of(halves, company.trend)
    return {
        "frequency": year.days,
        "money": year.total,
        "recent": recent.total,
        "before": before.total,
        "recent_top": recent.top,
        "before_top": before.top,
        "trend_orders": halves.orders,
        "recency_score": scores[0],
        "frequency_score": scores[1],
        "money_score": scores[2],
        "rfm": class_of(*scores).value if scores[0] else "",
        "trend": trend.value if trend else "",
    }


def scores_of(last: int, frequency: int, money: Decimal, company: Company) -> tuple[int, int, int]:
    """Recency, frequency and money 1–5; all 0 without an order in the year or before limits are known."""
    if not frequency or not company.recency:
        return 0, 0, 0
    return score(last, company.recency), score(frequency, company.frequency), score(money, company.money)
