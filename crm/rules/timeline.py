"""What happened at a customer, merged from many sources into one list that can be paged (B7). Pure.

A source answers a `Wish` with its events older than the cursor: at least the newest `limit` of them, when it has so
many. `merge` then takes the newest `limit` of all; paging on with the last one's cursor goes through every event
exactly once, because (time, ref) orders all events and no two share both.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from crm.enums import TimelineKind

ICONS: dict[str, str] = {
    TimelineKind.VISIT: "map-pin-check",
    TimelineKind.ORDER: "shopping-cart",
    TimelineKind.DELIVERY: "truck-delivery",
    TimelineKind.RECEIPT: "cash",
    TimelineKind.RETURN: "truck-return",
    TimelineKind.REFUND: "cash-banknote-off",
    TimelineKind.COLLECTION: "phone-call",
    TimelineKind.QUOTE: "file-dollar",
    TimelineKind.AGREEMENT: "file-certificate",
    TimelineKind.FOLLOW_UP: "message-2",
    TimelineKind.OWNER: "user-share",
    TimelineKind.COMPETITOR: "swords",
    TimelineKind.CHANGE: "pencil",
    TimelineKind.ALERT: "bell-ringing",
    TimelineKind.INSTRUCTION: "message-exclamation",
    TimelineKind.TASK: "clipboard-check",
}


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place between two events: those before it are older."""

    at: dt.datetime
    ref: str

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.ref}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """The cursor of an address; ValueError when it is none."""
        at, separator, ref = text.partition("~")
        moment = dt.datetime.fromisoformat(at)
        if not separator or moment.tzinfo is None:
            raise ValueError(text)
        return cls(moment, ref)


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One event. `ref` is unique among all sources ("order-12"); `is_timed` is False where only the day is known."""

    at: dt.datetime  # aware
    ref: str
    kind: str  # TimelineKind
    title: str
    text: str = ""
    url: str = ""
    person: str = ""
    person_id: int | None = None
    is_timed: bool = True

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.at, self.ref)

    @property
    def icon(self) -> str:
        return ICONS[self.kind]


@dataclass(frozen=True, slots=True)
class Wish:
    """Which events are wanted: `kinds` empty means all, `since` and `until` are business days, both included."""

    limit: int
    before: Cursor | None = None
    kinds: frozenset[str] = frozenset()
    person_id: int | None = None
    since: dt.date | None = None
    until: dt.date | None = None

    def wants(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds


def merge(
    batches: Iterable[Iterable[TimelineEvent]], wish: Wish
) -> tuple[list[TimelineEvent], Cursor | None]:
    """The newest `wish.limit` events older than the cursor, newest first, and the cursor to go on with (None: the end)."""
    found = [
        event for batch in batches for event in batch if wish.before is None or event.cursor < wish.before
    ]
    page = heapq.nlargest(wish.limit + 1, found, key=lambda event: event.cursor)
    if len(page) <= wish.limit:
        return page, None
    shown = page[: wish.limit]
    return shown, shown[-1].cursor if shown else None
