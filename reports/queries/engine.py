"""From facts and measures to a table: one statement for all facts and both periods, a UNION of groupings.

What is asked of a large dimension (customers, products) is read for the first groups by the sorted measure only; totals
are of everything in any case.
"""

# ruff: noqa: S608 - names of columns are codes of the register, everything else is a parameter

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F, Q

from common.periods import Period
from reports.enums import Comparison
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS, NONE, Dimension, ModelDimension, TimeDimension, column
from reports.queries.measures import MEASURES, Fact, Measure, base_measures, figure
from reports.queries.parts import Part, Values, exact, expression, pivot, read, there
from reports.queries.summed import marked_days, sources
from reports.queries.wrapped import collation, compiled, fetched, streamed
from reports.rules.compare import Figure, compared, reached
from reports.rules.tables import Crossed, Row, Table

Groups = dict[str, Values]  # key of the dimension → values

MOST_ROWS = 50  # of a large dimension on a page
MOST_DAYS = 400  # a longer period shows the days only on which anything happened


def by_fact(measures: Iterable[Measure]) -> list[tuple[Fact, list[Measure]]]:
    found: dict[str, list[Measure]] = {}
    for measure in measures:
        found.setdefault(measure.fact.code, []).append(measure)
    return [(group[0].fact, group) for group in found.values()]


@dataclass(frozen=True)
class Grouping:
    """What is read of each of one or two periods: groups, and totals of what cannot be added up."""

    dimension: Dimension
    measures: Sequence[Measure]
    askings: Sequence[Asked]  # the period, and the one it is compared with

    def parts(self, facts: Sequence[tuple[Fact, list[Measure]]], keys: Collection[str] | None) -> list[Part]:
        found = []
        marked = marked_days(self.askings, [fact for fact, _measures in facts], self.dimension)
        for fact, measures in facts:
            for tag, asked in enumerate(self.askings):
                for rows, counted, source in sources(asked, fact, measures, self.dimension, marked):
                    path = _path(self.dimension, source)
                    if keys is not None:
                        rows = rows.filter(_among(self.dimension, path, keys))
                    found.append(Part(tag, rows, counted, path))
        return found

    def groups(self, most: int | None, first_by: str) -> tuple[list[Groups], bool]:
        """Groups by period. With `most` those with the most of `first_by`, and whether there are more."""
        found: list[Groups] = [{} for _asked in self.askings]
        facts = by_fact(self.measures)
        keys: set[str] | None = None
        more = False
        if most is not None:
            keys, more = self._first(first_by, most)
        for tag, group, values in read(self.parts(facts, keys)):
            _add(found[tag].setdefault(self.dimension.key(group), {}), values)  # NULL and "" are one group
        return found, more

    def _first(self, code: str, most: int) -> tuple[set[str], bool]:
        """Keys of the groups with the most of a measure, and whether there are others."""
        parts = self._parts_of(code, 0)
        found = pivot(parts, {0})
        base = base_measures([code])[0].code
        order = expression(code, 0) or expression(base, 0)
        statement = f"SELECT grp FROM ({found.sql[0]}) found ORDER BY {_first_the_most(order)}, grp LIMIT %s"
        keys = [self.dimension.key(group) for (group,) in fetched(statement, (*found.sql[1], most + 1))]
        return set(keys[:most]), len(keys) > most

    def _parts_of(self, code: str, tag: int) -> list[Part]:
        """What the order of the groups by a measure follows from, of one asking."""
        facts = by_fact(base_measures([code]))
        return [part for part in self.parts(facts, None) if part.tag == tag]

    def places(self, code: str, keys: Collection[str]) -> dict[str, int]:
        """{key: place among all groups of the compared period by a measure}; who had nothing in it has none."""
        order = expression(code, 1)
        ids = [self.dimension.parse(key) for key in keys if key != NONE]
        if len(self.askings) == 1 or order is None or not ids:
            return {}
        found = pivot(self._parts_of(code, 1), {1})
        marks = ", ".join(["%s"] * len(ids))
        statement = (
            f"SELECT grp, place FROM (SELECT grp, RANK() OVER (ORDER BY {order} DESC) AS place"
            f" FROM ({found.sql[0]}) found WHERE {there(code, 1)}) ranked WHERE grp IN ({marks})"
        )
        return {
            self.dimension.key(group): place for group, place in fetched(statement, (*found.sql[1], *ids))
        }

    def totals(self, found: list[Groups], *, all_there: bool) -> list[Values]:
        """By period, of everything asked for: added up from groups that are all there, else asked for without groups."""
        added = [measure for measure in self.measures if all_there and self._adds_up(measure)]
        apart = [measure for measure in self.measures if measure not in added]
        result: list[Values] = [{} for _asked in self.askings]
        facts = by_fact(apart)
        marked = marked_days(
            self.askings, [fact for fact, measures in facts if any(m.additive for m in measures)], None
        )
        parts = [
            Part(tag, rows, counted)
            for fact, measures in facts
            for tag, asked in enumerate(self.askings)
            for rows, counted, _source in sources(asked, fact, measures, None, marked)
        ]
        for tag, _group, values in read(parts):
            _add(result[tag], values)
        for tag, groups in enumerate(found):
            for measure in added:
                result[tag][measure.code] = sum(entry.get(measure.code) or 0 for entry in groups.values())
        return result

    def _adds_up(self, measure: Measure) -> bool:
        """Whether the groups make the total: a customer is in one region and of one owner, but orders in many months."""
        fact, via = measure.fact, self.dimension.via
        is_his = via == "customer" or (via == "rep" and fact.rep == f"{fact.customer}__owner")
        return measure.additive or (measure.of_customers and is_his and self.dimension.code not in fact.paths)


def _add(sums: Values, values: Values) -> None:
    for code, value in values.items():
        sums[code] = value if sums.get(code) is None else sums[code] + value  # type: ignore[operator]


def _first_the_most(order: str | None, *, descending: bool = True) -> str:
    """ORDER BY, what has no figure last."""
    return f"CASE WHEN {order} IS NULL THEN 1 ELSE 0 END, {order} {'DESC' if descending else 'ASC'}"


def _path(dimension: Dimension, fact: Fact) -> Any:
    path = dimension.path(fact)
    if path is None:
        raise ValueError(f"{fact.code} is not divided by {dimension.code}")
    return path


def _among(dimension: Dimension, path: Any, keys: Collection[str]) -> Q:
    name = column(path)
    condition = Q(**{f"{name}__in": [dimension.parse(key) for key in keys if key != NONE]})
    return condition | Q(**{f"{name}__isnull": True}) if NONE in keys else condition


def table(
    asked: Asked,
    codes: Sequence[str],
    by: str,
    *,
    sort: str = "",
    descending: bool = True,
    most: int | None = MOST_ROWS,
    compare: Comparison = Comparison.NONE,
) -> Table:
    """The measures `codes` by a dimension. `sort` is a measure; "" sorts time as it runs, others by the first measure.

    `most` bounds the rows of large dimensions, None reads all. Two statements, three for a bounded large dimension, and
    one for names. A line over time is held against the total of the compared period only. ValueError for a measure,
    dimension or filter that do not go together.
    """
    dimension = DIMENSIONS[by]
    bound = most if dimension.large else None
    grouping = _grouping(asked, codes, by, compare)
    found, more = grouping.groups(bound, sort or codes[0])
    rows = _rows(dimension, codes, found, grouping.askings[0].period)
    position = codes.index(sort) if sort else None if dimension.is_time else 0
    sums = grouping.totals(found, all_there=bound is None)
    table_ = _without_rows(grouping, codes, sums)
    return replace(table_, rows=sorted_rows(rows, position, descending), more=more)


def made(
    asked: Asked,
    codes: Sequence[str],
    by: str,
    groups: Callable[[Sequence[Asked], str], tuple[list[Groups], list[Values]]],
    *,
    sort: str,
    descending: bool,
    compare: Comparison,
) -> Table:
    """As `table`, from the groups and totals of each period that a report reads its own way."""
    grouping = _grouping(asked, codes, by, compare)
    found, sums = groups(grouping.askings, by)
    rows = _rows(grouping.dimension, codes, found, grouping.askings[0].period)
    position = codes.index(sort) if sort else None if grouping.dimension.is_time else 0
    return replace(_without_rows(grouping, codes, sums), rows=sorted_rows(rows, position, descending))


def _grouping(asked: Asked, codes: Sequence[str], by: str, compare: Comparison) -> Grouping:
    other = compared(asked.period, compare, asked.today)
    asked = asked.of(reached(asked.period, asked.today))
    askings = [asked] if other is None else [asked, asked.of(other)]
    return Grouping(DIMENSIONS[by], base_measures(codes), askings)


def _without_rows(grouping: Grouping, codes: Sequence[str], sums: list[Values]) -> Table:
    totals = [tuple(figure(code, values) for code in codes) for values in sums]
    periods = [asked.period for asked in grouping.askings]
    return Table(
        by=grouping.dimension.code,
        by_label=grouping.dimension.label,
        heads=[MEASURES[code].head for code in codes],
        rows=(),
        totals=totals[0],
        before_totals=totals[1] if len(totals) > 1 else (),
        period=periods[0],
        before=periods[1] if len(periods) > 1 else None,
    )


def places(asked: Asked, code: str, by: str, keys: Collection[str], compare: Comparison) -> dict[str, int]:
    """{key: place in the compared period by a measure}, of some groups among all; one statement."""
    return _grouping(asked, [code], by, compare).places(code, keys)


# --- row by row
def can_flow(by: str, sort: str) -> bool:
    """Whether the database can give the groups in their order."""
    return isinstance(DIMENSIONS[by], ModelDimension) and expression(sort, 0) is not None


def flow(
    asked: Asked, codes: Sequence[str], by: str, *, sort: str, descending: bool, compare: Comparison
) -> tuple[Table, Iterator[Row]]:
    """What `table` gives without a bound, but the rows one after the other as they are read; each row knows its place in
    the compared period by the measure `sort`. Only where `can_flow`."""
    grouping = _grouping(asked, codes, by, compare)
    sums = grouping.totals([], all_there=False)
    return _without_rows(grouping, codes, sums), _flowing(grouping, codes, sort, descending)


def _flowing(grouping: Grouping, codes: Sequence[str], sort: str, descending: bool) -> Iterator[Row]:
    dimension = grouping.dimension
    assert isinstance(dimension, ModelDimension)
    tags = range(len(grouping.askings))
    found = pivot(grouping.parts(by_fact(grouping.measures), None), tags)
    names, named = compiled(
        dimension.model._default_manager.order_by()
        .annotate(named_key=F("pk"), named_label=F(dimension.name))
        .values("named_key", "named_label")
    )
    before = "NULL"
    if (
        len(tags) > 1
    ):  # who had nothing of it in the compared period stands behind those who had, and has no place
        has = there(sort, 1)
        place = f"RANK() OVER (ORDER BY CASE WHEN {has} THEN 0 ELSE 1 END, {expression(sort, 1)} DESC)"
        before = f"CASE WHEN {has} THEN {place} END"
    statement = (
        f"SELECT grp, named_label, {before}, found.*"
        f" FROM ({found.sql[0]}) found LEFT JOIN ({names}) named ON named_key = grp"
        f" ORDER BY {_first_the_most(expression(sort, 0), descending=descending)}, named_label{collation()}, grp"
    )
    for row in streamed(statement, (*found.sql[1], *named)):
        key = dimension.key(row[0])
        values = [found.values(row[4:], tag) for tag in tags]  # behind grp once more
        yield Row(
            key,
            dimension.label_of(key, {key: row[1]}),
            tuple(figure(code, values[0]) for code in codes),
            tuple(figure(code, values[1]) for code in codes) if len(tags) > 1 else (),
            rank_before=row[2] if key != NONE else None,
        )


def _rows(dimension: Dimension, codes: Sequence[str], found: list[Groups], period: Period) -> list[Row]:
    """A row for each group of now or, but for time, of the compared period; no step of time is left out."""
    keys = dict.fromkeys(found[0])
    earlier: Groups = {} if dimension.is_time or len(found) == 1 else found[1]
    keys |= dict.fromkeys(earlier)
    if isinstance(dimension, TimeDimension) and period.days <= MOST_DAYS:
        keys |= dict.fromkeys(dimension.steps(period.first, period.last))
    names = dimension.names([key for key in keys if key != NONE])
    compares = len(found) > 1 and not dimension.is_time
    return [
        Row(
            key,
            dimension.label_of(key, names),
            tuple(figure(code, found[0].get(key, {})) for code in codes),
            tuple(figure(code, earlier.get(key, {})) for code in codes) if compares else (),
        )
        for key in keys
    ]


def sorted_rows(rows: list[Row], position: int | None, descending: bool) -> list[Row]:
    """By a column, what has no figure last; None: by key, as time runs."""
    if position is None:
        return sorted(rows, key=lambda row: row.key)
    rows = sorted(rows, key=lambda row: row.label)
    have = [row for row in rows if row.values[position] is not None]
    have.sort(key=lambda row: row.values[position], reverse=descending)  # type: ignore[arg-type, return-value]
    return have + [row for row in rows if row.values[position] is None]


def crossed(asked: Asked, code: str, by: str, across: str, *, most: int = 30, columns: int = 12) -> Crossed:
    """One measure by two dimensions, the largest rows and columns of it. A derived one is divided by its parts."""
    down, along = DIMENSIONS[by], DIMENSIONS[across]
    asked = asked.of(reached(asked.period, asked.today))
    cells: dict[tuple[str, str], Values] = {}
    for fact, group in by_fact(base_measures([code])):
        rows = asked.rows(fact).annotate(down=_path(down, fact), along=_path(along, fact))
        counted = rows.values("down", "along").annotate(
            **{f"figure_{measure.code}": measure.value for measure in group}
        )
        for row in counted:
            values = cells.setdefault((down.key(row["down"]), along.key(row["along"])), {})
            values |= {measure.code: exact(measure, row[f"figure_{measure.code}"]) for measure in group}
    figures = {place: figure(code, values) for place, values in cells.items()}
    rows_ = _ordered(down, ((place[0], value) for place, value in figures.items()), asked.period, most)
    columns_ = _ordered(along, ((place[1], value) for place, value in figures.items()), asked.period, columns)
    return Crossed(
        MEASURES[code].head,
        _labelled(down, rows_),
        _labelled(along, columns_),
        [[figures.get((row, column)) for column in columns_] for row in rows_],
    )


def _labelled(dimension: Dimension, keys: list[str]) -> list[tuple[str, str]]:
    names = dimension.names([key for key in keys if key != NONE])
    return [(key, dimension.label_of(key, names)) for key in keys]


def _ordered(
    dimension: Dimension, entries: Iterable[tuple[str, Figure]], period: Period, most: int
) -> list[str]:
    """Keys as time runs, else the largest first."""
    if isinstance(dimension, TimeDimension):
        return dimension.steps(period.first, period.last)[-max(most, 31) :]
    sums: dict[str, float] = {}
    for key, value in entries:
        sums[key] = sums.get(key, 0) + float(value or 0)
    if dimension.code in ("weekday", "hour", "level"):
        return sorted(sums, key=lambda key: (len(key), key))
    return sorted(sums, key=lambda key: (-sums[key], key))[:most]
