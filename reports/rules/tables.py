"""What a report answers: columns with their definitions, rows, totals, and the same of the period before. No ORM."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from common.periods import Period
from reports.enums import Comparison, Unit
from reports.rules.compare import Figure

Label = str | Promise


@dataclass(frozen=True, slots=True)
class Head:
    """A column of figures: its code, name, unit, and what it means in words (J6)."""

    code: str
    label: Label
    unit: Unit
    meaning: Label
    can_drill: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One group. `key` is what drilling down asks for ("none": nobody's), `values` stand as the heads do; `url` is the
    page of what the row is about.

    `before` are the figures of the compared period, `rank` and `rank_before` places on a leaderboard; `place` is
    (latitude, longitude) for reports with a map.
    """

    key: str
    label: str
    values: tuple[Figure, ...]
    before: tuple[Figure, ...] = ()
    rank: int | None = None
    rank_before: int | None = None
    place: tuple[float, float] | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under `heads`; `totals` are of everything asked for, also of rows that were cut off (`more`)."""

    by: str
    by_label: Label
    heads: Sequence[Head]
    rows: Sequence[Row]
    totals: tuple[Figure, ...] = ()
    before_totals: tuple[Figure, ...] = ()
    period: Period | None = None
    before: Period | None = None
    more: bool = False
    notes: Sequence[Label] = field(default=())
    is_ranked: bool = False  # its rows have places

    def column(self, code: str) -> int:
        """Position of a head; ValueError when there is none."""
        return [head.code for head in self.heads].index(code)

    def figures(self, code: str) -> list[Figure]:
        position = self.column(code)
        return [row.values[position] for row in self.rows]


@dataclass(frozen=True, slots=True)
class Look:
    """How a table is looked at. `sort` is a measure's code, "" the report's own order; `most` bounds the rows of a large
    dimension, 0 reads all, None is the report's own bound. `only` are the measures that are looked at, () all of them."""

    sort: str = ""
    descending: bool = True
    most: int | None = None
    compare: Comparison = Comparison.NONE
    only: Collection[str] = ()

    def columns(self, own: Sequence[str]) -> list[str]:
        """Which of a report's measures are read: those looked at, the one that orders rows among them."""
        return [code for code in own if not self.only or code in self.only or code == self.sort]

    def bound(self, own: int) -> int | None:
        """How many rows there are at most; None: all of them."""
        return own if self.most is None else self.most or None


@dataclass(frozen=True, slots=True)
class Crossed:
    """One measure by two dimensions: `cells[row][column]`, None where there is nothing."""

    head: Head
    rows: Sequence[tuple[str, str]]  # key, label
    columns: Sequence[tuple[str, str]]
    cells: Sequence[Sequence[Figure]]


def plain(value: Any) -> Any:
    """A figure as JSON and charts take it: money and quantities as numbers of at most three places."""
    if value is None or isinstance(value, int | str):
        return value
    return round(float(value), 6)
