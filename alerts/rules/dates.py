"""Dates of customer alerts (domain-rules §3): base date, due date, and which base dates are due today."""

from __future__ import annotations

import datetime as dt

from alerts.enums import Band, BaseSource
from alerts.rules.kinds import Timing
from common.business_calendar import is_working_day

_DAY = dt.timedelta(days=1)
# Fits a date of both databases; no base date lies beyond it.
FOREVER = dt.date(9999, 12, 31)


def base_date(
    last: dt.date | None, created_on: dt.date, received_on: dt.date | None
) -> tuple[dt.date, BaseSource]:
    """R and where it comes from: the last event, else the later of created and received (§3)."""
    if last is not None:
        return last, BaseSource.EVENT
    if received_on is not None and received_on > created_on:
        return received_on, BaseSource.RECEIVED
    return created_on, BaseSource.CREATED


def due_date(base: dt.date, period_days: int, *, working_days: bool = False) -> dt.date:
    """D = R + P: the last day that is still in order; the alert is open from the day after.

    With `working_days`, the P-th working day after R: weekends and public holidays are stepped over.
    """
    if not working_days:
        return base + dt.timedelta(days=period_days)
    day, left = base, period_days
    while left > 0:
        day += _DAY
        left -= is_working_day(day)
    return day


def overdue_before(today: dt.date, period_days: int, *, working_days: bool = False) -> dt.date:
    """The first base date R whose due date is not passed: due today or later. Whoever has an earlier one is overdue."""
    if not working_days:
        return today - dt.timedelta(days=period_days)
    # D lies before today exactly when P working days lie between R and today, both excluded.
    day, left = today, period_days
    while left > 0:
        day -= _DAY
        left -= is_working_day(day)
    return day


def soon_until(today: dt.date, period_days: int, *, working_days: bool = False) -> dt.date:
    """The last date that lies at most P days ahead of today."""
    return due_date(today, period_days, working_days=working_days)


def open_range(
    timing: Timing, today: dt.date, period_days: int, *, working_days: bool = False
) -> tuple[dt.date, dt.date]:
    """First and last base date, both included, with which an alert is open today."""
    if timing is Timing.AFTER:
        return dt.date.min, overdue_before(today, period_days, working_days=working_days) - _DAY
    if timing is Timing.BEFORE:
        return dt.date.min, soon_until(today, period_days, working_days=working_days)
    if timing is Timing.WITHIN:
        return overdue_before(today, period_days, working_days=working_days), today
    return dt.date.min, FOREVER


def is_open_on(
    timing: Timing, base: dt.date, today: dt.date, period_days: int, *, working_days: bool = False
) -> bool:
    """Whether an alert with this base date is open today."""
    first, last = open_range(timing, today, period_days, working_days=working_days)
    return first <= base <= last


def deadline(timing: Timing, base: dt.date, period_days: int, *, working_days: bool = False) -> dt.date:
    """D, the due date shown: R + P for what is counted from an event, R itself for the others."""
    return due_date(base, period_days, working_days=working_days) if timing is Timing.AFTER else base


def band_range(band: Band | str, today: dt.date) -> tuple[dt.date | None, dt.date]:
    """First (None: no limit) and last due date of a band of days overdue."""
    if Band(band) == Band.AHEAD:
        return today, FOREVER
    low, _dash, high = str(Band(band)).partition("-")
    return (today - dt.timedelta(days=int(high)) if high else None), today - dt.timedelta(days=int(low))
