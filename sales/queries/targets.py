"""Targets for their pages (G8): whose they are, the grid of a year, the completion of a period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import SystemOptions, User
from accounts.queries import DepartmentNode, branch_ids, department_tree, scope_department_ids
from common.periods import Period, whole
from sales.enums import TargetMeasure
from sales.models import ProductCategory, Target
from sales.queries.actuals import ZERO, Actual, actuals
from sales.queries.target_links import RowLinks, rows_of
from sales.rules import targets as rules

COMPANY = "company"
Values = dict[tuple[str, int], Decimal]  # {(subject's key, month): target}


@dataclass(frozen=True, slots=True)
class Measure:
    """What a page is about: a measure, with its category when it has one."""

    name: str
    category_id: int | None = None

    @property
    def is_count(self) -> bool:
        return rules.is_count(self.name)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose target it is: the company, a department (with those under it) or a rep."""

    key: str  # "company", "d12", "r34"
    name: str
    depth: int
    parent: str  # key of the subject above, "" at the top
    people: frozenset[int] | None  # whose slips count; None: everybody's
    username: str = ""  # of a rep

    @property
    def pk(self) -> int | None:
        return int(self.key[1:]) if self.key != COMPANY else None

    @property
    def kind(self) -> str:
        return COMPANY if self.key == COMPANY else "department" if self.key[0] == "d" else "rep"


def key_of(department_id: int | None, rep_id: int | None) -> str:
    return f"d{department_id}" if department_id else f"r{rep_id}" if rep_id else COMPANY


def subjects(user: User, also: Iterable[str] = ()) -> list[Subject]:
    """Whose targets `user` may see, each parent before its children: three statements, whatever their number.

    The company for who sees all of it; the departments whose people are all in his scope; in them the active reps
    he sees and, through `also` (keys), whoever has targets or figures without being one (a leader who sells, a rep
    who left). Departments without any of these are left out. A single top department is the company itself.
    """
    known = set(also)
    wanted = {int(key[1:]) for key in known if key[0] == "r"}
    people = list(
        User.objects.visible_to(user)
        .filter(Q(is_active=True, role__code="rep") | Q(pk__in=wanted))
        .order_by("pk")
        .values_list("pk", "name", "username", "department_id")
    )
    scope = scope_department_ids(user)
    tree = department_tree()
    return _arranged(tree, scope, people, known, dict(_members(tree)))


def _members(tree: Sequence[DepartmentNode]) -> Iterable[tuple[int, frozenset[int]]]:
    """Everybody who belongs to each branch, whoever left included: their slips are the department's."""
    users: dict[int | None, set[int]] = {}
    for pk, department in User.objects.values_list("pk", "department_id"):
        users.setdefault(department, set()).add(pk)
    for node in tree:
        branch = branch_ids(list(tree), node.pk)
        yield node.pk, frozenset().union(*(users.get(pk, ()) for pk in branch))


def _arranged(
    tree: list[DepartmentNode],
    scope: frozenset[int] | None,
    people: Sequence[tuple[int, str, str, int | None]],
    known: set[str],
    members: Mapping[int, frozenset[int]],
) -> list[Subject]:
    found: list[Subject] = []
    depth_of: dict[int | None, tuple[int, str]] = {None: (0, "")}
    if scope is None:
        found.append(Subject(COMPANY, SystemOptions.load().company_name or _("Company"), 0, "", None))
        depth_of[None] = (1, COMPANY)
    rest = list(people)
    tops = [node for node in tree if node.parent_id is None]
    used = {pk for _pk, _name, _username, pk in people}
    for node in tree:
        above = depth_of.get(node.parent_id, depth_of[None])
        inside = branch_ids(tree, node.pk)
        key = f"d{node.pk}"
        is_company = scope is None and tops == [node]
        may = scope is None or node.pk in scope
        shown = may and bool(inside & used or key in known) and not (is_company and key not in known)
        depth_of[node.pk] = (above[0] + 1, key) if shown else above
        if shown:
            found.append(Subject(key, node.name, above[0], above[1], members[node.pk]))
        depth, parent = depth_of[node.pk]
        mine = [person for person in rest if person[3] == node.pk]
        found += [_rep(person, depth, parent) for person in mine]
        rest = [person for person in rest if person[3] != node.pk]
    found += [_rep(person, *depth_of[None]) for person in rest]
    return _depth_first(found)


def _rep(person: tuple[int, str, str, int | None], depth: int, parent: str) -> Subject:
    pk, name, username, _department = person
    return Subject(f"r{pk}", name or username, depth, parent, frozenset({pk}), username)


def _depth_first(found: list[Subject]) -> list[Subject]:
    """Departments before the people of the department above them, so that a branch reads like a tree."""
    below: dict[str, list[Subject]] = {}
    for subject in found:
        below.setdefault(subject.parent, []).append(subject)

    def walk(parent: str) -> Iterable[Subject]:
        for subject in sorted(below.get(parent, ()), key=lambda s: s.kind == "rep"):
            yield subject
            yield from walk(subject.key)

    return list(walk(""))


# --- targets as they stand
def values_of(measure: Measure, year: int) -> Values:
    """All targets of a measure in a year; the page shows those of its subjects."""
    return _values([measure], year)[measure]


def _values(measures: Sequence[Measure], year: int) -> dict[Measure, Values]:
    """All targets of a year, by measure, in one statement."""
    found: dict[Measure, Values] = {measure: {} for measure in measures}
    names = {measure.name for measure in measures}
    rows = Target.objects.filter(year=year, measure__in=names).order_by()
    for name, category, department, rep, month, value in rows.values_list(
        "measure", "category_id", "department_id", "rep_id", "month", "value"
    ):
        if (values := found.get(Measure(name, category))) is not None:
            values[key_of(department, rep), month] = value
    return found


def categories() -> list[ProductCategory]:
    return list(ProductCategory.objects.order_by("position", "pk"))


# --- the grid of a year
@dataclass(slots=True)
class GridRow:
    subject: Subject
    values: list[Decimal | None]  # January to December
    below: list[Decimal | None] = field(
        default_factory=list
    )  # the children's sum by month; empty without children

    @property
    def total(self) -> Decimal | None:
        return _sum(self.values)

    @property
    def below_total(self) -> Decimal | None:
        return _sum(self.below)

    @property
    def cells(self) -> list[tuple[int, Decimal | None, Decimal | None]]:
        """(month, target, sum of the children)"""
        below = self.below or [None] * 12
        return [(n + 1, self.values[n], below[n]) for n in range(12)]


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, ZERO) if known else None


def grid(user: User, measure: Measure, year: int) -> list[GridRow]:
    """The rows `user` sees, with the sum of those under each: a child without a target of its own counts with its
    children's."""
    values = values_of(measure, year)
    return grid_rows(subjects(user, {key for key, _month in values}), values)


def grid_rows(found: Sequence[Subject], values: Values) -> list[GridRow]:
    rows = {s.key: GridRow(s, [values.get((s.key, month)) for month in rules.MONTHS]) for s in found}
    sums: dict[str, list[list[Decimal | None]]] = {}
    for row in reversed(rows.values()):  # children before their parents
        if parts := sums.get(row.subject.key):
            row.below = [_sum(part[n] for part in parts) for n in range(12)]
        worth = [
            own if own is not None else (row.below[n] if row.below else None)
            for n, own in enumerate(row.values)
        ]
        sums.setdefault(row.subject.parent, []).append(worth)
    return list(rows.values())


# --- completion
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
        row.links = rows_of(measure.name, period, subject=row.subject.key, category_id=measure.category_id)
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
        for measure, values in _values(measures, year).items():
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
                measure.name, period, subject=row.subject.key, category_id=measure.category_id
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
