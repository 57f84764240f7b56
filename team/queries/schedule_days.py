"""The schedule by days, weeks and months, as its page draws it."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import get_language

from common import business_calendar
from team.queries.schedule import Item
from team.rules.schedule_grid import Slot, slots

_DAY = dt.timedelta(days=1)
SHOWN = 4  # of a day in the month; the rest is a link to the day


@dataclass(frozen=True, slots=True)
class Block:
    """An item with hours, and its place among those of the day."""

    item: Item
    slot: Slot


@dataclass(slots=True)
class ScheduleDay:
    day: dt.date
    is_off: bool
    holiday: str  # of days that a public holiday frees, or that are worked in its stead
    in_month: bool = True
    whole: list[Item] = field(default_factory=list)
    timed: list[Item] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    @property
    def items(self) -> list[Item]:
        return [*self.whole, *self.timed]

    @property
    def shown(self) -> list[Item]:
        return self.items[:SHOWN]

    @property
    def more(self) -> int:
        return max(0, len(self.whole) + len(self.timed) - SHOWN)


def span_days(span: str, day: dt.date) -> list[dt.date]:
    """The days that the page shows: the day, its week, or the whole weeks of its month (Monday first)."""
    if span == "day":
        return [day]
    if span == "week":
        return business_calendar.week_of(day)
    return [one for week in calendar.Calendar().monthdatescalendar(day.year, day.month) for one in week]


def neighbours(span: str, day: dt.date) -> tuple[dt.date, dt.date]:
    """The day that leads to the span before and after."""
    if span == "month":
        first = day.replace(day=1)
        return (first - _DAY).replace(day=1), (first + 32 * _DAY).replace(day=1)
    step = _DAY if span == "day" else 7 * _DAY
    return day - step, day + step


def schedule_days(
    *, days: Sequence[dt.date], items: Iterable[Item], month: int | None = None, with_blocks: bool = False
) -> list[ScheduleDay]:
    """The items, which are in order, on each day that they touch."""
    chinese = (get_language() or "zh").startswith("zh")
    found = {
        day: ScheduleDay(
            day=day,
            is_off=not business_calendar.is_working_day(day),
            holiday=business_calendar.holiday_name(day, chinese=chinese),
            in_month=month is None or day.month == month,
        )
        for day in days
    }
    for item in items:
        for day in _touched(item):
            if day in found:
                (found[day].whole if item.is_all_day else found[day].timed).append(item)
    if with_blocks:
        for day, cell in found.items():
            start = business_calendar.day_bounds(day)[0]
            places = slots(start, [(item.starts_at, item.ends_at) for item in cell.timed])
            cell.blocks = [Block(item, slot) for item, slot in zip(cell.timed, places, strict=True)]
    return list(found.values())


def _touched(item: Item) -> list[dt.date]:
    first = business_calendar.business_day(item.starts_at)
    last = business_calendar.business_day(item.ends_at - dt.timedelta(microseconds=1))
    return [first + n * _DAY for n in range((last - first).days + 1)]
