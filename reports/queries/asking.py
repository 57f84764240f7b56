"""What the address of a report asks for: the same words for its page, rows, workbook, scheduled mail and board card."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise

from accounts.models import User
from accounts.querysets import scope_user_ids
from common.periods import Period, parse_period, preset
from reports.enums import Chart, Comparison
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS
from reports.queries.report import Report
from reports.rules.charts import Spec, crossed_chart
from reports.rules.tables import Crossed, Look, Row, Table

ROW_BOUNDS = (10, 50, 200, 1000)
_PERIOD_KEYS = ("period", "on", "since", "until")


@dataclass(frozen=True)
class Question:
    """A report and how it is looked at; every choice stands in the address."""

    report: Report
    asked: Asked
    problem: str | Promise  # with the period, in words
    by: str
    across: str
    measure: str  # that is drawn, and divided by `across`
    sort: str
    descending: bool
    compare: Comparison
    chart: Chart
    most: int
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def period(self) -> Period:
        return self.asked.period

    @property
    def drawn(self) -> list[str]:
        """What the reader chose to have drawn, else the report's first measures."""
        chosen = self.data.get("measure")
        return [self.measure] if chosen == self.measure else list(self.report.measures[: self.report.charted])

    def drawn_table(self) -> Table:
        """The answer with what is drawn alone, its rows chosen and ordered as in `table`."""
        order = [] if self.by in DIMENSIONS and DIMENSIONS[self.by].is_time else self.report.measures[:1]
        return self.table(only={*self.drawn, *order})

    def table(self, *, all_rows: bool = False, only: Collection[str] = ()) -> Table:
        """The answer. ValueError where column, group and filter do not go together."""
        return self.report.table(
            self.asked,
            self.by,
            sort=self.sort,
            descending=self.descending,
            most=0 if all_rows else self.most,
            compare=self.compare,
            only=only,
        )

    def flow(self) -> tuple[Table, Iterator[Row]]:
        """The answer with all its rows, one by one. ValueError as `table`."""
        return self.report.flow(self.asked, self.by, Look(self.sort, self.descending, 0, self.compare))

    def crossed(self) -> Crossed:
        """The figures divided twice."""
        return self.report.crossed(self.asked, self.measure, self.by, self.across)

    def crossed_chart(self, crossed: Crossed | None = None) -> Spec:
        """What is drawn when the figures are divided twice, of `crossed` when that is read already."""
        return crossed_chart(crossed or self.crossed(), self.chart, self.crossed_url)

    def crossed_url(self, key: str, across: str) -> str:
        """Where the rows behind one figure of the crossed table are; "" when they cannot be listed."""
        if self.across not in self.report.filter_codes():
            return ""
        return self.rows_url(self.measure, key, **{self.across: across})

    def rows_url(self, measure: str, key: str | None = None, **filters: str) -> str:
        """Where the rows behind a figure are; without a key those of the total. "" when they cannot be listed."""
        if not self.report.can_drill(measure, self.by):
            return ""
        kept = {
            name: value for name in (*_PERIOD_KEYS, *self.asked.filters) if (value := self.data.get(name))
        }
        kept |= {"measure": measure, "by": self.by, **filters} | ({} if key is None else {"key": key})
        return f"{reverse('reports:report_rows', args=[self.report.code])}?{urlencode(kept)}"


def question(user: User, report: Report, data: Mapping[str, str], today: dt.date) -> Question:
    """Unknown choices fall back to the report's own. ValueError for a filter that is no key of its dimension."""
    period, problem = parse_period(data, today, default=report.period)
    if not report.has_period:
        period, problem = preset("today", today), ""
    filters = {code: data[code] for code in report.filter_codes() if data.get(code)}
    by = _choice(data.get("by"), report.dimensions, usual_dimension(report, user))
    sort = data.get("sort", "")
    across = data.get("across", report.across[0] if report.chart == Chart.HEAT else "")
    measures = list(report.measures)
    asked = Asked(user, period, today, filters)
    _check(asked, report)
    return Question(
        report=report,
        asked=asked,
        problem=problem,
        by=by,
        across=across if across in report.across and across != by else "",
        measure=_choice(data.get("measure"), measures, next(iter(measures), "")),
        sort=sort.lstrip("-") if sort.lstrip("-") in measures else "",
        descending=sort.startswith("-") or not sort,
        compare=_comparison(data.get("compare", ""), report),
        chart=_chart(data.get("chart", ""), report, by),
        most=_bound(data.get("most", ""), report),
        data=data,
    )


def usual_dimension(report: Report, user: User) -> str:
    """What the report is divided by when nobody says so; "" when by nothing. Who sees himself alone would get one bar by
    people, and gets the days where there are any."""
    usual = next(iter(report.dimensions), "")
    is_alone = usual == "rep" and scope_user_ids(user) == frozenset({user.pk})
    return "day" if is_alone and "day" in report.dimensions and not report.is_ranked else usual


def _choice(wanted: str | None, offered: Sequence[str], usual: str) -> str:
    return wanted if wanted in offered else usual  # type: ignore[return-value]


def _comparison(wanted: str, report: Report) -> Comparison:
    if not report.compares:
        return Comparison.NONE
    return Comparison(wanted) if wanted in Comparison.values else Comparison.BEFORE


def _chart(wanted: str, report: Report, by: str) -> Chart:
    if wanted in Chart.values:
        return Chart(wanted)
    is_time = by in DIMENSIONS and DIMENSIONS[by].is_time
    return Chart.LINE if is_time and report.chart == Chart.BAR else report.chart


def _bound(wanted: str, report: Report) -> int:
    return int(wanted) if wanted.isdecimal() and int(wanted[:6]) in ROW_BOUNDS else report.most


def _check(asked: Asked, report: Report) -> None:
    """ValueError for a filter whose key is no id or word of its dimension."""
    for fact in report.facts():
        for code, key in asked.filters.items():
            DIMENSIONS[code].filter_by(fact, key)
