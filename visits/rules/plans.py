"""On which days a visit plan is due (D1): weekdays, every n days, every n-th week, so many times in 28 days. No ORM."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from common import business_calendar
from visits.enums import HolidayRule, Rhythm

CYCLE_DAYS = 28
# Re-planning leaves today and so many days after it as they are: people have made their dates for them.
FROZEN_DAYS = 2
# A day off is at most so far from the working day before it (the longest holidays last nine days).
_LONGEST_BREAK = 15
# Looked through for the next date: twice the rarest rhythm of forms.
_HORIZON = 2 * 366
_GOLDEN = 0.6180339887498949
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PlanRule:
    """A plan as plain values. `weekdays`: Monday is 1; `frequency`: visits in 28 days; `seed` spreads plans apart."""

    rhythm: str
    starts_on: dt.date
    ends_on: dt.date | None = None
    every: int = 1
    weekdays: frozenset[int] = frozenset()
    frequency: int = 1
    on_holiday: str = HolidayRule.SKIP
    seed: int = 0


def read_days(text: str) -> frozenset[int]:
    """ISO weekdays of "1,4"."""
    return frozenset(int(part) for part in text.split(",") if part.strip())


def write_days(days: Iterable[int | str]) -> str:
    """ "1,4" of weekdays in any order."""
    return ",".join(str(day) for day in sorted({int(day) for day in days}))


def frequency_of(own: int | None, level: str, by_level: Mapping[str, int]) -> int:
    """Visits in 28 days: the plan's own number, else the level's; without a level as rarely as the rarest level."""
    if own is not None:
        return own
    return by_level.get(level) or min(by_level.values(), default=1)


def per_cycle(rule: PlanRule) -> Fraction:
    """How often a rhythm comes in 28 days, days off not looked at: what makes one stricter than another."""
    if rule.rhythm == Rhythm.CYCLE:
        return Fraction(rule.frequency)
    if rule.rhythm == Rhythm.DAYS:
        return Fraction(CYCLE_DAYS, rule.every)
    weeks = Fraction(CYCLE_DAYS // 7, rule.every if rule.rhythm == Rhythm.WEEKS else 1)
    return weeks * len(rule.weekdays)


def due_days(rule: PlanRule, first: dt.date, last: dt.date) -> list[dt.date]:
    """The plan's days from `first` to `last`, both included, in order and never one twice.

    A weekend counts as a day off only where the plan does not name it: who plans Sundays means Sundays; public
    holidays always do.
    """
    begin, end = max(first, rule.starts_on), last if rule.ends_on is None else min(last, rule.ends_on)
    if end < begin:
        return []
    if rule.rhythm == Rhythm.CYCLE:
        return [day for day in _cycle_days(rule, begin, end) if begin <= day <= end]
    since = begin
    if rule.on_holiday == HolidayRule.NEXT:
        # What was due in a break before may come in here.
        since = max(rule.starts_on, begin - dt.timedelta(days=_LONGEST_BREAK))
    days = {_placed(rule, day) for day in _span(since, end) if _is_meant(rule, day)}
    return sorted(day for day in days if day is not None and begin <= day <= end)


def next_due(rule: PlanRule, since: dt.date) -> dt.date | None:
    """The first of the plan's days from `since` on; None when there is none within two years."""
    start, step = max(since, rule.starts_on), CYCLE_DAYS
    limit = start + dt.timedelta(days=_HORIZON)
    while start <= limit:
        end = start + dt.timedelta(days=step - 1)
        if days := due_days(rule, start, end):
            return days[0]
        if rule.ends_on is not None and end >= rule.ends_on:
            return None
        start, step = end + _DAY, step * 2
    return None


def _is_meant(rule: PlanRule, day: dt.date) -> bool:
    """Whether the rhythm falls on this day, days off or not."""
    if rule.rhythm == Rhythm.DAYS:
        return (day - rule.starts_on).days % rule.every == 0
    if day.isoweekday() not in rule.weekdays:
        return False
    if rule.rhythm == Rhythm.WEEKS:
        return (_monday(day) - _monday(rule.starts_on)).days // 7 % rule.every == 0
    return True


def _is_off(rule: PlanRule, day: dt.date) -> bool:
    if rule.rhythm == Rhythm.DAYS:
        return not business_calendar.is_working_day(day)
    return business_calendar.is_public_holiday(day)


def _placed(rule: PlanRule, day: dt.date) -> dt.date | None:
    """Where a meant day goes: itself, the next working day, or nowhere."""
    if rule.on_holiday == HolidayRule.KEEP or not _is_off(rule, day):
        return day
    return next_working_day(day) if rule.on_holiday == HolidayRule.NEXT else None


def next_working_day(day: dt.date) -> dt.date:
    """The first working day after `day`."""
    day += _DAY
    while not business_calendar.is_working_day(day):
        day += _DAY
    return day


def _cycle_days(rule: PlanRule, begin: dt.date, end: dt.date) -> list[dt.date]:
    """Days of all cycles of 28 days, counted from `starts_on`, that touch the range."""
    number = (begin - rule.starts_on).days // CYCLE_DAYS
    days: list[dt.date] = []
    while (start := rule.starts_on + dt.timedelta(days=number * CYCLE_DAYS)) <= end:
        days += spread(_workdays(rule, start), rule.frequency, rule.seed)
        number += 1
    return days


def _workdays(rule: PlanRule, start: dt.date) -> list[dt.date]:
    """The days of a cycle that visits may be on: working days, or Monday to Friday where holidays do not count."""
    days = _span(start, start + dt.timedelta(days=CYCLE_DAYS - 1))
    if rule.on_holiday == HolidayRule.KEEP:
        return [day for day in days if day.isoweekday() <= 5]
    return [day for day in days if business_calendar.is_working_day(day)]


def spread(days: list[dt.date], count: int, seed: int) -> list[dt.date]:
    """`count` of the days at even distances (all of them when there are fewer).

    The first one lies by the golden ratio of `seed`, so that plans made one after the other come as far from each
    other as can be, and a rep's days fill evenly.
    """
    count = min(count, len(days))
    if count == 0:
        return []
    phase = seed * _GOLDEN % 1
    # Whole steps: (i + phase) · n ÷ count, cut off; n ≥ count keeps them apart, phase < 1 keeps them inside.
    return [days[min(int((i + phase) * len(days) / count), len(days) - count + i)] for i in range(count)]


def _span(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=offset) for offset in range((last - first).days + 1)]


def _monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())
