"""Writing RFC 5545: lines, their folding and escaping, events and the time zone they name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

LONGEST_LINE = 75  # octets, without the line break
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Event:
    """One VEVENT. `starts` and `ends` are aware; of a whole day only their local dates are told.

    `rule` is the RRULE of a series, `without` the beginnings it leaves out, `instead_of` the beginning by the rule
    that this event of the same uid replaces.
    """

    uid: str
    stamp: dt.datetime
    title: str
    starts: dt.datetime
    ends: dt.datetime
    is_all_day: bool = False
    place: str = ""
    notes: str = ""
    url: str = ""
    version: int = 0
    rule: str = ""
    without: tuple[dt.datetime, ...] = ()
    instead_of: dt.datetime | None = None
    status: str = "CONFIRMED"
    is_private: bool = False


def calendar_text(name: str, events: Iterable[Event], zone: ZoneInfo) -> str:
    """A whole VCALENDAR, ends of lines included."""
    found = list(events)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Paodian//Schedule//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escape(name)}",
        f"X-WR-TIMEZONE:{zone.key}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]
    timed = [event for event in found if _needs_zone(event)]
    if timed:
        years = [event.starts.astimezone(zone).year for event in timed]
        lines += _time_zone(zone, min(years), max(years) + 5)
    for event in found:
        lines += _event(event, zone)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in fold(line))


def escape(text: str) -> str:
    """A TEXT value: no control character but the line break, which is written as \\n."""
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(char for char in text if char >= " " and char != "\x7f")


def fold(line: str) -> Iterator[str]:
    """The line in pieces of at most 75 octets, no character torn; the later ones begin with a blank."""
    piece, size = "", 0
    for char in line:
        octets = len(char.encode())
        if size + octets > LONGEST_LINE:
            yield piece
            piece, size = " ", 1
        piece += char
        size += octets
    yield piece


def _event(event: Event, zone: ZoneInfo) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{_utc(event.stamp)}"
    yield f"LAST-MODIFIED:{_utc(event.stamp)}"
    yield f"SEQUENCE:{event.version}"
    yield _moment("DTSTART", event.starts, event, zone)
    yield _moment("DTEND", event.ends, event, zone)
    if event.rule:
        yield f"RRULE:{_rule(event, zone)}"
    for left_out in event.without:
        yield _moment("EXDATE", left_out, event, zone)
    if event.instead_of is not None:
        yield _moment("RECURRENCE-ID", event.instead_of, event, zone)
    yield f"SUMMARY:{escape(event.title)}"
    for name, text in (("LOCATION", event.place), ("DESCRIPTION", event.notes)):
        if text:
            yield f"{name}:{escape(text)}"
    if event.url:
        yield f"URL:{event.url}"
    if event.is_private:
        yield "CLASS:PRIVATE"
    yield f"STATUS:{event.status}"
    yield "TRANSP:TRANSPARENT" if event.is_all_day else "TRANSP:OPAQUE"
    yield "END:VEVENT"


def _needs_zone(event: Event) -> bool:
    # A series is about the wall clock; what happens once is told in UTC, which no reader can get wrong.
    return not event.is_all_day and bool(event.rule or event.instead_of)


def _moment(name: str, at: dt.datetime, event: Event, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    if event.is_all_day:
        return f"{name};VALUE=DATE:{local:%Y%m%d}"
    if _needs_zone(event):
        return f"{name};TZID={zone.key}:{local:%Y%m%dT%H%M%S}"
    return f"{name}:{_utc(at)}"


def _rule(event: Event, zone: ZoneInfo) -> str:
    """The stored rule; its UNTIL, a local date, becomes what the kind of DTSTART asks for."""
    parts = []
    for part in event.rule.split(";"):
        if part.startswith("UNTIL=") and not event.is_all_day:
            day = dt.datetime.strptime(part[6:], "%Y%m%d").date()  # noqa: DTZ007 - a date
            part = f"UNTIL={_utc(dt.datetime.combine(day, dt.time(23, 59, 59), tzinfo=zone))}"
        parts.append(part)
    return ";".join(parts)


def _utc(at: dt.datetime) -> str:
    return f"{at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"


def _time_zone(zone: ZoneInfo, first_year: int, last_year: int) -> Iterator[str]:
    """The offsets of these years, one part for each change of them."""
    yield "BEGIN:VTIMEZONE"
    yield f"TZID:{zone.key}"
    start = dt.datetime(first_year, 1, 1, tzinfo=dt.UTC) - _DAY
    yield from _offset(zone, start, start)
    at = start
    end = dt.datetime(last_year + 1, 1, 1, tzinfo=dt.UTC)
    while at < end:
        after = at + _DAY
        if at.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            yield from _offset(zone, at, _change(zone, at, after))
        at = after
    yield "END:VTIMEZONE"


def _change(zone: ZoneInfo, low: dt.datetime, high: dt.datetime) -> dt.datetime:
    """The first minute with the new offset."""
    old = low.astimezone(zone).utcoffset()
    while high - low > dt.timedelta(minutes=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == old else (low, middle)
    return high.replace(second=0, microsecond=0)


def _offset(zone: ZoneInfo, before: dt.datetime, at: dt.datetime) -> Iterator[str]:
    old, local = before.astimezone(zone), at.astimezone(zone)
    kind = "DAYLIGHT" if local.dst() else "STANDARD"
    old_offset = old.utcoffset() or dt.timedelta()
    yield f"BEGIN:{kind}"
    # By the wall clock that ends with the change.
    yield f"DTSTART:{at.astimezone(dt.UTC) + old_offset:%Y%m%dT%H%M%S}"
    yield f"TZOFFSETFROM:{_signed(old_offset)}"
    yield f"TZOFFSETTO:{_signed(local.utcoffset() or dt.timedelta())}"
    yield f"TZNAME:{local.tzname() or zone.key}"
    yield f"END:{kind}"


def _signed(offset: dt.timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
