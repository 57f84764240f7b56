"""The period that a period is compared with, how far it has come, and what changed. No ORM."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from common.periods import Period
from reports.enums import Comparison

Figure = Decimal | int | float | None


def reached(period: Period, today: dt.date) -> Period:
    """The part of a period that has come: a month that began ends today; one that lies ahead stays as it is."""
    return replace(period, last=today) if period.first <= today < period.last else period


def compared(period: Period, mode: Comparison, today: dt.date) -> Period | None:
    """What `period` is held against, as long a part of it as of the period itself; None without comparison.

    A period that is not over is compared with as many days of the other: 11-01 – 11-28 with 10-01 – 10-28.
    """
    if mode == Comparison.NONE:
        return None
    whole = period.before() if mode == Comparison.BEFORE else _year_earlier(period)
    come = reached(period, today)
    if come.last == period.last:
        return whole
    return replace(whole, last=min(whole.last, whole.first + (come.last - come.first)))


def _year_earlier(period: Period) -> Period:
    return Period("custom", _back(period.first), _back(period.last))


def _back(day: dt.date) -> dt.date:
    """The same day a year earlier; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def change(now: Figure, before: Figure) -> float | None:
    """(now − before) ÷ |before|; None where either is missing or before is nothing."""
    if now is None or not before:
        return None
    return float((Decimal(str(now)) - Decimal(str(before))) / abs(Decimal(str(before))))


def ranks(values: list[Figure], *, descending: bool = True) -> list[int | None]:
    """Place of each value, equal ones share the better (1, 2, 2, 4); what has no value has no place."""
    known = sorted((value for value in values if value is not None), reverse=descending)
    first = {value: place for place, value in reversed(list(enumerate(known, start=1)))}
    return [None if value is None else first[value] for value in values]
