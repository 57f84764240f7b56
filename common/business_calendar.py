"""Business days: the local date in `settings.TIME_ZONE`, and which of them people work (domain-rules, head and §4)."""

import datetime as dt
from functools import lru_cache

import chinese_calendar
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

# A day beyond is a slip of the finger, and near the ends of what dates can say its neighbours cannot be reckoned.
FIRST_DAY, LAST_DAY = dt.date(2000, 1, 1), dt.date(2100, 12, 31)
_DAY = dt.timedelta(days=1)


def is_in_reach(day: dt.date) -> bool:
    """Whether people may have meant this day."""
    return FIRST_DAY <= day <= LAST_DAY


def validate_day(value: dt.date | dt.datetime) -> None:
    """For form fields of days and moments: refuses years that are mistyped."""
    if not is_in_reach(value.date() if isinstance(value, dt.datetime) else value):
        raise ValidationError(_("The year lies between 2000 and 2100."), code="year")


def business_day(moment: dt.datetime) -> dt.date:
    """The business day of an aware moment: its local date in TIME_ZONE, whatever zone a user has switched to.

    Raises ValueError for a naive datetime, which names no moment.
    """
    return timezone.localdate(moment, timezone.get_default_timezone())


def today(now: dt.datetime | None = None) -> dt.date:
    """The present business day; `now` (aware) is for callers that read the clock once per decision."""
    return business_day(timezone.now() if now is None else now)


def this_year() -> int:
    """The year that days are written without."""
    return today().year


@lru_cache(maxsize=4096)
def is_working_day(day: dt.date) -> bool:
    """Whether offices work on this date, by the State Council's holiday lists (make-up Saturdays count as working).

    The lists are published each November for the next year. For a year the installed chinesecalendar does not
    know, Monday to Friday work; it says nothing about it, since neither user nor job could do anything.
    """
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


@lru_cache(maxsize=4096)
def is_public_holiday(day: dt.date) -> bool:
    """Whether the State Council's list frees this date by name (a lent day off included); a plain weekend is none.

    For a year that the installed chinesecalendar does not know, no date is one.
    """
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return False
    return bool(off and name)


@lru_cache(maxsize=4096)
def holiday_name(day: dt.date, *, chinese: bool = True) -> str:
    """The public holiday that frees this date or lets it be worked as a make-up day (春节, Spring Festival); "" for others."""
    try:
        _off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return ""
    if not name:
        return ""
    return str(chinese_calendar.Holiday(name).chinese if chinese else name)


def last_business_days(before: dt.date, count: int, *, working_only: bool) -> list[dt.date]:
    """The last `count` days before `before` (itself excluded), oldest first (domain-rules §4).

    With `working_only`, weekends and public holidays are stepped over and the window reaches further back.
    Raises ValueError for a negative count.
    """
    if count < 0:
        raise ValueError("count must not be negative")
    days: list[dt.date] = []
    day = before
    while len(days) < count:
        day -= _DAY
        if not working_only or is_working_day(day):
            days.append(day)
    days.reverse()
    return days


def day_bounds(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """(start, end) of a business day as aware UTC datetimes; the end is the next day's start and not part of it.

    A day out of reach, which anybody may type into a filter, is taken for the nearest within.
    """
    day = min(max(day, FIRST_DAY), LAST_DAY)
    return _local_midnight(day), _local_midnight(day + _DAY)


def week_of(day: dt.date) -> list[dt.date]:
    """The seven days of the week that holds `day`, Monday first."""
    monday = day - dt.timedelta(days=day.weekday())
    return [monday + dt.timedelta(days=offset) for offset in range(7)]


def _local_midnight(day: dt.date) -> dt.datetime:
    midnight = dt.datetime.combine(day, dt.time(), tzinfo=timezone.get_default_timezone())
    return midnight.astimezone(dt.UTC)
