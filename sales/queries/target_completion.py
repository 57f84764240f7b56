"""How far targets are reached in a period (G8): a board of all one sees, one's own place, the card of the workbench."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from urllib.parse import urlencode

from django.db.models import Q

from accounts.models import User
from common.periods import Period, whole
from sales.enums import TargetMeasure
from sales.models import Target
from sales.queries.actuals import ZERO, Actual, actuals
from sales.queries.target_links import RowLinks, rows_of
from sales.queries.targets import COMPANY, Measure, Subject, categories, subjects, values_of_all
from sales.rules import targets as rules


@dataclass(slots=True)
class CompletionRow:
    subject: Subject
    result: rules.Completion
    minus: Decimal  # returns or refunds that the actual is already less by
    rank: int = 0  # among the rows of its kind
    links: RowLinks | None = None


@dataclass(frozen=True, slots=True)
class CompletionBoard:
    """How far everybody is in a period. `top`: the company or the departments at the top of what one sees."""

    measure: Measure
    period: Period
    clock: rules.Clock
    rows: list[CompletionRow]

    def of_kind(self, kind: str, department: str = "") -> list[CompletionRow]:
        """Rows of a kind, the best first; of one department's branch when its key is given."""
        parents = {row.subject.key: row.subject.parent for row in self.rows}

        def inside(key: str) -> bool:
            while key and key != department:
                key = parents.get(key, "")
            return key == department

        chosen = [
            row
            for row in self.rows
            if row.subject.kind == kind and (not department or inside(row.subject.parent))
        ]
        return sorted(chosen, key=lambda row: (row.rank, row.subject.name))

    @property
    def top(self) -> list[CompletionRow]:
        return [row for row in self.rows if not row.subject.parent]


def completion(user: User, measure: Measure, period: Period, today: dt.date) -> CompletionBoard:
    """Target, actual and what follows for everybody `user` sees, in eight statements at most for one year."""
    targets = period_targets([measure], period)[measure]
    found = _by_rep(actuals(measure.name, period.first, period.last, category_id=measure.category_id))
    keys = set(targets) | {f"r{rep}" for rep, (plus, minus) in found.items() if rep and (plus or minus)}
    time = rules.clock(period.first, period.last, today)
    rows = _completion_rows(subjects(user, keys), targets, found, time, measure)
    for row in rows:
        row.links = rows_of(
            user, measure.name, period, subject=row.subject.key, category_id=measure.category_id
        )
    for kind in (COMPANY, "department", "rep"):
        same = [row for row in rows if row.subject.kind == kind]
        for row, place in zip(same, rules.ranks([row.result for row in same]), strict=True):
            row.rank = place
    return CompletionBoard(measure, period, time, rows)


def _completion_rows(
    people: Sequence[Subject],
    targets: Mapping[str, Decimal],
    found: Mapping[int | None, tuple[Decimal, Decimal]],
    time: rules.Clock,
    measure: Measure,
) -> list[CompletionRow]:
    """Whoever has no target of his own in the period is measured by the sum of those under him."""
    worth, rows = dict(targets), []
    for subject in reversed(people):  # children before their parents
        if subject.key not in worth:
            parts = [
                worth[child.key] for child in people if child.parent == subject.key and child.key in worth
            ]
            if parts:
                worth[subject.key] = sum(parts, ZERO)
    for subject in people:
        value, minus = _sum_for(subject, found)
        result = rules.Completion(worth.get(subject.key), value, time, measure.name)
        rows.append(CompletionRow(subject, result, minus))
    return rows


def _by_rep(found: Iterable[Actual]) -> dict[int | None, tuple[Decimal, Decimal]]:
    """{rep: (actual, what it is already less by)} over all months."""
    sums: dict[int | None, tuple[Decimal, Decimal]] = {}
    for actual in found:
        value, minus = sums.get(actual.rep_id, (ZERO, ZERO))
        sums[actual.rep_id] = (value + actual.value, minus + actual.minus)
    return sums


def _sum_for(
    subject: Subject, found: Mapping[int | None, tuple[Decimal, Decimal]]
) -> tuple[Decimal, Decimal]:
    if subject.people is None:
        mine = list(found.values())
    else:
        mine = [found[pk] for pk in subject.people if pk in found]
    return sum((value for value, _minus in mine), ZERO), sum((minus for _value, minus in mine), ZERO)


def period_targets(measures: Sequence[Measure], period: Period) -> dict[Measure, dict[str, Decimal]]:
    """{measure: {subject's key: target of the period}}: whole months as they are, parts by their working days."""
    months = rules.months_between(period.first, period.last)
    parts = {(m.year, m.month): rules.part_of_month(m, period.first, period.last) for m in months}
    exact: dict[Measure, dict[str, Fraction]] = {measure: {} for measure in measures}
    for year in sorted({month.year for month in months}):
        for measure, values in values_of_all(measures, year).items():
            sums = exact[measure]
            for (key, month), value in values.items():
                if (part := parts.get((year, month))) is not None:
                    sums[key] = sums.get(key, Fraction(0)) + Fraction(value) * part
    return {
        measure: {key: rules.rounded(value, measure.name) for key, value in sums.items()}
        for measure, sums in exact.items()
    }


# --- one rep among his colleagues
@dataclass(frozen=True, slots=True)
class OwnPlace:
    """What a rep may know of a ranking: his own figures and place, and how many there are, nobody else's figures."""

    measure: Measure
    result: rules.Completion
    minus: Decimal
    rank: int
    of: int


def own_places(user: User, measures: Sequence[Measure], period: Period, today: dt.date) -> list[OwnPlace]:
    """The user's completion of each measure and his place among the company's active reps: two statements, and one
    for each measure."""
    reps = set(User.objects.reps().values_list("pk", flat=True)) | {user.pk}
    targets = period_targets(measures, period)
    time = rules.clock(period.first, period.last, today)
    places = []
    for measure in measures:
        found = _by_rep(
            actuals(measure.name, period.first, period.last, category_id=measure.category_id, reps=reps)
        )
        results = {
            pk: rules.Completion(
                targets[measure].get(f"r{pk}"), found.get(pk, (ZERO, ZERO))[0], time, measure.name
            )
            for pk in reps
        }
        ranks = dict(zip(results, rules.ranks(list(results.values())), strict=True))
        minus = found.get(user.pk, (ZERO, ZERO))[1]
        places.append(OwnPlace(measure, results[user.pk], minus, ranks[user.pk], len(reps)))
    return places


@dataclass(frozen=True, slots=True)
class CardEntry:
    """A measure of the workbench's card: who stands at the top of what one sees, and the departments below."""

    measure: Measure
    label: str
    top: list[CompletionRow]
    below: list[CompletionRow]

    @property
    def query(self) -> str:
        """The measure's part of an address."""
        category = {"category": self.measure.category_id} if self.measure.category_id else {}
        return urlencode({"measure": self.measure.name, **category})


def card(user: User, today: dt.date) -> list[CardEntry]:
    """Completion of this month for each measure that has targets in what `user` sees; without any, an empty list."""
    period = whole("month", today)
    measures = sorted(measures_with_targets(period), key=lambda m: m.is_count)  # amounts first
    names = {c.pk: c.name for c in categories()} if any(m.category_id for m in measures) else {}
    targets = period_targets(measures, period)
    people = subjects(user, {key for values in targets.values() for key in values})
    keys = {subject.key for subject in people}
    time = rules.clock(period.first, period.last, today)
    entries = []
    for measure in measures:
        if not keys & set(targets[measure]):
            continue
        found = _by_rep(actuals(measure.name, period.first, period.last, category_id=measure.category_id))
        rows = _completion_rows(people, targets[measure], found, time, measure)
        for row in rows:
            row.links = rows_of(
                user, measure.name, period, subject=row.subject.key, category_id=measure.category_id
            )
        top = [row for row in rows if not row.subject.parent and row.result.target is not None]
        above = {row.subject.key for row in top}
        below = [
            row
            for row in rows
            if row.subject.kind == "department" and row.subject.parent in above and row.result.target
        ]
        label = names.get(measure.category_id or 0) or str(TargetMeasure(measure.name).label)
        entries.append(CardEntry(measure, label, top, below))
    return entries


def measures_with_targets(period: Period) -> list[Measure]:
    """Measures for which anybody has a target in the period's months, in the order of the enumeration."""
    months = [Q(year=m.year, month=m.month) for m in rules.months_between(period.first, period.last)]
    condition = Q()
    for month in months:
        condition |= month
    rows = Target.objects.filter(condition).order_by().values_list("measure", "category_id").distinct()
    order = list(TargetMeasure.values)
    return [Measure(*row) for row in sorted(rows, key=lambda row: (order.index(row[0]), row[1] or 0))]
