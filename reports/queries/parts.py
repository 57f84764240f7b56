"""Groupings of facts and how several are read at once: a UNION of them, or a row for each group with all its figures."""

# ruff: noqa: S608 - names of columns are codes of the register, everything else is a parameter

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, FloatField, IntegerField, QuerySet, Value
from django.db.models.functions import Cast

from common.money import round_money, round_quantity
from reports.enums import Unit
from reports.queries.measures import MEASURES, NO_ZERO, Measure, base_measures, less, mean_money, ratio
from reports.queries.wrapped import Sql, compiled, name
from reports.rules.compare import Figure

Values = dict[str, Figure]  # base measure → value
_ALIAS = "figure_"

# Formulas as the database reckons them, so that it can put groups into their order.
FORMULAS: dict[Callable[..., Figure], str] = {
    less: "({} - {})",
    ratio: "CASE WHEN {1} > 0 THEN ROUND(CAST({0} * 1.0 / {1} AS numeric), 9) END",
    mean_money: "CASE WHEN {1} <> 0 THEN ROUND(CAST({0} * 1.0 / {1} AS numeric), 2) END",
}
PLACES = {Unit.MONEY: 2, Unit.QUANTITY: 3}


def exact(measure: Measure, value: Any) -> Figure:
    """What the database answered as a figure; SQLite sums floats, hence the rounding."""
    if value is None:
        return None if measure.unit in NO_ZERO else 0
    if measure.unit in PLACES:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
        return round_money(number) if measure.unit == Unit.MONEY else round_quantity(number)
    if measure.unit == Unit.COUNT:
        return int(value)
    return float(value)


@dataclass(frozen=True)
class Part:
    """One grouping: the rows of a fact, which of its measures are wanted, and whose they are: the number of an asking."""

    tag: int
    rows: QuerySet[Any]
    measures: Sequence[Measure]
    path: Any = None  # None: all rows together

    def select(self, number: int, columns: Sequence[Measure]) -> QuerySet[Any, Any]:
        """(part, grp, a column for each measure); NULL where the measure is none of this part's."""
        own = {measure.code: measure.value for measure in self.measures}
        values = {f"{_ALIAS}{measure.code}": own.get(measure.code, _nothing(measure)) for measure in columns}
        rows = self.rows.annotate(part=Value(number, IntegerField()))
        if self.path is None:
            together: QuerySet[Any, Any] = rows.values("part").annotate(**values)
            return together
        groups: QuerySet[Any, Any] = rows.annotate(grp=self.path).values("part", "grp").annotate(**values)
        return groups


def _nothing(measure: Measure) -> Cast:
    if measure.unit in (Unit.MONEY, Unit.QUANTITY):
        return Cast(Value(None), DecimalField(max_digits=24, decimal_places=6))
    return Cast(Value(None), IntegerField() if measure.unit == Unit.COUNT else FloatField())


def _columns(parts: Sequence[Part]) -> list[Measure]:
    return list({measure.code: measure for part in parts for measure in part.measures}.values())


def _union(parts: Sequence[Part]) -> QuerySet[Any, Any]:
    columns = _columns(parts)
    first, *others = [part.select(number, columns) for number, part in enumerate(parts)]
    return first.union(*others, all=True) if others else first


def read(parts: Sequence[Part]) -> Iterator[tuple[int, Any, Values]]:
    """(tag, group, values) of all parts, in one statement."""
    for row in _union(parts) if parts else ():
        part = parts[row["part"]]
        values = {measure.code: exact(measure, row[f"{_ALIAS}{measure.code}"]) for measure in part.measures}
        yield part.tag, row.get("grp"), values


# --- a row for each group
@dataclass(frozen=True)
class Pivot:
    """All parts side by side: `sql` gives grp and `<measure>_<tag>` as `columns` say, NULL where there is no such group."""

    sql: Sql
    columns: Sequence[tuple[Measure, int]]

    def values(self, row: Sequence[Any], tag: int) -> Values:
        """Of one asking, from a row's figures in the order of `columns`."""
        return {
            measure.code: exact(measure, value)
            for (measure, of), value in zip(self.columns, row, strict=True)
            if of == tag
        }


def pivot(parts: Sequence[Part], tags: Collection[int]) -> Pivot:
    sql, params = compiled(_union(parts))
    columns = [(measure, tag) for tag in sorted(tags) for measure in _columns(parts)]
    numbers = {tag: [number for number, part in enumerate(parts) if part.tag == tag] for tag in tags}
    # A single part has each group once; grouping it again would cost as much as the groups themselves.
    sum_, grouped = ("SUM", " GROUP BY grp") if len(parts) > 1 else ("", "")
    figures = [
        f"{sum_}(CASE WHEN part IN ({_numbers(numbers[tag])}) THEN {name(_ALIAS + measure.code)} END)"
        f" AS {name(f'{measure.code}_{tag}')}"
        for measure, tag in columns
    ]
    text = f"SELECT {', '.join(['grp', *figures])} FROM ({sql}) parts{grouped}"
    return Pivot((text, params), columns)


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "-1"


def expression(code: str, tag: int) -> str | None:
    """A measure of one asking over the columns of a pivot; None where the database does not know the formula."""
    measure = MEASURES[code]
    if isinstance(measure, Measure):
        column = name(f"{code}_{tag}")
        if measure.unit in PLACES:
            return f"ROUND(COALESCE({column}, 0), {PLACES[measure.unit]})"  # as `exact`, or equal ones would not be equal
        return column if measure.unit in NO_ZERO else f"COALESCE({column}, 0)"
    parts = [expression(part, tag) for part in measure.parts]
    if measure.formula not in FORMULAS or None in parts:
        return None
    return FORMULAS[measure.formula].format(*parts)


def there(code: str, tag: int) -> str:
    """Whether a group has anything of a measure in one asking, as a condition over the columns of a pivot."""
    columns = (name(f"{measure.code}_{tag}") for measure in base_measures([code]))
    return "(" + " OR ".join(f"{column} IS NOT NULL" for column in columns) + ")"
