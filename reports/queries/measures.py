"""Facts, the rows that are counted, and measures, what is counted of them; each is named once and used everywhere.

A fact says which rows count (drafts, cancelled and reversed ones never do), by which business day, whose they are, and
what they can be divided by. A measure is an aggregate over one fact, or follows by a formula from others. Reports,
dashboards, leaderboards and scheduled mails name measures by their code; see docs/contributing.md, "Add a report".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Model, QuerySet

from common.money import round_money
from common.tables import Column
from reports.enums import Unit
from reports.rules.compare import Figure
from reports.rules.tables import Head, Label


@dataclass(frozen=True)
class Fact:
    """Rows of one kind.

    `rows()` are those that count, of everybody; `day` is their business day or moment, "" for what is as of now.
    `rep`, `customer` and `product` are relation paths ("" when there is none) through which the dimensions go; `paths`
    maps further dimensions of this fact to a column or an expression. `columns` draw the rows when somebody drills
    down, `related` is what they need selected.
    """

    code: str
    label: Label
    model: type[Model]
    rows: Callable[[], QuerySet[Any]]
    permission: str
    columns: Callable[[], Sequence[Column]]
    day: str = ""
    rep: str = "rep"
    customer: str = "customer"
    product: str = ""
    paths: Mapping[str, Any] = field(default_factory=dict)
    related: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    # Its additive measures are kept by day and person (reports.services.day_figures): what counts stands on the row itself.
    is_summed: bool = False
    # Permission without which one sees but one's own rows, whatever the data scope.
    others: str = ""
    # In place of `rows` where they are derived for the days that are asked for: within(first, last).
    within: Callable[[dt.date, dt.date], QuerySet[Any]] | None = None


@dataclass(frozen=True)
class Measure:
    """An aggregate of a fact, e.g. Sum("total"). Not `additive`: the total is no sum of groups and is asked for apart."""

    code: str
    label: Label
    unit: Unit
    meaning: Label
    fact: Fact
    value: Any = field(default_factory=lambda: Count("pk"))
    where: Any = (
        None  # condition on the rows that are drilled down to; the aggregate has the same as its filter
    )
    additive: bool = True
    of_customers: bool = (
        False  # different customers are counted: adds up over whatever a customer has just one of
    )

    @property
    def head(self) -> Head:
        return Head(self.code, self.label, self.unit, self.meaning)


@dataclass(frozen=True)
class Derived:
    """A figure that follows from measures: `formula(*values of parts)`; drilled down through its first part."""

    code: str
    label: Label
    unit: Unit
    meaning: Label
    parts: tuple[str, ...]
    formula: Callable[..., Figure]

    @property
    def head(self) -> Head:
        return Head(self.code, self.label, self.unit, self.meaning)


FACTS: dict[str, Fact] = {}
MEASURES: dict[str, Measure | Derived] = {}


def register(*things: Fact | Measure | Derived) -> None:
    """ValueError for a code that is taken."""
    for thing in things:
        shelf: dict[str, Any] = FACTS if isinstance(thing, Fact) else MEASURES
        if thing.code in shelf:
            raise ValueError(f"{thing.code} is registered twice")
        shelf[thing.code] = thing


def base_measures(codes: Sequence[str]) -> list[Measure]:
    """The measures that have to be read for `codes`, each once, in their order."""
    found: dict[str, Measure] = {}
    for code in codes:
        measure = MEASURES[code]
        parts = [measure] if isinstance(measure, Measure) else base_measures(measure.parts)
        found |= {part.code: part for part in parts}
    return list(found.values())


def figure(code: str, values: Mapping[str, Figure]) -> Figure:
    """The value of a measure from the values of the base measures; what was not read is nothing."""
    measure = MEASURES[code]
    if isinstance(measure, Measure):
        return values.get(code, None if measure.unit in NO_ZERO else 0)
    return measure.formula(*(figure(part, values) for part in measure.parts))


NO_ZERO = (Unit.PERCENT, Unit.DAYS, Unit.SCORE)  # an average of nothing is not zero


def ratio(part: Figure, whole: Figure) -> float | None:
    """None when there is nothing to divide by."""
    return float(part or 0) / float(whole) if whole and whole > 0 else None


def mean_money(amount: Figure, count: Figure) -> Decimal | None:
    """CNY with two places; None when there is nothing to divide by."""
    return round_money(Decimal(amount or 0) / Decimal(count)) if count else None


def less(plus: Figure, minus: Figure) -> Figure:
    return (plus or 0) - (minus or 0)  # type: ignore[operator]  # money against money, numbers against numbers
