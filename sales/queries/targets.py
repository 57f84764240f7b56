"""Targets for their pages (G8): whose they are, and the grid of a year; see target_completion for what was reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import SystemOptions, User
from accounts.queries import DepartmentNode, branch_ids, department_tree, scope_department_ids
from sales.models import ProductCategory, Target
from sales.queries.actuals import ZERO
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
    return values_of_all([measure], year)[measure]


def values_of_all(measures: Sequence[Measure], year: int) -> dict[Measure, Values]:
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
