"""计划与实际: targets against what was reached (G8), as sales.queries.target_completion counts both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.queries import department_tree
from common.periods import Period, month_end
from common.templatetags.paodian import percent
from reports.enums import Family, Unit
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS, Choices, Dimension, register_dimension
from reports.queries.engine import sorted_rows
from reports.queries.report import Report, register
from reports.rules.tables import Head, Look, Row, Table
from sales.enums import TargetMeasure
from sales.models import ProductCategory
from sales.queries.actuals import actuals
from sales.queries.target_completion import CompletionBoard, CompletionRow, completion
from sales.queries.targets import COMPANY, GridRow, Measure, Subject, grid_rows, subjects, values_of
from sales.rules import targets as rules

_CATEGORY = "category-"
ZERO = Decimal(0)


@dataclass(frozen=True)
class TargetDimension(Dimension):
    """What a target is set for; no fact is divided by it, it chooses the figure."""

    def choices(self, user: User) -> Choices:
        words = [(value, str(label)) for value, label in TargetMeasure.choices if value != "category_amount"]
        with_targets = ProductCategory.objects.filter(targets__isnull=False).distinct()
        names = with_targets.order_by("position", "pk").values_list("pk", "name")
        return [*words, *((f"{_CATEGORY}{pk}", name) for pk, name in names)]


register_dimension(TargetDimension("target", _("Target for")))


def measure_of(key: str) -> Measure:
    """The measure of a key of the dimension; ValueError when it is none."""
    if key.startswith(_CATEGORY):
        number = key.removeprefix(_CATEGORY)
        if not number.isdecimal() or len(number) > 18:
            raise ValueError(key)
        return Measure(TargetMeasure.CATEGORY_AMOUNT.value, int(number))
    measure = TargetMeasure(key or TargetMeasure.ORDER_AMOUNT)
    if measure == TargetMeasure.CATEGORY_AMOUNT:
        raise ValueError(key)
    return Measure(measure.value)


def heads(measure: Measure) -> list[Head]:
    unit = Unit.COUNT if measure.is_count else Unit.MONEY
    return [
        Head(
            "target_actual",
            _("Reached"),
            unit,
            _("What was reached in the period, counted like the target's page does."),
            False,
        ),
        Head(
            "target_value",
            _("Target"),
            unit,
            _(
                "Targets of the period's months, of a part of a month by its working days; who has none is measured by the sum of those under him."
            ),
            False,
        ),
        Head(
            "target_gap",
            _("Still to reach"),
            unit,
            _("Target less what was reached; negative when exceeded."),
            False,
        ),
        Head("target_share", _("Completion"), Unit.PERCENT, _("Reached ÷ target."), False),
        Head(
            "target_projection",
            _("At this pace"),
            unit,
            _("What the period ends with if each working day brings as much as those so far."),
            False,
        ),
    ]


def values(result: rules.Completion) -> tuple[Decimal | float | None, ...]:
    """In the order of `heads`."""
    return result.actual, result.target, result.gap, result.share, result.projection


def together(rows: Sequence[CompletionRow], clock: rules.Clock, measure: Measure) -> rules.Completion:
    """Completion of several subjects that share no people."""
    known = [row.result.target for row in rows if row.result.target is not None]
    reached = sum((row.result.actual for row in rows), ZERO)
    return rules.Completion(sum(known, ZERO) if known else None, reached, clock, measure.name)


@register
class Targets(Report):
    code = "targets"
    family = Family.PERFORMANCE
    label = _("Targets and what was reached")
    question = _("How far are the targets reached, and what is still missing?")
    dimensions = ("rep", "department", "month")
    filters = ("target", "department", "rep")
    charted = 2
    compares = False
    permission = "sales.view_target"
    position = 20

    def answer(self, asked: Asked, by: str, look: Look) -> Table:
        """ValueError for a filter that is no key. A target is held against the whole period, not the part that came."""
        measure = measure_of(asked.filters.get("target", ""))
        for code in ("department", "rep"):
            if not asked.filters.get(code, "0").isdecimal():
                raise ValueError(asked.filters[code])
        columns = heads(measure)
        clock = rules.clock(asked.period.first, asked.period.last, asked.today)
        if by == "month":
            rows = self._months(asked, measure)
            known = [Decimal(value) for row in rows if (value := row.values[1]) is not None]
            total = rules.Completion(
                sum(known, ZERO) if known else None,
                sum((Decimal(row.values[0] or 0) for row in rows), ZERO),
                clock,
                measure.name,
            )
        else:
            board = _board(asked, measure)
            total = together(_top(board, asked), clock, measure)
            rows = [
                Row(str(found.subject.pk), found.subject.name, values(found.result), url=_url(found))
                for found in _chosen(board, asked, by)
            ]
        if look.sort and by != "month":
            position = [head.code for head in columns].index(look.sort)
            rows = sorted_rows(rows, position, look.descending)
        return Table(
            by=by,
            by_label=DIMENSIONS[by].label,
            heads=columns,
            rows=rows,
            totals=values(total),
            period=asked.period,
            notes=[
                _t("%(share)s of the period's working days have passed.") % {"share": percent(clock.share)}
            ],
        )

    def _months(self, asked: Asked, measure: Measure) -> list[Row]:
        """The months of the period, each as far as it lies inside; six statements for one year."""
        inside = asked.period
        parts = [
            Period("custom", max(month, inside.first), min(month_end(month), inside.last))
            for month in rules.months_between(inside.first, inside.last)
        ]
        found = actuals(measure.name, parts[0].first, parts[-1].last, category_id=measure.category_id)
        targets = _targets_of(measure, parts)
        keys = {key for key, _number in targets} | {f"r{actual.rep_id}" for actual in found if actual.rep_id}
        people = subjects(_asker(asked), keys)
        worth = {row.subject.key: row for row in grid_rows(people, targets)}
        tops = _tops(people, asked)
        rows = []
        for number, part in enumerate(parts):
            first = part.first.replace(day=1)
            known = [value for top in tops if (value := _worth(worth[top.key], number)) is not None]
            reached = sum(
                (
                    actual.value
                    for top in tops
                    for actual in found
                    if actual.month == first and (top.people is None or actual.rep_id in top.people)
                ),
                ZERO,
            )
            clock = rules.clock(part.first, part.last, asked.today)
            target = sum(known, ZERO) if known else None
            result = rules.Completion(target, reached, clock, measure.name)
            rows.append(Row(first.isoformat(), f"{first:%Y-%m}", values(result)))
        return rows


def _targets_of(measure: Measure, parts: Sequence[Period]) -> dict[tuple[str, int], Decimal]:
    """{(subject's key, number of the part from 1): target}; a part of a month by its working days."""
    numbers = {(part.first.year, part.first.month): number for number, part in enumerate(parts)}
    found = {}
    for year in sorted({year for year, _month in numbers}):
        for (key, month), value in values_of(measure, year).items():
            if (number := numbers.get((year, month))) is not None:
                part = parts[number]
                share = rules.part_of_month(part.first.replace(day=1), part.first, part.last)
                found[key, number + 1] = rules.rounded(Fraction(value) * share, measure.name)
    return found


def _worth(row: GridRow, number: int) -> Decimal | None:
    """A subject's own target, else that of those under it."""
    own = row.values[number]
    return own if own is not None else (row.below[number] if row.below else None)


def _asker(asked: Asked) -> User:
    """`asked.user` None is the company itself, which sees everything."""
    return asked.user or User(is_superuser=True)


def _board(asked: Asked, measure: Measure) -> CompletionBoard:
    return completion(_asker(asked), measure, asked.period, asked.today)


def _url(row: CompletionRow) -> str:
    return row.links.plus if row.links else ""


def _department(people: Sequence[Subject], asked: Asked) -> str:
    """Key of the chosen department; "" for none, or for the one at the top that is the company itself."""
    key = asked.filters.get("department", "")
    if not key:
        return ""
    shown = {subject.key for subject in people}
    top = [node for node in department_tree() if node.parent_id is None]
    is_company = COMPANY in shown and [str(node.pk) for node in top] == [key]
    return "" if is_company and f"d{key}" not in shown else f"d{key}"


def _chosen(board: CompletionBoard, asked: Asked, kind: str) -> list[CompletionRow]:
    """Rows of a kind, the best first, narrowed by the filters; a chosen department stands among its own."""
    department = _department([row.subject for row in board.rows], asked)
    rows = board.of_kind(kind, department)
    if department and kind == "department":
        rows = [*[row for row in board.rows if row.subject.key == department], *rows]
    if rep := asked.filters.get("rep"):
        rows = [row for row in rows if row.subject.key == f"r{rep}"]
    return rows


def _tops(people: Sequence[Subject], asked: Asked) -> list[Subject]:
    """Who stands for everybody asked for; they share no people."""
    department = _department(people, asked)
    if rep := asked.filters.get("rep"):
        return [one for one in people if one.key == f"r{rep}" and _is_under(people, one, department)]
    if department:
        return [one for one in people if one.key == department]
    return [one for one in people if not one.parent]


def _is_under(people: Sequence[Subject], one: Subject, department: str) -> bool:
    parents = {subject.key: subject.parent for subject in people}
    key = one.key
    while key and key != department:
        key = parents.get(key, "")
    return key == department


def _top(board: CompletionBoard, asked: Asked) -> list[CompletionRow]:
    keys = {subject.key for subject in _tops([row.subject for row in board.rows], asked)}
    return [row for row in board.rows if row.subject.key in keys]
