"""Targets (G8): what is typed, how a year is spread, how far somebody is. Pure."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from common.business_calendar import is_working_day
from common.periods import month_end
from sales.enums import TargetMeasure

MONTHS = range(1, 13)
MAX_VALUE = Decimal("99999999999.99")
CENT, ONE = Decimal("0.01"), Decimal(1)
COUNTS = frozenset({TargetMeasure.NEW_CUSTOMERS, TargetMeasure.VISITS})
_NUMBER = re.compile(r"^(\d+(?:\.\d*)?|\.\d+)(万|亿|w|W|k|K)?$")
_UNITS = {"万": 10_000, "w": 10_000, "W": 10_000, "亿": 100_000_000, "k": 1000, "K": 1000}


class BadValue(ValueError):
    """What was typed is no target; `code` says why: number, negative, fraction, large."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_count(measure: str) -> bool:
    """New customers and visits are counted, everything else is CNY."""
    return measure in COUNTS


def step_of(measure: str) -> Decimal:
    """The smallest part of a target: one for counts, a cent for money."""
    return ONE if is_count(measure) else CENT


def parse_value(text: str, measure: str) -> Decimal | None:
    """A target as people and Excel write it: 12,000 · ¥12,000.5 · 1.2万; None for nothing. Raises BadValue."""
    plain = re.sub(r"[\s,，¥￥'_]", "", text).translate(_FULL_WIDTH)
    if plain in ("", "-", "–", "—"):
        return None
    if plain.startswith("-"):
        raise BadValue("negative")
    match = _NUMBER.match(plain)
    if match is None:
        raise BadValue("number")
    value = Decimal(match[1]) * _UNITS.get(match[2] or "", 1)
    step = step_of(measure)
    if is_count(measure) and value != value.to_integral_value():
        raise BadValue("fraction")
    value = value.quantize(step, ROUND_HALF_UP) if value <= MAX_VALUE else value
    if value > MAX_VALUE:
        raise BadValue("large")
    return value


_FULL_WIDTH = {ord("０") + n: str(n) for n in range(10)} | {ord("．"): ".", ord("－"): "-"}


def grow(value: Decimal, percent: Decimal, measure: str) -> Decimal:
    """A value and `percent` more (or less, when negative), rounded to the measure's step, never below zero."""
    grown = value * (100 + percent) / 100
    return max(grown, Decimal(0)).quantize(step_of(measure), ROUND_HALF_UP)


def spread(total: Decimal, weights: Sequence[Decimal], measure: str) -> list[Decimal]:
    """`total` over parts in the proportion of `weights`, each a multiple of the measure's step, together exactly total.

    What rounding down leaves goes one step each to the parts that lost most, the earlier first among equals.
    Negative weights count as nothing; ValueError when no weight is positive.
    """
    step = step_of(measure)
    shares = [Fraction(max(weight, Decimal(0))) for weight in weights]
    whole = sum(shares)
    if not whole:
        raise ValueError("no weight is positive")
    steps = int(total / step)
    exact = [steps * share / whole for share in shares]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda n: (parts[n] - exact[n], n))
    for n in order[: steps - sum(parts)]:
        parts[n] += 1
    return [(part * step).quantize(step) for part in parts]


# --- how far the time is
@dataclass(frozen=True, slots=True)
class Clock:
    """Working days of a period: all, and those that have passed, today included."""

    total: int
    passed: int

    @property
    def share(self) -> float:
        """Time progress (时间进度), 0 to 1. A period without any working day has passed when it is over."""
        return self.passed / self.total if self.total else 1.0

    @property
    def bar(self) -> int:
        """Where the mark of time stands in a bar, 0 to 100."""
        return round(self.share * 100)


def working_days(first: dt.date, last: dt.date) -> int:
    """Working days from `first` to `last`, both included."""
    return sum(is_working_day(first + dt.timedelta(days=n)) for n in range((last - first).days + 1))


def clock(first: dt.date, last: dt.date, today: dt.date) -> Clock:
    """Time progress of a period as of `today`, by the calendar of working days."""
    return Clock(working_days(first, last), working_days(first, min(today, last)))


def months_between(first: dt.date, last: dt.date) -> list[dt.date]:
    """First days of the months that a period touches."""
    months, month = [], first.replace(day=1)
    while month <= last:
        months.append(month)
        month = month_end(month) + dt.timedelta(days=1)
    return months


def part_of_month(month: dt.date, first: dt.date, last: dt.date) -> Fraction:
    """How much of a month's target falls into a period: its working days inside ÷ all its working days."""
    end = month_end(month)
    start, stop = max(first, month), min(last, end)
    if (start, stop) == (month, end):
        return Fraction(1)
    return Fraction(working_days(start, stop), working_days(month, end) or 1)


def rounded(value: Fraction, measure: str) -> Decimal:
    """An exact value to the measure's step, half up."""
    step = step_of(measure)
    steps = value / Fraction(step)
    return ((steps + Fraction(1, 2)).__floor__() * step).quantize(step)


# --- how far somebody is
@dataclass(frozen=True, slots=True)
class Completion:
    """Target and actual of one period, and what follows from them. No target: None, not zero."""

    target: Decimal | None
    actual: Decimal
    clock: Clock
    measure: str

    @property
    def share(self) -> float | None:
        """完成率: actual ÷ target; None without a target, or with one of zero."""
        return float(self.actual / self.target) if self.target else None

    @property
    def bar(self) -> int:
        """How much of a bar is filled, 0 to 100."""
        return max(0, min(100, int((self.share or 0) * 100)))

    @property
    def gap(self) -> Decimal | None:
        """What is missing to the target; negative when it is exceeded."""
        return None if self.target is None else self.target - self.actual

    @property
    def projection(self) -> Decimal | None:
        """The actual at the period's end if every working day brings as much as those so far; None before the first."""
        if not self.clock.passed:
            return None
        exact = Fraction(self.actual) * self.clock.total / self.clock.passed
        return rounded(exact, self.measure)

    @property
    def state(self) -> str:
        """done: reached; ahead: as far as the time at least; near: within ten points of it; late; none: no target."""
        if self.share is None:
            return "none"
        if self.share >= 1:
            return "done"
        behind = self.clock.share - self.share
        return "ahead" if behind <= 0 else "near" if behind <= 0.1 else "late"


def ranks(rows: Sequence[Completion]) -> list[int]:
    """Places from 1 by completion, those without a target after them by actual; equals share a place (1, 2, 2, 4)."""
    keys = [(0, 0.0, row.actual) if row.share is None else (1, row.share, Decimal(0)) for row in rows]
    ordered = sorted(keys)
    return [1 + len(ordered) - bisect_right(ordered, key) for key in keys]
