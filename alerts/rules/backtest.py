"""What alerts would have been worth: history replayed without looking ahead (E5). Pure.

The words, the same for every kind and parameter so that they can be compared:

- A **silence** begins with an order and ends with the next. It is looked at when the customer had ordered on four days
  before, for only then is it known what is usual for him.
- **An order was left out** when he did not order before a whole further gap of his, and at least `horizon` open days,
  had passed after the day the order was expected: usual gap + max(usual gap, horizon). The day on which that is certain
  is `missed_on`. A silence that still lasts, and not so long, is **undecided** and left out of every share.
- An **alert** of day t is what the run of that morning opens; it knows the orders and visits of the days before t only.
  It is **right** when in the silence in which it opens an order was left out.
- **Precision**: right alerts of all decided ones opened from `first` to `last`.
- **Recall**: of all orders left out with `missed_on` from `first` to `last`, those with an alert open before the customer
  came back; **in time** are those it was open for by `missed_on`. **Lead** is missed_on − day of the alert, the median.
- Who owned the customer then, exemptions and snoozes are not replayed; the alerts really opened ("actual") knew them.

Days are ordinals; an alert is a span (day it opens, day it closes or None).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

from alerts.rules.rhythm import MIN_ORDERS, Habit, OpenDays, forecast, habit_of, peer_spread

HORIZON = 7  # open days
PERIODS = (7, 14, 21, 30, 45, 60)  # days without an order or a visit
QUANTILES = (0.8, 0.9, 0.95)
ACTUAL = "actual"
Span = tuple[int, int | None]


class Verdict(Enum):
    MISSED = "missed"  # an order was left out
    KEPT = "kept"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Silence:
    """From one order to the next (None: none until the end of the data); `habit` is what was known at its start."""

    start: int
    end: int | None
    missed_on: int
    verdict: Verdict
    habit: Habit


@dataclass
class Tally:
    """Counts of one kind with one parameter over all customers; `leads` counts days ahead."""

    alerts: int = 0
    right: int = 0
    undecided: int = 0
    missed_orders: int = 0
    caught: int = 0
    in_time: int = 0
    leads: Counter[int] = field(default_factory=Counter)

    @property
    def lead_days(self) -> int | None:
        """The median of days ahead; the lower one of two."""
        half = (self.leads.total() + 1) // 2
        for days, count in sorted(self.leads.items()):
            half -= count
            if half <= 0:
                return days
        return None


@dataclass(frozen=True)
class Question:
    """What is asked: days first … last (ordinals), kinds with parameters, the peers' spreads as of before `first`."""

    first: int
    last: int
    horizon: int
    calendar: OpenDays
    wanted: Sequence[tuple[str, str]]
    spreads: Mapping[str, Mapping[str, float]]  # {quantile as text: {level: spread}}


def silences(
    days: Sequence[int], first: int, last: int, calendar: OpenDays, horizon: int = HORIZON
) -> Iterator[Silence]:
    """Those that reach into first … last, from distinct order days in ascending order. Orders after `last` are not seen."""
    seen = [day for day in days if day <= last]
    for at in range(MIN_ORDERS - 1, len(seen)):
        end = seen[at + 1] if at + 1 < len(seen) else None
        if end is not None and end < first:
            continue
        habit = habit_of(seen[: at + 1], calendar)
        assert habit is not None
        length = habit.usual + max(habit.usual, horizon)
        missed_on = calendar.after(habit.last, length, habit.weekdays)
        yield Silence(seen[at], end, missed_on, _verdict(end, missed_on, last), habit)


def _verdict(end: int | None, missed_on: int, last: int) -> Verdict:
    if end is not None:
        return Verdict.MISSED if end > missed_on else Verdict.KEPT
    return Verdict.MISSED if last >= missed_on else Verdict.UNDECIDED


# --- the alerts a kind would have opened
def spans_of_period(events: Sequence[int], period: int, last: int) -> list[Span]:
    """Of "nothing for `period` days" (domain-rules §3): open from the day after the due date until the next event."""
    spans: list[Span] = []
    seen = [day for day in events if day <= last]
    for day, following in pairwise([*seen, None]):
        assert day is not None
        opens = day + period + 1
        if opens <= (last if following is None else following):
            spans.append((opens, following))
    return spans


def spans_of_rhythm(
    found: Iterable[Silence], calendar: OpenDays, quantile: float, spread: float, last: int
) -> list[Span]:
    """Of the own rhythm: open from the day after the limit that was known when the silence began."""
    spans: list[Span] = []
    for silence in found:
        opens = forecast(silence.habit, calendar, quantile, spread).limit_on + 1
        if opens <= (last if silence.end is None else silence.end):
            spans.append((opens, silence.end))
    return spans


def replay(
    orders: Sequence[int], visits: Sequence[int], found: Sequence[Silence], level: str, question: Question
) -> Iterator[tuple[tuple[str, str], list[Span]]]:
    """((kind, parameter), alerts) of one customer with these silences, for all that is asked."""
    for kind, parameter in question.wanted:
        if kind == "rhythm":
            spread = peer_spread(question.spreads.get(parameter, {}), level)
            spans = spans_of_rhythm(found, question.calendar, float(parameter), spread, question.last)
        else:
            events = orders if kind == "unordered" else visits
            spans = spans_of_period(events, int(parameter), question.last)
        yield (kind, parameter), spans


def all_parameters() -> list[tuple[str, str]]:
    """Every kind that can be replayed, with the parameters it is replayed with."""
    periods = [(kind, str(days)) for kind in ("unordered", "unvisited") for days in PERIODS]
    return [("rhythm", str(quantile)) for quantile in QUANTILES] + periods


# --- whether they were right
def judge(found: Sequence[Silence], spans: Sequence[Span], first: int, last: int, tally: Tally) -> None:
    """Count one customer's alerts against his silences."""
    for opens, _closes in spans:
        if not first <= opens <= last:
            continue
        silence = next((each for each in found if _within(each, opens)), None)
        if silence is None:
            continue  # before his fourth order nobody knows what is usual
        tally.alerts += 1
        tally.right += silence.verdict is Verdict.MISSED
        tally.undecided += silence.verdict is Verdict.UNDECIDED
    for silence in found:
        if silence.verdict is Verdict.MISSED and first <= silence.missed_on <= last:
            _count_missed(silence, spans, last, tally)


def _within(silence: Silence, day: int) -> bool:
    """An alert of the morning of the day of the next order opened before that order."""
    return silence.start < day and (silence.end is None or day <= silence.end)


def _count_missed(silence: Silence, spans: Sequence[Span], last: int, tally: Tally) -> None:
    tally.missed_orders += 1
    until = last if silence.end is None else silence.end
    warned = [
        max(opens, silence.start + 1)
        for opens, closes in spans
        if opens <= until and (closes is None or closes > silence.start)
    ]
    if not warned:
        return
    tally.caught += 1
    tally.in_time += min(warned) <= silence.missed_on
    tally.leads[silence.missed_on - min(warned)] += 1
