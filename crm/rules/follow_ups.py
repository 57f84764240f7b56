"""Decisions about follow-ups and birthdays (B2, B6): values and now in, answer out."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

# A phone's clock may run ahead of ours (domain-rules §2 flags the same difference).
AHEAD = dt.timedelta(minutes=10)
LOOK_BACK = dt.timedelta(days=366)
DELETE_WITHIN = dt.timedelta(days=1)
MAX_VOICE_SECONDS = 120
MAX_VOICE_BYTES = 6 * 1024 * 1024
_HEAD = 64  # bytes that name the container
REMINDER_HOUR = 9


@dataclass(frozen=True, slots=True)
class Shown:
    """Something that was shown at a follow-up: its name, and its page (a path of ours)."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class VoiceKind:
    """A container we accept: what the file is called and what it is served as."""

    suffix: str
    content_type: str


WEBM = VoiceKind("webm", "audio/webm")
OGG = VoiceKind("ogg", "audio/ogg")
MP4 = VoiceKind("m4a", "audio/mp4")
VOICE_TYPES = {kind.suffix: kind.content_type for kind in (WEBM, OGG, MP4)}


def voice_kind(data: bytes) -> VoiceKind | None:
    """Which container the bytes begin; None for everything browsers do not record. Names and types lie, bytes do not."""
    head = data[:_HEAD]
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head:
        return WEBM
    if head.startswith(b"OggS") and (b"OpusHead" in head or b"vorbis" in head):
        return OGG
    if head[4:8] == b"ftyp" and int.from_bytes(head[:4], "big") >= 8:
        return MP4
    return None


def is_too_late(at: dt.datetime, now: dt.datetime) -> bool:
    """Whether a follow-up at `at` lies in the future, beyond what a clock may be wrong."""
    return at > now + AHEAD


def is_too_early(at: dt.datetime, now: dt.datetime) -> bool:
    """Whether a follow-up is older than anybody remembers."""
    return at < now - LOOK_BACK


def quick_days(today: dt.date) -> dict[str, dt.date]:
    """What the buttons for the next contact offer: {"tomorrow", "three_days", "monday"}; never today."""
    return {
        "tomorrow": today + dt.timedelta(days=1),
        "three_days": today + dt.timedelta(days=3),
        "monday": today + dt.timedelta(days=7 - today.weekday()),
    }


def birthday_in(born: dt.date, year: int) -> dt.date:
    """The birthday in `year`; of those born on 29 February, the 28th where there is no 29th."""
    if (born.month, born.day) == (2, 29) and not calendar.isleap(year):
        return dt.date(year, 2, 28)
    return dt.date(year, born.month, born.day)


def next_birthday(born: dt.date, today: dt.date) -> dt.date:
    """The birthday that is today or comes next."""
    this_year = birthday_in(born, today.year)
    return this_year if this_year >= today else birthday_in(born, today.year + 1)


def birth_dates(today: dt.date, days: int) -> dict[int, set[int]]:
    """{month: days of that month} of everybody whose birthday is from `today` to `days` days after, both included."""
    found: dict[int, set[int]] = {}
    for offset in range(days + 1):
        day = today + dt.timedelta(days=offset)
        found.setdefault(day.month, set()).add(day.day)
        if (day.month, day.day) == (2, 28) and not calendar.isleap(day.year):
            found[2].add(29)
    return found


def makes_ring(person: int, superior: int | None, superiors: dict[int, int | None]) -> bool:
    """Whether `person` answering to `superior` would answer to himself in the end.

    `superiors` says who everybody else answers to, {person: superior or None}.
    """
    seen: set[int] = set()
    while superior is not None and superior not in seen:
        if superior == person:
            return True
        seen.add(superior)
        superior = superiors.get(superior)
    return False


@dataclass(frozen=True, slots=True)
class Branch:
    """One person of the relationship tree with those who answer to him."""

    pk: int
    depth: int
    children: tuple[Branch, ...]


def build_tree(superiors: dict[int, int | None]) -> list[Branch]:
    """The tree of {person: superior}, in the order given; whoever answers to nobody known stands on top.

    A ring, which the services refuse but a repair by hand may leave, is cut at its first person: nobody is lost.
    """
    below: dict[int | None, list[int]] = {}
    for pk, superior in superiors.items():
        below.setdefault(superior if superior in superiors else None, []).append(pk)
    placed: set[int] = set()

    def grow(pks: Iterable[int], depth: int) -> tuple[Branch, ...]:
        branches = []
        for pk in pks:
            if pk in placed:
                continue
            placed.add(pk)
            branches.append(Branch(pk, depth, grow(below.get(pk, ()), depth + 1)))
        return tuple(branches)

    tops = list(grow(below.get(None, ()), 0))
    for pk in superiors:
        tops.extend(grow([pk], 0))
    return tops
