"""Aging, margin and targets equal the pages that they are also on, over the demo company."""

from __future__ import annotations

import datetime as dt

import pytest

import reports.queries.catalogue  # noqa: F401
from accounts.models import Department
from common.periods import Period, preset, whole
from reports.enums import Unit
from reports.queries.asked import Asked
from reports.queries.report import REPORTS
from sales.models import Bill, ProductCategory
from sales.queries.aging import aging
from sales.queries.margins import margins, total_of
from sales.queries.target_completion import completion
from sales.queries.targets import Measure
from tests.reports.test_money_reports import cells, report

pytestmark = pytest.mark.django_db
BUCKETS = ("owed_not_due", "owed_d30", "owed_d60", "owed_d90", "owed_d120", "owed_over")


@pytest.mark.parametrize("by", ["rep", "customer", "department"])
def test_aging_is_that_of_the_page_of_aging(company, by):
    asked = Asked(company.admin, company.period, company.today)
    rows = aging(Bill.objects.all(), day=company.today, today=company.today, by=by)
    expected = {"none" if row.key is None else str(row.key): (row.total, *row.amounts) for row in rows}
    table = report("aging", asked, by)
    assert cells(table, "receivable", *BUCKETS) == expected
    shares = cells(table, "overdue_share")
    for row in rows:
        (share,) = shares["none" if row.key is None else str(row.key)]
        assert share == pytest.approx(float(row.overdue / row.total))
    assert table.totals[0] == sum(row.total for row in rows) > 0


@pytest.mark.parametrize("by", ["customer", "product"])
def test_margin_is_that_of_the_page_of_margins(company, by):
    rows = margins(company.admin, company.period.first, company.period.last, by=by)
    asked = Asked(company.admin, company.period, company.today)
    code = "margin" if by == "customer" else "product_margin"
    name = "margin" if by == "customer" else "margin_gross"
    table = report(code, asked, by)
    expected = {str(row.key): (row.revenue, row.margin, row.cost, row.uncosted) for row in rows}
    assert cells(table, "margin_revenue", name, "margin_cost", "margin_unknown") == expected
    total = total_of(rows)
    assert table.totals[table.column(name)] == total.margin > 0
    share = table.totals[table.column(f"{name}_rate")]
    assert share == pytest.approx(float(total.margin / total.revenue))


def test_margin_is_for_those_who_may_see_costs(company):
    for code in ("margin", "product_margin"):
        assert REPORTS[code].is_open_to(company.manager1)
        assert not REPORTS[code].is_open_to(company.rep1)


@pytest.mark.parametrize("target", ["order_amount", "receipts", "visits", "category"])
@pytest.mark.parametrize("who", ["admin", "manager1", "rep1"])
def test_targets_are_those_of_their_page(company, who, target):
    user = getattr(company, who)
    category = ProductCategory.objects.filter(products__isnull=False).first()
    measure = Measure("category_amount", category.pk) if target == "category" else Measure(target)
    key = f"category-{category.pk}" if target == "category" else target
    period = preset("month", company.today)
    asked = Asked(user, period, company.today, {"target": key})
    board = completion(user, measure, period, company.today)
    for by in ("rep", "department"):
        table = report("targets", asked, by)
        expected = {
            str(row.subject.pk): (row.result.target, row.result.actual, row.result.gap, row.result.share)
            for row in board.rows
            if row.subject.kind == by
        }
        found = cells(table, "target_value", "target_actual", "target_gap", "target_share")
        assert found == expected
        assert table.heads[0].unit == (Unit.COUNT if target == "visits" else Unit.MONEY)
        assert all(row.url for row in table.rows)
    assert table.totals[0] == sum(row.result.actual for row in board.top)
    assert bool(board.of_kind("rep"))


def test_the_company_itself_is_asked_as_who_sees_everything(company):
    period = preset("month", company.today)
    ours = report("targets", Asked(None, period, company.today), "rep")
    assert ours.rows == report("targets", Asked(company.admin, period, company.today), "rep").rows


def test_company_figures_need_no_user(company):
    """What commands and summaries ask: nobody's scope."""
    for code in ("aging", "collections", "margin"):
        ours = report(code, Asked(None, company.period, company.today), "rep")
        assert ours.totals == report(code, Asked(company.admin, company.period, company.today), "rep").totals


@pytest.mark.parametrize("who", ["admin", "manager1", "rep1"])
def test_months_of_targets_are_those_of_their_page(company, who):
    """Also of months that are inside by a part only."""
    user = getattr(company, who)
    table = report("targets", Asked(user, company.period, company.today), "month")
    assert len(table.rows) >= 2
    for row in table.rows:
        month = whole("month", dt.date.fromisoformat(row.key))
        first, last = max(month.first, company.period.first), min(month.last, company.period.last)
        top = completion(user, Measure("order_amount"), Period("custom", first, last), company.today).top
        targets = [one.result.target for one in top if one.result.target is not None]
        assert row.values[0] == sum(one.result.actual for one in top)
        assert row.values[1] == (sum(targets) if targets else None)


def test_the_top_department_is_the_company(company):
    root = Department.objects.get(parent=None)
    asked = Asked(company.admin, company.period, company.today)
    narrowed = Asked(company.admin, company.period, company.today, {"department": str(root.pk)})
    for by in ("rep", "department", "month"):
        assert report("targets", narrowed, by) == report("targets", asked, by)
