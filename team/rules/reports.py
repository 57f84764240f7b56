"""Work reports (H3): periods, when they are due, their sections and their figures. No ORM."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any

from common.business_calendar import is_working_day
from team.enums import WorkReportKind

BACK_DAYS = 92  # a report may be written for so many days back
MAX_TEXT = 3000  # of one section
MAX_SECTIONS = 8
MAX_COPIES = 30
MAX_COMMENT = 1000
MAX_FILES = 9
_DAY = dt.timedelta(days=1)
_SEARCHED = 20_000


# --- periods
def first_day(kind: str, day: dt.date) -> dt.date:
    """First day of the day, week or month that holds `day`; it names the report."""
    if kind == WorkReportKind.WEEK:
        return day - _DAY * day.weekday()
    return day.replace(day=1) if kind == WorkReportKind.MONTH else day


def last_day(kind: str, first: dt.date) -> dt.date:
    """Last day of the period that begins on `first`."""
    if kind == WorkReportKind.WEEK:
        return first + _DAY * 6
    if kind == WorkReportKind.MONTH:
        return first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return first


def next_first(kind: str, first: dt.date) -> dt.date:
    """First day of the period after; for a day, the next day."""
    return last_day(kind, first) + _DAY


def previous_first(kind: str, first: dt.date) -> dt.date:
    return first_day(kind, first - _DAY)


def firsts_between(kind: str, first: dt.date, last: dt.date) -> list[dt.date]:
    """First days of the periods that begin within these days, oldest first; days only as far as people work."""
    found = []
    day = first_day(kind, first)
    if day < first:
        day = next_first(kind, day)
    while day <= last:
        if kind != WorkReportKind.DAY or is_working_day(day):
            found.append(day)
        day = next_first(kind, day)
    return found


def next_working_day(day: dt.date) -> dt.date:
    """The first working day after `day`."""
    day += _DAY
    while not is_working_day(day):
        day += _DAY
    return day


def due_on(kind: str, first: dt.date) -> dt.date:
    """The last day on which the report is in time: the day itself, or the first working day after week and month."""
    return first if kind == WorkReportKind.DAY else next_working_day(last_day(kind, first))


def asked_first(kind: str, today: dt.date) -> dt.date:
    """The period whose report is to be written now: today; week and month from their last working day on, before that
    the ones before."""
    first = first_day(kind, today)
    if kind == WorkReportKind.DAY:
        return first
    day = last_day(kind, first)
    while day > first and not is_working_day(day):
        day -= _DAY
    return first if today >= day else previous_first(kind, first)


@dataclass(slots=True)
class Tally:
    """How many reports were expected of somebody, and what became of them. Some are sent that nobody expected."""

    expected: int = 0
    sent: int = 0
    late: int = 0
    read: int = 0

    @property
    def on_time(self) -> int:
        return self.sent - self.late

    @property
    def missing(self) -> int:
        return max(self.expected - self.sent, 0)

    @property
    def on_time_rate(self) -> float | None:
        asked = max(self.expected, self.sent)
        return self.on_time / asked if asked else None

    @property
    def read_rate(self) -> float | None:
        return self.read / self.sent if self.sent else None


# --- sections
@dataclass(frozen=True, slots=True)
class Section:
    """A part of a template. `draft` says what its text starts with: "done" the figures in words, "plan" what is ahead."""

    key: str
    label: str
    hint: str = ""
    required: bool = False
    draft: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A section of one report, as it was written."""

    key: str
    label: str
    text: str


def read_sections(kept: Iterable[dict[str, Any]]) -> list[Section]:
    """A template's sections; what the program does not know of them is left out."""
    known = {field.name for field in fields(Section)}
    return [Section(**{name: row[name] for name in row if name in known}) for row in kept]


def keep_sections(sections: Iterable[Section]) -> list[dict[str, Any]]:
    return [asdict(section) for section in sections]


def read_parts(kept: Iterable[dict[str, Any]]) -> list[Part]:
    return [Part(str(row["key"]), str(row["label"]), str(row["text"])) for row in kept]


def keep_parts(parts: Iterable[Part]) -> list[dict[str, str]]:
    return [asdict(part) for part in parts if part.text]


def sections_for(sections: Sequence[Section], parts: Sequence[Part]) -> list[Section]:
    """The template's sections, and those a report was written in that the template has no more."""
    known = {section.key for section in sections}
    return [*sections, *(Section(part.key, part.label) for part in parts if part.key not in known)]


def clean(text: str) -> str:
    """As it is stored: new lines as one sign, no blanks at the ends of lines, no gap of more than one line."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")]
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip()


def in_one_line(parts: Iterable[Part]) -> str:
    """All texts in a row: what lists show the beginning of and the search looks into."""
    return " ".join(" ".join(part.text.split()) for part in parts)[:_SEARCHED]


# --- figures
@dataclass(slots=True)
class WorkFigures:
    """What a person's period came to. Money in CNY; mileage None without a track."""

    planned: int = 0
    done: int = 0
    closed: int = 0
    visits: int = 0
    valid: int = 0
    new_customers: int = 0
    follow_ups: int = 0
    orders: int = 0
    ordered: Decimal = Decimal(0)
    deliveries: int = 0
    delivered: Decimal = Decimal(0)
    receipts: int = 0
    received: Decimal = Decimal(0)
    returns: int = 0
    returned: Decimal = Decimal(0)
    mileage_m: float | None = None
    ahead: int = 0  # visits planned for the next period

    @property
    def attainment(self) -> float | None:
        asked = self.planned - self.closed
        return self.done / asked if asked > 0 else None

    @property
    def is_empty(self) -> bool:
        """Nothing was planned and nothing was done; what is ahead does not count."""
        return not any(
            getattr(self, field.name) for field in fields(self) if field.name not in ("ahead", "closed")
        )


MONEY = ("ordered", "delivered", "received", "returned")


def freeze(figures: WorkFigures) -> dict[str, Any]:
    """As JSON keeps it: money as text."""
    return {**asdict(figures), **{name: str(getattr(figures, name)) for name in MONEY}}


def thaw(kept: dict[str, Any]) -> WorkFigures:
    """What was frozen; figures that the program did not know then are nothing."""
    known = {field.name: kept[field.name] for field in fields(WorkFigures) if field.name in kept}
    for name in MONEY:
        known[name] = Decimal(known.get(name, "0"))
    return WorkFigures(**known)
