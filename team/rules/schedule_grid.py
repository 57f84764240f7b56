"""Where blocks of a day stand beside each other when they overlap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

# A block shorter than this is drawn as long, so that its words have room; the lanes reckon with it.
LEAST_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Slot:
    """Of one block: minutes since midnight, how many of them it takes, its lane and how many lanes there are beside."""

    start: int
    minutes: int
    lane: int
    lanes: int


def slots(day_start: dt.datetime, spans: Sequence[tuple[dt.datetime, dt.datetime]]) -> list[Slot]:
    """A place for each span (begin, end; ordered by begin) within the day, as few lanes a group as overlap needs."""
    minutes = [_minutes(day_start, *span) for span in spans]
    placed: list[tuple[int, int, int]] = []  # start, end, lane
    sizes: list[int] = []
    group: list[int] = []
    ends: list[int] = []  # of each lane of the group
    for index, (start, end) in enumerate(minutes):
        if group and start >= max(ends):
            _close(group, ends, sizes)
            group, ends = [], []
        lane = next((n for n, last in enumerate(ends) if last <= start), len(ends))
        ends[lane : lane + 1] = [end]
        placed.append((start, end, lane))
        sizes.append(0)
        group.append(index)
    _close(group, ends, sizes)
    return [Slot(start, end - start, lane, sizes[n]) for n, (start, end, lane) in enumerate(placed)]


def _close(group: Sequence[int], ends: Sequence[int], sizes: list[int]) -> None:
    for index in group:
        sizes[index] = len(ends)


def _minutes(day_start: dt.datetime, begin: dt.datetime, end: dt.datetime) -> tuple[int, int]:
    start = max(0, int((begin - day_start).total_seconds() // 60))
    start = min(start, 24 * 60 - LEAST_MINUTES)
    stop = min(24 * 60, -int(-(end - day_start).total_seconds() // 60))
    return start, max(stop, start + LEAST_MINUTES)
