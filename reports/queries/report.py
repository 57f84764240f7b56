"""A report is one class in one file of reports/queries/catalogue/: page, workbook, JSON, mail and dashboard card come from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from accounts.models import User
from reports.enums import Chart, Comparison, Family
from reports.queries import engine
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS
from reports.queries.measures import MEASURES, Fact, base_measures
from reports.rules.tables import Crossed, Label, Look, Row, Table

# Offered as filters where every measure can be narrowed by them, in this order.
FILTERS = ("rep", "department", "channel", "region", "level", "type", "industry", "source", "category")
# What lines of goods are divided by, whichever slip they stand on.
OF_GOODS = (
    "product",
    "category",
    "brand",
    "region",
    "channel",
    "customer",
    "level",
    "rep",
    "department",
    "month",
)
ACROSS_GOODS = ("region", "channel", "level", "category", "brand", "rep", "month")


class Report:
    """Subclass, set the attributes, `@register`; override `answer` where the figures are no grouping.

    `measures` are the columns by code, the first `charted` of them are drawn; `dimensions` is what the reader may divide
    by, the usual one first; `across` offers a second one. `permission` beside those of the facts.
    """

    code: ClassVar[str]
    family: ClassVar[Family]
    label: ClassVar[Label]
    question: ClassVar[Label]  # that it answers
    measures: ClassVar[Sequence[str]] = ()
    dimensions: ClassVar[Sequence[str]] = ()
    across: ClassVar[Sequence[str]] = ()
    chart: ClassVar[Chart] = Chart.BAR
    charted: ClassVar[int] = 1
    filters: ClassVar[Sequence[str] | None] = None  # None: all of FILTERS that its facts have
    compares: ClassVar[bool] = True
    has_period: ClassVar[bool] = True
    period: ClassVar[str] = "month"  # the preset it opens with
    permission: ClassVar[str] = ""
    most: ClassVar[int] = engine.MOST_ROWS
    is_ranked: ClassVar[bool] = False
    position: ClassVar[int] = 100  # on its shelf

    def facts(self) -> list[Fact]:
        return [fact for fact, _measures in engine.by_fact(base_measures(self.measures))]

    def permissions(self) -> set[str]:
        own = {self.permission} if self.permission else set()
        return own | {fact.permission for fact in self.facts()}

    def is_open_to(self, user: User) -> bool:
        return all(user.has_perm(permission) for permission in self.permissions())

    def filter_codes(self) -> list[str]:
        if self.filters is not None:
            return list(self.filters)
        facts = self.facts()
        return [code for code in FILTERS if facts and all(DIMENSIONS[code].path(fact) for fact in facts)]

    def table(
        self,
        asked: Asked,
        by: str,
        *,
        sort: str = "",
        descending: bool = True,
        most: int | None = None,
        compare: Comparison = Comparison.NONE,
        only: Collection[str] = (),
    ) -> Table:
        """What the report answers, looked at as reports.rules.tables.Look says; a report that makes its figures itself
        makes them all."""
        is_grouping = type(self).answer is Report.answer
        return self.answer(asked, by, Look(sort, descending, most, compare, only if is_grouping else ()))

    def answer(self, asked: Asked, by: str, look: Look) -> Table:
        """Overridden by reports whose figures are no grouping, or that add to one."""
        return engine.table(
            asked,
            look.columns(self.measures),
            by,
            sort=look.sort,
            descending=look.descending,
            most=look.bound(self.most),
            compare=look.compare,
        )

    def flow(self, asked: Asked, by: str, look: Look) -> tuple[Table, Iterator[Row]]:
        """The table without its rows, and all its rows one by one: what a workbook takes, however many there are."""
        sort = look.sort or self.measures[0] if self.measures else ""
        if type(self).answer is not Report.answer or not engine.can_flow(by, sort):
            table = self.answer(asked, by, replace(look, most=0))
            return replace(table, rows=()), iter(table.rows)
        return engine.flow(
            asked, self.measures, by, sort=sort, descending=look.descending, compare=look.compare
        )

    def crossed(self, asked: Asked, measure: str, by: str, across: str) -> Crossed:
        return engine.crossed(asked, measure, by, across)

    def can_drill(self, measure: str, by: str) -> bool:
        """Whether the rows behind a figure can be listed."""
        return measure in MEASURES and by in DIMENSIONS


REPORTS: dict[str, Report] = {}


def register(kind: type[Report]) -> type[Report]:
    """ValueError for a code that is taken, or a measure or dimension that nobody knows."""
    report = kind()
    if kind.code in REPORTS:
        raise ValueError(f"{kind.code} is registered twice")
    for code in kind.measures:
        if code not in MEASURES:
            raise ValueError(f"{kind.code} names the measure {code}, which nobody registered")
    for fact in report.facts():
        for by in kind.dimensions:
            if type(report).answer is Report.answer and DIMENSIONS[by].path(fact) is None:
                raise ValueError(f"{kind.code}: {fact.code} is not divided by {by}")
    REPORTS[kind.code] = report
    return kind


def reports_of(user: User) -> list[tuple[Family, list[Report]]]:
    """What a person may open, by shelf."""
    mine = [report for report in REPORTS.values() if report.is_open_to(user)]
    mine.sort(key=lambda report: (report.position, str(report.label)))
    shelves = [(family, [report for report in mine if report.family == family]) for family in Family]
    return [(family, reports) for family, reports in shelves if reports]
