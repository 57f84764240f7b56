"""A workbook's rows, one by one from the database, are those of the held table."""

from __future__ import annotations

import pytest

import reports.queries.catalogue  # noqa: F401
from reports.enums import Comparison
from reports.queries import engine
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS
from reports.queries.report import REPORTS, Report
from reports.rules.sheets import sheet_heads, sheet_rows
from reports.rules.tables import Look

pytestmark = pytest.mark.django_db

FLOWING = sorted(
    (code, by)
    for code, report in REPORTS.items()
    if type(report).answer is Report.answer
    for by in report.dimensions
    if DIMENSIONS[by].large
)


def near(line):
    return [pytest.approx(value) if isinstance(value, float) else value for value in line]


@pytest.mark.parametrize(("code", "by"), FLOWING)
def test_rows_one_by_one_are_the_rows_of_the_table(company, code, by):
    report = REPORTS[code]
    for user in (company.admin, company.rep1):
        asked = Asked(user, company.period, company.today)
        for sort in report.measures:
            assert engine.can_flow(by, report.measures[0]), (
                "a report opens with what the database can sort by"
            )
            for descending in (True, False):
                look = Look(sort, descending, 0, Comparison.BEFORE)
                held = report.answer(asked, by, look)
                table, rows = report.flow(asked, by, look)
                assert list(map(near, sheet_rows(held))) == list(sheet_rows(table, rows)), sort
                assert (table.heads, table.totals) == (held.heads, held.totals)


def test_the_largest_customers_one_by_one(company):
    report = REPORTS["top_customers"]
    asked = Asked(company.admin, company.period, company.today)
    for sort in report.measures:
        look = Look(sort, most=0, compare=Comparison.BEFORE)
        held = report.answer(asked, "customer", look)
        table, rows = report.flow(asked, "customer", look)
        assert sheet_heads(table) == sheet_heads(held)
        assert list(map(near, sheet_rows(held))) == list(sheet_rows(table, rows)), sort
