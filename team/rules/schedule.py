"""When entries of the schedule (H2) take place. Times in here are naive and local: a rule is about the wall clock."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule

MAX_INTERVAL = 99
MAX_COUNT = 999
MAX_LENGTH = dt.timedelta(days=60)
# A reminder that nobody could be told of is dropped when its occurrence is over; minutes before → label in the form.
REMINDERS = (0, 5, 15, 30, 60, 120, 1440, 2880)
_DAY = dt.timedelta(days=1)
_FREQUENCIES = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY, "YEARLY": YEARLY}
WEEKDAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class Repeat:
    """A rule: `every` is a FREQ, `weekdays` (0 is Monday) are for weekly ones, and it ends by a date, a number or never."""

    every: str
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    until: dt.date | None = None
    count: int | None = None


def rule_text(repeat: Repeat) -> str:
    """As it is stored and as RFC 5545 writes it, but for UNTIL, which is a local date here."""
    parts = [f"FREQ={repeat.every}"]
    if repeat.interval != 1:
        parts.append(f"INTERVAL={repeat.interval}")
    if repeat.weekdays:
        parts.append("BYDAY=" + ",".join(WEEKDAY_CODES[day] for day in sorted(set(repeat.weekdays))))
    if repeat.until is not None:
        parts.append(f"UNTIL={repeat.until:%Y%m%d}")
    elif repeat.count is not None:
        parts.append(f"COUNT={repeat.count}")
    return ";".join(parts)


def read_rule(text: str) -> Repeat | None:
    """The rule of a stored text; None for an entry that takes place once. Raises ValueError for any other text."""
    if not text:
        return None
    pairs = dict(part.split("=", 1) for part in text.split(";") if "=" in part)
    if (
        pairs.keys() - {"FREQ", "INTERVAL", "BYDAY", "UNTIL", "COUNT"}
        or pairs.get("FREQ") not in _FREQUENCIES
    ):
        raise ValueError(f"not a rule of ours: {text!r}")
    until, count = pairs.get("UNTIL"), pairs.get("COUNT")
    return Repeat(
        every=pairs["FREQ"],
        interval=int(pairs.get("INTERVAL", "1")),
        weekdays=tuple(WEEKDAY_CODES.index(code) for code in pairs.get("BYDAY", "").split(",") if code),
        until=dt.datetime.strptime(until, "%Y%m%d").date() if until else None,  # noqa: DTZ007 - a date
        count=int(count) if count else None,
    )


def fitting(repeat: Repeat, first: dt.date) -> Repeat:
    """The rule with the first day among its weekdays: RFC 5545 leaves open what another start would mean."""
    if repeat.every != "WEEKLY":
        return replace(repeat, weekdays=())
    return replace(repeat, weekdays=tuple(sorted({*repeat.weekdays, first.weekday()})))


def moved_along(repeat: Repeat, before: Repeat | None, days: int) -> Repeat:
    """The rule of a series whose day is moved by so many days: the weekdays of `before` that nobody chose anew go along,
    else the old ones would stay beside the new one."""
    if before is None or repeat.every != "WEEKLY" or set(repeat.weekdays) != set(before.weekdays):
        return repeat
    return replace(repeat, weekdays=tuple(sorted((day + days) % 7 for day in repeat.weekdays)))


def starts(
    repeat: Repeat | None, first: dt.datetime, since: dt.datetime, until: dt.datetime
) -> list[dt.datetime]:
    """Beginnings in [since, until), in order; both naive and local, as `first` is.

    Days that a month has not got are left out (the 31st, 29 February), as RFC 5545 says.
    """
    if repeat is None:
        return [first] if since <= first < until else []
    found = []
    for moment in _rule(repeat, first).xafter(since, inc=True):
        if moment >= until:
            break
        found.append(moment)
    return found


def last_start(repeat: Repeat | None, first: dt.datetime) -> dt.datetime | None:
    """The beginning of the last occurrence; None: there is no last one."""
    if repeat is None:
        return first
    if repeat.until is None and repeat.count is None:
        return None
    last = first
    for moment in _rule(repeat, first):
        last = moment
    return last


def before(repeat: Repeat, first: dt.datetime, day: dt.date) -> int:
    """How many occurrences begin before this day."""
    return len(starts(repeat, first, first, dt.datetime.combine(day, dt.time())))


def ended_before(repeat: Repeat, day: dt.date) -> Repeat:
    """The rule as far as the day before."""
    return replace(repeat, until=day - _DAY, count=None)


def begun_on(repeat: Repeat, first: dt.datetime, day: dt.date) -> Repeat:
    """What of the rule is left from this day on."""
    if repeat.count is None:
        return repeat
    return replace(repeat, count=max(1, repeat.count - before(repeat, first, day)))


def _rule(repeat: Repeat, first: dt.datetime) -> rrule:
    return rrule(
        _FREQUENCIES[repeat.every],
        dtstart=first,
        interval=repeat.interval,
        byweekday=repeat.weekdays or None,
        until=dt.datetime.combine(repeat.until, dt.time.max) if repeat.until else None,
        count=None if repeat.until else repeat.count,
        cache=False,
    )


def next_start(
    repeat: Repeat | None, first: dt.datetime, since: dt.datetime, without: frozenset[dt.date] = frozenset()
) -> dt.datetime | None:
    """The first beginning from `since` on that is on none of the days `without`."""
    if repeat is None:
        return first if first >= since and first.date() not in without else None
    moment: dt.datetime
    for moment in _rule(repeat, first).xafter(since, inc=True):
        if moment.date() not in without:
            return moment
    return None
