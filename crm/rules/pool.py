"""When a customer goes back to the public pool, by which clock, and why (C4, C6, domain-rules §5). Pure.

Everything is derived: from the day its owner received the customer, its last events and the rule of today. Nothing is
stored, so editing the file restarts no clock, and a rule that is switched off and on again has lost no date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from crm.enums import PoolClock

FAR = dt.date(9999, 12, 31)  # stands for "never" where a database compares dates


@dataclass(frozen=True)
class RuleLine:
    """A pool rule as the decisions need it, in days; `level` "" and `department_id` None mean every one."""

    pk: int
    name: str = ""
    department_id: int | None = None
    level: str = ""
    no_follow_up_days: int | None = None
    no_order_days: int | None = None
    max_hold_days: int | None = None
    initial_days: int | None = None
    renew_days: int | None = None
    warns_on: tuple[int, ...] = ()
    exempt_with_receivable: bool = False

    @property
    def has_clock(self) -> bool:
        """A rule without a clock exempts whom it is for."""
        return any(
            days is not None
            for days in (self.no_follow_up_days, self.no_order_days, self.max_hold_days, self.initial_days)
        )


@dataclass(frozen=True)
class Dates:
    """What the clocks read of a customer, business days. `received_on` is when the present owner got it."""

    received_on: dt.date
    last_follow_up_on: dt.date | None = None
    last_visit_on: dt.date | None = None
    last_order_on: dt.date | None = None

    @property
    def last_activity_on(self) -> dt.date | None:
        """The last follow-up or valid visit since the present owner has it."""
        days = [
            day
            for day in (self.last_follow_up_on, self.last_visit_on)
            if day is not None and day >= self.received_on
        ]
        return max(days, default=None)


@dataclass(frozen=True)
class Due:
    """`day` is the last day the owner keeps the customer; the first job run after it recycles. `base_on`: counted from."""

    day: dt.date
    clock: PoolClock
    base_on: dt.date


def department_chains(parents: Mapping[int, int | None]) -> dict[int, tuple[int, ...]]:
    """{department: itself, its parent, … up to the root}; a ring in the data ends the walk."""
    chains = {}
    for pk in parents:
        chain: list[int] = []
        at: int | None = pk
        while at is not None and at not in chain:
            chain.append(at)
            at = parents.get(at)
        chains[pk] = tuple(chain)
    return chains


def ranked(rules: Iterable[RuleLine], level: str, departments: Sequence[int]) -> list[RuleLine]:
    """The rules that fit a customer of `level`, the one that counts first.

    `departments`: its owner's department and those above, the nearest first. Level and department go before level,
    that before department, that before general; of equals the nearer department, then the older rule.
    """

    def rank(rule: RuleLine) -> tuple[int, int, int]:
        specificity = 2 * bool(rule.level) + (rule.department_id is not None)
        distance = departments.index(rule.department_id) if rule.department_id is not None else 0
        return -specificity, distance, rule.pk

    fitting = [
        rule
        for rule in rules
        if rule.level in ("", level) and (rule.department_id is None or rule.department_id in departments)
    ]
    return sorted(fitting, key=rank)


def in_order(rules: Iterable[RuleLine], depths: Mapping[int, int]) -> list[RuleLine]:
    """All rules so that for any customer the first that fits is the one of `ranked`. `depths`: {department: its depth}."""

    def key(rule: RuleLine) -> tuple[int, int, int]:
        specificity = 2 * bool(rule.level) + (rule.department_id is not None)
        return -specificity, -depths.get(rule.department_id or 0, 0), rule.pk

    return sorted(rules, key=key)


def clock_ends(rule: RuleLine, dates: Dates) -> list[Due]:
    """Where each clock of the rule ends, in the order of PoolClock; unset clocks are left out."""
    received, active = dates.received_on, dates.last_activity_on
    ends = []
    if rule.no_follow_up_days is not None:
        ends.append(_due(PoolClock.NO_FOLLOW_UP, active or received, rule.no_follow_up_days))
    if rule.no_order_days is not None:
        base = max(received, dates.last_order_on or received)
        ends.append(_due(PoolClock.NO_ORDER, base, rule.no_order_days))
    if rule.max_hold_days is not None:
        ends.append(_due(PoolClock.MAX_HOLD, received, rule.max_hold_days))
    if rule.initial_days is not None:
        ends.append(_protection(rule, received, active))
    return ends


def recycle_due(rule: RuleLine, dates: Dates) -> Due | None:
    """The earliest clock; of equals the first of PoolClock. None without a clock: never recycled."""
    return min(clock_ends(rule, dates), key=lambda due: due.day, default=None)


def protection_end(rule: RuleLine, dates: Dates) -> dt.date | None:
    """min(max(received + initial, last activity + renew), received + max hold); None without protection."""
    if rule.initial_days is None:
        return None
    end = _protection(rule, dates.received_on, dates.last_activity_on).day
    if rule.max_hold_days is not None:
        end = min(end, dates.received_on + dt.timedelta(days=rule.max_hold_days))
    return end


def _due(clock: PoolClock, base: dt.date, days: int) -> Due:
    return Due(base + dt.timedelta(days=days), clock, base)


def _protection(rule: RuleLine, received: dt.date, active: dt.date | None) -> Due:
    due = _due(PoolClock.PROTECTION, received, rule.initial_days or 0)
    if active is not None and rule.renew_days is not None:
        renewed = _due(PoolClock.PROTECTION, active, rule.renew_days)
        if renewed.day > due.day:
            return renewed
    return due


def is_due(due: Due, day: dt.date) -> bool:
    """Whether the run of business day `day` recycles: the date must have passed."""
    return due.day < day


def stage_of(warns_on: Iterable[int], days_left: int) -> int | None:
    """Which "X days before" the owner is to be told with `days_left` (0: today is the last day); None: not yet.

    The smallest X that is reached: after a missed run one late warning is sent, not all those that were missed.
    """
    return min((days for days in warns_on if days >= days_left), default=None) if days_left >= 0 else None


def level_list(text: str) -> tuple[str, ...]:
    """The levels of SystemOptions.exempt_levels, typed like "A,B"."""
    return tuple(letter for letter in text if letter.isalpha())


@dataclass
class Caps:
    """How many more one person may take: `left` None without a cap. `takes` counts one down, or says no."""

    cap: int | None
    held: int
    excludes_dealt: bool = False
    taken: int = field(default=0, init=False)

    @property
    def left(self) -> int | None:
        return None if self.cap is None else max(0, self.cap - self.held - self.taken)

    def takes(self, *, dealt: bool) -> bool:
        if self.cap is None or (dealt and self.excludes_dealt):
            return True
        if self.left == 0:
            return False
        self.taken += 1
        return True


def own_cap(person: int | None, role: int | None, company: int | None) -> int | None:
    """A person's own number goes before his role's, that before the company's; 0 is a number, None is none."""
    return next((cap for cap in (person, role, company) if cap is not None), None)
