"""Decisions of alerts: which rule judges a customer, when he is due, how a rep compares (domain-rules §3–4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from alerts.enums import AlertKind, Band, BaseSource, RepAlertKind

CENT = Decimal("0.01")


# --- customer alerts --------------------------------------------------------------------------------
@dataclass(frozen=True)
class CustomerKind:
    """One kind of customer alert: the column of Customer that holds its last event, and its words.

    The column is all the job reads; `event` is the name crm.services.record_event knows it by.
    """

    kind: AlertKind
    column: str
    event: str
    over: str | Promise  # with %(who)s and %(days)s
    last: str | Promise  # with %(day)s
    never: str | Promise
    colour: str


KINDS: dict[AlertKind, CustomerKind] = {
    kind.kind: kind
    for kind in (
        CustomerKind(
            kind=AlertKind.UNVISITED,
            column="last_visit_on",
            event="visit",
            over=_("%(who)s not visited for more than %(days)s days"),
            last=_("last visit %(day)s"),
            never=_("never visited"),
            colour="azure",
        ),
        CustomerKind(
            kind=AlertKind.UNORDERED,
            column="last_order_on",
            event="order",
            over=_("%(who)s without an order for more than %(days)s days"),
            last=_("last order %(day)s"),
            never=_("never ordered"),
            colour="orange",
        ),
        CustomerKind(
            kind=AlertKind.UNSOLD,
            column="last_sale_on",
            event="sale",
            over=_("%(who)s without a sale for more than %(days)s days"),
            last=_("last sale %(day)s"),
            never=_("nothing ever sold"),
            colour="purple",
        ),
    )
}


@dataclass(frozen=True)
class RuleLine:
    """A customer alert rule as the decisions need it; `level` "" and `department_id` None mean every one."""

    pk: int
    kind: str
    period_days: int
    level: str = ""
    department_id: int | None = None

    @property
    def specificity(self) -> int:
        """3 level and department, 2 level, 1 department, 0 general."""
        return 2 * bool(self.level) + (self.department_id is not None)

    def fits(self, level: str, departments: frozenset[int]) -> bool:
        """Whether it is for a customer of `level` whose owner's department and its parents are `departments`."""
        return self.level in ("", level) and (self.department_id is None or self.department_id in departments)


@dataclass(frozen=True)
class Choice:
    """The rule that judges one kind for customers of a level and owners of a department (0: any other)."""

    kind: str
    department_id: int
    level: str
    rule_id: int
    period_days: int


def department_paths(parents: Mapping[int, int | None]) -> dict[int, frozenset[int]]:
    """{department: itself and all above}, from {department: parent}; a ring in the data ends the walk."""
    paths = {}
    for pk in parents:
        path: list[int] = []
        at: int | None = pk
        while at is not None and at not in path:
            path.append(at)
            at = parents.get(at)
        paths[pk] = frozenset(path)
    return paths


def ranked(rules: Iterable[RuleLine], level: str, departments: frozenset[int]) -> list[RuleLine]:
    """The rules of one kind that fit, the one that judges first: most specific, then shortest (§3)."""
    fitting = [rule for rule in rules if rule.fits(level, departments)]
    return sorted(fitting, key=lambda rule: (-rule.specificity, rule.period_days, rule.pk))


def choice_table(
    rules: Sequence[RuleLine], parents: Mapping[int, int | None], levels: Iterable[str]
) -> list[Choice]:
    """Who is judged by what, for every kind, level and department that some rule treats differently.

    Departments outside every rule share the lines with department 0, so the table stays small however large the
    company is. A combination without a rule has no line: it is not judged.
    """
    paths = department_paths(parents)
    named = {rule.department_id for rule in rules if rule.department_id is not None}
    covered = {pk: path for pk, path in paths.items() if path & named}
    table = []
    for kind in sorted({rule.kind for rule in rules}):
        of_kind = [rule for rule in rules if rule.kind == kind]
        for department_id, path in [(0, frozenset[int]()), *sorted(covered.items())]:
            for level in levels:
                if best := ranked(of_kind, level, path):
                    table.append(Choice(kind, department_id, level, best[0].pk, best[0].period_days))  # noqa: PERF401
    return table


def base_date(
    last: dt.date | None, created_on: dt.date, received_on: dt.date | None
) -> tuple[dt.date, BaseSource]:
    """R and where it comes from: the last event, else the later of created and received (§3)."""
    if last is not None:
        return last, BaseSource.EVENT
    if received_on is not None and received_on > created_on:
        return received_on, BaseSource.RECEIVED
    return created_on, BaseSource.CREATED


def due_date(base: dt.date, period_days: int) -> dt.date:
    """D = R + P: the last day that is still in order; the alert is open from the day after."""
    return base + dt.timedelta(days=period_days)


def band_range(band: Band | str, today: dt.date) -> tuple[dt.date | None, dt.date]:
    """First (None: no limit) and last due date of a band of days overdue."""
    low, _dash, high = str(Band(band)).partition("-")
    return (today - dt.timedelta(days=int(high)) if high else None), today - dt.timedelta(days=int(low))


# --- rep alerts -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Standing:
    """Where one rep stands among those compared; rank 1 is the highest value, equal values share a rank."""

    rep_id: int
    value: Decimal
    rank: int
    kind: RepAlertKind | None


@dataclass(frozen=True)
class Comparison:
    """All reps in a rule's scope over one window; `average` and `median` are rounded to 0.01."""

    standings: tuple[Standing, ...]
    average: Decimal
    median: Decimal


def compare_reps(
    values: Mapping[int, Decimal], counts: Mapping[int, int], threshold_percent: int
) -> Comparison:
    """Judge reps by §4: "none" with a count of 0, "below average" with value < threshold % of the average.

    `values` has every rep in scope, those with nothing as 0: they pull the average down. The threshold compares
    exactly (value × reps × 100 with threshold × sum), not with the rounded average.
    """
    if not values:
        return Comparison((), Decimal(0), Decimal(0))
    total, reps = sum(values.values(), Decimal(0)), len(values)
    standings = []
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    rank = 0
    for position, (rep_id, value) in enumerate(ordered, 1):
        if position == 1 or value != ordered[position - 2][1]:
            rank = position
        kind = None
        if not counts.get(rep_id):
            kind = RepAlertKind.NONE
        elif value * reps * 100 < threshold_percent * total:
            kind = RepAlertKind.BELOW_AVERAGE
        standings.append(Standing(rep_id, value, rank, kind))
    average = (total / reps).quantize(CENT, ROUND_HALF_UP)
    middle = Decimal(median(values.values())).quantize(CENT, ROUND_HALF_UP)
    return Comparison(tuple(standings), average, middle)
