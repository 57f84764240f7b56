"""Weekdays of routes and plans, and the bands of the customer map."""

import datetime as dt
from collections.abc import Iterable


def read_weekdays(text: str) -> frozenset[int]:
    """ISO weekdays (Monday is 1) of "1,4"."""
    return frozenset(int(part) for part in text.split(",") if part.strip())


def write_weekdays(days: Iterable[int | str]) -> str:
    """ "1,4" of weekdays in any order."""
    return ",".join(str(day) for day in sorted({int(day) for day in days}))


def dates_on(weekdays: frozenset[int], first: dt.date, last: dt.date) -> list[dt.date]:
    """The dates from `first` to `last`, both included, that fall on one of the weekdays."""
    days = (last - first).days + 1
    return [
        day
        for day in (first + dt.timedelta(days=offset) for offset in range(days))
        if day.isoweekday() in weekdays
    ]


# --- the customer map


def visit_band(last_visit_on: dt.date | None, today: dt.date) -> int:
    """0: visited within a week, 1: within 30 days, 2: longer ago, 3: never."""
    if last_visit_on is None:
        return 3
    days = (today - last_visit_on).days
    return 0 if days <= 7 else 1 if days <= 30 else 2
