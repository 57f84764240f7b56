"""RFM and trend: what a customer is worth, and whether that grows (E5). Pure.

Over the last 365 days: **recency** is the day of the last order, **frequency** the number of order days, **money** the
sum of the orders. Each is scored 1–5 by the quintiles of all customers of the company that ordered in the year; 4 and
5 are high. High or not in each of the three gives the eight classes.

**Trend** compares the order amount of the last 90 days with that of the 90 before, divided by what the whole company
did between the same days, so that a season or a festival that moves everybody is no trend. One large order alone makes
none: without the largest order of the better half the direction must still hold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from alerts.enums import RfmClass, Trend

YEAR_DAYS = 365
TREND_DAYS = 90
HIGH = 4
RISING, FALLING = Decimal("1.25"), Decimal("0.75")
# What must be left of it when the largest order is left out.
STILL_RISING, STILL_FALLING = Decimal("1.05"), Decimal("0.95")
MIN_TREND_ORDERS = 3  # order days in both halves together

CLASSES: dict[tuple[bool, bool, bool], RfmClass] = {
    (True, True, True): RfmClass.CHAMPION,
    (True, False, True): RfmClass.DEVELOP,
    (False, True, True): RfmClass.RETAIN,
    (False, False, True): RfmClass.RESCUE,
    (True, True, False): RfmClass.LOYAL,
    (True, False, False): RfmClass.NEW,
    (False, True, False): RfmClass.SLEEPY,
    (False, False, False): RfmClass.LOST,
}


def ranks(count: int) -> list[int]:
    """Where the four limits of quintiles stand among `count` ascending values (0-based)."""
    return [math.ceil(count * fifth / 5) - 1 for fifth in range(1, 5)]


def score(value: Any, limits: Sequence[Any]) -> int:
    """1–5: one more than the number of limits it is above; equal values always score alike."""
    return 1 + sum(1 for limit in limits if limit < value)


def class_of(recency: int, frequency: int, money: int) -> RfmClass:
    """The class of three scores."""
    return CLASSES[recency >= HIGH, frequency >= HIGH, money >= HIGH]


@dataclass(frozen=True, slots=True)
class Halves:
    """Order amounts (CNY) of the last 90 days and the 90 before, the largest order of each, order days of both."""

    recent: Decimal
    before: Decimal
    recent_top: Decimal
    before_top: Decimal
    orders: int


def trend_of(halves: Halves, company: Decimal) -> Trend | None:
    """`company`: its last 90 days over the 90 before (1 where it is not known). None with too few orders to say."""
    if halves.orders < MIN_TREND_ORDERS or company <= 0:
        return None
    usual = halves.before * company
    if halves.recent > usual * RISING and halves.recent - halves.recent_top > usual * STILL_RISING:
        return Trend.RISING
    without_top = (halves.before - halves.before_top) * company
    if halves.recent < usual * FALLING and halves.recent < without_top * STILL_FALLING:
        return Trend.FALLING
    return Trend.STEADY
