"""A customer's own reorder rhythm: when he should order next, and when his silence is longer than he ever is (E5).

Pure. A **gap** is the time between two order days in *open days*: public holidays do not count, nor, for a customer
who orders on many weekdays but never on some, those weekdays. Everything is taken from the last 13 order days (12
gaps), so that what a person is shown is all that the decision rests on:

- one gap more than twice as long as the next longest is an outlier (a closed shop, a stocktaking) and left out;
- the *usual gap* is the weighted median, a gap counts half as much as one six gaps later;
- the *limit* is the usual gap times a spread: the weighted quantile over the usual gap, pulled towards the spread of
  his peers (his level, else the company) as if they were four more gaps, so that few gaps do not decide alone;
- below four order days nothing is judged.

Days are ordinals (`date.toordinal()`), which a job over a million customers handles five times as fast as dates.
"""

from __future__ import annotations

import datetime as dt
import math
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

from alerts.enums import Confidence

MIN_ORDERS = 4
KEPT_GAPS = 12
HALF_LIFE = 6  # gaps
PEERS = 4  # gaps that the peers' spread counts as
SPREADS = (1.15, 1.8)  # the peers' spread is kept within: a regular customer stays below twice his usual gap
USUAL_SPREAD = 1.5  # until the company has customers to take it from
MANY_WEEKDAYS = 4  # fewer say "comes on Mondays", not "is closed on the others"
ORDERS_FOR_WEEKDAYS = 8
EVERY_DAY = 0b1111111
MOST_DAYS = 3000  # what a gap counts at most: the columns hold small numbers
_WEIGHTS = tuple(0.5 ** (age / HALF_LIFE) for age in range(KEPT_GAPS))


class OpenDays:
    """Counts open days between ordinals, for each set of weekdays (bit 0: Monday).

    Holidays are known from `first` to `last` (ordinals, included); outside, and with a calendar that does not know a
    year, every day is open.
    """

    def __init__(self, first: int, last: int, is_holiday: Callable[[dt.date], bool]) -> None:
        self.first, self.last = first, last
        self._holidays = bytes(is_holiday(dt.date.fromordinal(day)) for day in range(first, last + 1))
        self._counts: dict[int, array[int]] = {}

    def between(self, start: int, end: int, weekdays: int = EVERY_DAY) -> int:
        """Open days in (start, end]; 0 when `end` is not after `start`."""
        if end <= start:
            return 0
        counts = self._of(weekdays)
        inside = counts[self._at(end)] - counts[self._at(start)]
        return inside + max(0, min(end, self.first - 1) - start) + max(0, end - max(start, self.last))

    def after(self, start: int, count: int, weekdays: int = EVERY_DAY) -> int:
        """The `count`-th open day after `start` (count ≥ 1)."""
        if start < self.first - 1:  # every day is open until there
            if start + count < self.first:
                return start + count
            count, start = count - (self.first - 1 - start), self.first - 1
            if count == 0:
                return start
        if start >= self.last:
            return start + count
        counts = self._of(weekdays)
        wanted = counts[self._at(start)] + count
        if wanted > counts[-1]:
            return self.last + wanted - counts[-1]
        return self.first - 1 + bisect_left(counts, wanted, lo=self._at(start) + 1)

    def is_open(self, day: int, weekdays: int = EVERY_DAY) -> bool:
        return self.between(day - 1, day, weekdays) == 1

    def fingerprint(self) -> str:
        """Changes when a holiday is added or taken away: what was computed before is then stale."""
        return f"{crc32(self._holidays):08x}"  # not hash(), which differs from process to process

    def _at(self, day: int) -> int:
        return min(max(day, self.first - 1), self.last) - self.first + 1

    def _of(self, weekdays: int) -> array[int]:
        counts = self._counts.get(weekdays)
        if counts is None:
            counts, total = array("i", [0]), 0
            for offset, holiday in enumerate(self._holidays):
                # Ordinal 1 is a Monday.
                total += not holiday and bool(weekdays >> ((self.first + offset - 1) % 7) & 1)
                counts.append(total)
            self._counts[weekdays] = counts
        return counts


@dataclass(frozen=True, slots=True)
class Habit:
    """What a customer's order days say, whatever quantile one asks for. Gaps in open days, oldest first."""

    last: int  # ordinal of the last order day
    gaps: tuple[int, ...]  # all kept ones, the outlier too
    usual: int
    low: int  # the middle half lies between
    high: int
    weekdays: int  # on which silence counts
    judged: tuple[int, ...]  # the gaps without the outlier, oldest first


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the next order is due (ordinals): silent longer than `limit_on` breaks the rhythm."""

    expected_on: int
    limit_on: int
    limit_gap: int  # open days
    confidence: Confidence


def habit_of(days: Sequence[int], calendar: OpenDays) -> Habit | None:
    """From distinct order days in ascending order (only the last 13 are read); None with fewer than four."""
    if len(days) < MIN_ORDERS:
        return None
    kept = days[-KEPT_GAPS - 1 :]
    weekdays = _weekdays(kept)
    gaps = tuple(
        min(MOST_DAYS, max(1, calendar.between(start, end, weekdays))) for start, end in pairwise(kept)
    )
    judged = without_outlier(gaps)
    low, usual, high = quantiles(judged, (0.25, 0.5, 0.75))
    return Habit(kept[-1], gaps, usual, low, high, weekdays, judged)


def forecast(habit: Habit, calendar: OpenDays, quantile: float, spread: float) -> Forecast:
    """Expected day and limit. `quantile` of the own gaps (0.5–1), `spread` of the peers at that quantile."""
    (own,) = quantiles(habit.judged, (quantile,))
    number = len(habit.judged)
    low, high = SPREADS
    ratio = (number * own / habit.usual + PEERS * min(max(spread, low), high)) / (number + PEERS)
    # A thousandth of a day is no day: floats of 1.2 × 5 are a little over 6.
    limit_gap = min(MOST_DAYS, max(habit.usual + 1, math.ceil(habit.usual * ratio - 0.001)))
    expected_on = calendar.after(habit.last, habit.usual, habit.weekdays)
    limit_on = calendar.after(habit.last, limit_gap, habit.weekdays)
    return Forecast(expected_on, limit_on, limit_gap, confidence_of(number, own / habit.usual))


def spread_of(habit: Habit, quantile: float) -> float | None:
    """What a customer adds to his peers' spread: his quantile over his usual gap; None with fewer than eight gaps."""
    if len(habit.judged) < 8:
        return None
    (own,) = quantiles(habit.judged, (quantile,))
    return min(3.0, own / habit.usual)


def mean_spreads(found: Iterable[tuple[str, float]], at_least: int = 20) -> dict[str, float]:
    """{level: mean spread of its customers, "" for all of them} from (level, spread) pairs.

    A level with fewer than `at_least` is left out, and so is everybody: `peer_spread` then says what counts instead.
    """
    sums: dict[str, tuple[float, int]] = {}
    for level, spread in found:
        for name in {level, ""}:
            total, count = sums.get(name, (0.0, 0))
            sums[name] = (total + spread, count + 1)
    return {name: round(total / count, 3) for name, (total, count) in sums.items() if count >= at_least}


def peer_spread(spreads: Mapping[str, float], level: str) -> float:
    """The level's spread, else the company's, else what is usual."""
    return spreads.get(level) or spreads.get("") or USUAL_SPREAD


def without_outlier(gaps: Sequence[int]) -> tuple[int, ...]:
    """The gaps without one that is more than twice the next longest; with fewer than four nothing is called one."""
    if len(gaps) < MIN_ORDERS:
        return tuple(gaps)
    longest = max(gaps)
    at = gaps.index(longest)
    rest = (*gaps[:at], *gaps[at + 1 :])
    return rest if longest > 2 * max(rest) else tuple(gaps)


def quantiles(gaps: Sequence[int], wanted: Sequence[float]) -> list[int]:
    """Weighted quantiles: the smallest gap up to which that share of the weight lies; the newest gap weighs most."""
    newest = len(gaps) - 1
    pairs = sorted((gap, _WEIGHTS[newest - at]) for at, gap in enumerate(gaps))
    total = sum(_WEIGHTS[: len(gaps)])
    found = []
    for share in wanted:
        up_to, limit, at = pairs[0][1], share * total - 1e-9, 0
        while up_to < limit:
            at += 1
            up_to += pairs[at][1]
        found.append(pairs[at][0])
    return found


def confidence_of(number: int, spread: float) -> Confidence:
    """High: eight gaps that differ little; low: few gaps or very different ones."""
    if number >= 8 and spread <= 1.5:
        return Confidence.HIGH
    return Confidence.MEDIUM if number >= 5 and spread <= 2.2 else Confidence.LOW


def _weekdays(days: Sequence[int]) -> int:
    """The weekdays on which silence counts: those he orders on, when they are many and there are orders enough."""
    if len(days) < ORDERS_FOR_WEEKDAYS:
        return EVERY_DAY
    mask = 0
    for day in days:
        mask |= 1 << ((day - 1) % 7)
    return mask if mask.bit_count() >= MANY_WEEKDAYS else EVERY_DAY
