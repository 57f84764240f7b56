"""Periods of figures: presets by name, months to step through, and a period of one's own."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_DAY = dt.timedelta(days=1)
MAX_DAYS = 3660  # ten years; more is a typing error

PRESETS: dict[str, str | Promise] = {
    "today": _("Today"),
    "yesterday": _("Yesterday"),
    "week": _("This week"),
    "last_week": _("Last week"),
    "month": _("This month"),
    "last_month": _("Last month"),
    "quarter": _("This quarter"),
    "year": _("This year"),
    "custom": _("Custom"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """Business days from `first` to `last`, both included. `key` is a preset's name."""

    key: str
    first: dt.date
    last: dt.date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> Period:
        """The whole month, quarter or year before; a custom one is as long."""
        return self._step(self.first - _DAY, self.first - _DAY * self.days)

    def after(self) -> Period:
        return self._step(self.last + _DAY, self.last + _DAY)

    def _step(self, inside: dt.date, first: dt.date) -> Period:
        if self.key in _WHOLE:
            return whole(self.key, inside)
        return Period("custom", first, first + _DAY * (self.days - 1))


_WHOLE = {"month": 1, "quarter": 3, "year": 12}


def month_end(day: dt.date) -> dt.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def whole(key: str, day: dt.date) -> Period:
    """The month, quarter or year that holds `day`."""
    length = _WHOLE[key]
    start = (day.month - 1) // length * length + 1
    first = dt.date(day.year, start, 1)
    return Period(key, first, month_end(dt.date(day.year, start + length - 1, 1)))


def preset(key: str, today: dt.date) -> Period:
    """A preset as of `today`; whole ones reach to their end, which may lie ahead. KeyError for an unknown one."""
    if key in _WHOLE:
        return whole(key, today)
    if key == "last_month":
        month = whole("month", today.replace(day=1) - _DAY)
        return Period(key, month.first, month.last)
    monday = today - _DAY * today.weekday()
    ranges = {
        "today": (today, today),
        "yesterday": (today - _DAY, today - _DAY),
        "week": (monday, monday + _DAY * 6),
        "last_week": (monday - _DAY * 7, monday - _DAY),
    }
    first, last = ranges[key]
    return Period(key, first, last)


def parse_period(
    data: Mapping[str, str], today: dt.date, *, default: str = "month"
) -> tuple[Period, str | Promise]:
    """The period that an address asks for, and what is wrong with it in words ("" when nothing is).

    Parameters: `period` a preset; `on` a day (or month, 2026-11) inside a month, quarter or year; `since` and
    `until` for a custom one, whose absent end is `since` or today. What is wrong falls back to the default.
    """
    key = data.get("period") or ("custom" if data.get("since") else default)
    usual = preset(default, today)
    if key not in PRESETS:
        return usual, _("There is no such period.")
    try:
        if key == "custom":
            return _custom(data, today)
        if key in _WHOLE and data.get("on"):
            return whole(key, _day(data["on"])), ""
    except ValueError:
        return usual, _("This is not a date: write it like 2026-11-27.")
    return preset(key, today), ""


def _custom(data: Mapping[str, str], today: dt.date) -> tuple[Period, str | Promise]:
    first = _day(data["since"]) if data.get("since") else today.replace(day=1)
    last = _day(data["until"]) if data.get("until") else max(first, today)
    if last < first:
        return Period("custom", first, first), _("The last day is before the first.")
    if (last - first).days > MAX_DAYS:
        return Period("custom", last - _DAY * MAX_DAYS, last), _("A period has ten years at most.")
    return Period("custom", first, last), ""


def _day(text: str) -> dt.date:
    """A date or a month as date inputs send them; years that calendars do not have are refused."""
    day = dt.date.fromisoformat(f"{text}-01" if len(text) == 7 else text)
    if not 2000 <= day.year <= 2100:
        raise ValueError(text)
    return day
