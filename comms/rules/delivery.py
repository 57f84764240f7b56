"""When a message goes out: quiet hours, the morning's summary, and how long to wait after a failure. No ORM, no clock."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from comms.enums import Frequency

MAX_ATTEMPTS = 8
FIRST_WAIT = dt.timedelta(seconds=30)
LONGEST_WAIT = dt.timedelta(hours=1)
_DAY = dt.timedelta(days=1)
_SEARCH_DAYS = 30  # no row of days off is longer


@dataclass(frozen=True, slots=True)
class Hours:
    """When a person is left alone: local times `start` to `end` (across midnight when start > end; none when equal),
    on days off all day when `days_off`; `digest_at` is when his summary goes out."""

    start: dt.time
    end: dt.time
    days_off: bool = False
    digest_at: dt.time = dt.time(7, 30)


WorkingDay = Callable[[dt.date], bool]


def is_quiet(at: dt.datetime, hours: Hours, works: WorkingDay) -> bool:
    """Whether nothing may go out at this local moment. `end` itself is not quiet any more.

    With `days_off` a day off is quiet from midnight to midnight, and what is left of its night follows the hours.
    """
    if hours.days_off and not works(at.date()):
        return True
    now = at.time()
    if hours.start <= hours.end:
        return hours.start <= now < hours.end
    return now >= hours.start or now < hours.end


def next_loud(at: dt.datetime, hours: Hours, works: WorkingDay) -> dt.datetime:
    """The first local moment from `at` on that is not quiet: `at` itself, an end of the quiet hours or a midnight."""
    if not is_quiet(at, hours, works):
        return at
    for days in range(_SEARCH_DAYS):
        day = at.date() + days * _DAY
        for time in sorted({dt.time(), hours.end}):
            moment = dt.datetime.combine(day, time, tzinfo=at.tzinfo)
            if moment > at and not is_quiet(moment, hours, works):
                return moment
    return at + _SEARCH_DAYS * _DAY  # every day is off by somebody's calendar: late is better than never


def next_digest(at: dt.datetime, hours: Hours, works: WorkingDay) -> dt.datetime:
    """The local moment of the next summary after `at`, put off to the end of quiet hours when it falls into them."""
    first = dt.datetime.combine(at.date(), hours.digest_at, tzinfo=at.tzinfo)
    if first <= at:
        first += _DAY
    return next_loud(first, hours, works)


def due_at(at: dt.datetime, frequency: Frequency, hours: Hours, works: WorkingDay) -> dt.datetime | None:
    """When a message of this moment goes out, as a local moment; None: never."""
    if frequency == Frequency.NEVER:
        return None
    return next_digest(at, hours, works) if frequency == Frequency.DIGEST else next_loud(at, hours, works)


def backoff(attempts: int, dice: float) -> dt.timedelta:
    """How long to wait after the n-th failure: doubling from half a minute to an hour, and between half of that and
    all of it by `dice` (0 to 1), so that a thousand messages do not come back to a weak server at one moment."""
    full: dt.timedelta = min(FIRST_WAIT * 2 ** min(max(attempts, 1) - 1, 20), LONGEST_WAIT)
    return full * (0.5 + dice / 2)


def gives_up(attempts: int) -> bool:
    return attempts >= MAX_ATTEMPTS
