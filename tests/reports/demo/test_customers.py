"""Reports of customers, leads and places over the demo company, against plain counting."""

from __future__ import annotations

import datetime as dt

import pytest

import reports.queries.catalogue  # noqa: F401
from accounts.models import User
from common.periods import Period
from crm.models import Customer
from crm.queries.lead_funnel import funnel_board
from reports.enums import Comparison, Family
from reports.queries import engine
from reports.queries.asked import Asked
from reports.queries.catalogue.customer_concentration import amounts
from reports.queries.catalogue.customer_map import centres
from reports.queries.report import REPORTS
from reports.rules.concentration import abc, top
from tests.reports.brute.customers import orders_by_customer

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
BOARDS = sorted(code for code, report in REPORTS.items() if report.family == Family.LEADERBOARD)


def test_the_largest_of_the_demo(company):
    asked = Asked(company.manager1, company.period, company.today)
    table = REPORTS["top_customers"].table(asked, "customer", compare=Comparison.BEFORE)
    assert len(table.rows) == 10
    assert [row.rank for row in table.rows] == sorted(row.rank for row in table.rows)
    for row in table.rows:
        assert len(row.values) == len(row.before) == len(table.heads)
    first = table.rows[0]
    assert first.values[table.column("share_of_all")] == pytest.approx(
        float(first.values[0] / table.totals[0])
    )


def test_classes_of_the_demo_add_up_to_all(company):
    asked = Asked(company.admin, company.period, company.today)
    sums = {}
    for orders in orders_by_customer().values():
        inside = [
            order.total
            for order in orders
            if company.period.first <= order.ordered_on <= company.period.last and order.total
        ]
        if inside:
            sums[orders[0].customer_id] = sum(inside)
    found = dict(amounts(asked).values_list("customer", "cents"))
    assert {pk: cents for pk, cents in found.items() if cents} == {
        pk: sum_ * 100 for pk, sum_ in sums.items()
    }
    table = REPORTS["customer_concentration"].table(asked, "abc", compare=Comparison.BEFORE)
    classes = abc(list(sums.values()))
    assert table.figures("order_amount") == [sum(members) for members in classes.values()]
    assert table.figures("class_customers") == [len(members) for members in classes.values()]
    assert sum(table.figures("order_amount")) == table.totals[0] == sum(sums.values())
    assert sum(table.figures("class_customers")) == len(sums)
    assert sum(table.figures("class_amount_share")) == pytest.approx(1)
    assert all(len(row.before) == len(table.heads) for row in table.rows)
    tops = REPORTS["customer_concentration"].table(asked, "top_share")
    for row in tops.rows:
        members = top(list(sums.values()), int(row.key))
        assert (row.values[0], row.values[2]) == (sum(members), len(members))


@pytest.mark.parametrize("who", ["admin", "manager1", "rep1"])
@pytest.mark.parametrize("filters", [{}, {"level": "A"}, {"channel": "none"}])
def test_repeat_orders_read_at_once_are_those_of_the_measures(company, who, filters):
    report = REPORTS["customer_repeat"]
    for days, more in ((7, {}), (60, {}), (60, {"rep": str(company.rep1.pk)})):
        period = Period("custom", company.today - days * DAY, company.today)
        asked = Asked(getattr(company, who), period, company.today, {**filters, **more})
        for by in ("level", "channel", "region", "source", "month", "week", "quarter", "rep", "department"):
            table = report.table(asked, by, compare=Comparison.BEFORE)
            plain = engine.table(asked, report.measures, by, compare=Comparison.BEFORE)
            assert table.rows == plain.rows, by
            assert (table.totals, table.before_totals) == (plain.totals, plain.before_totals)


def test_lost_customers_stand_in_the_month_in_which_they_turned_lost(company):
    expected = {}
    for orders in orders_by_customer().values():
        turned = orders[-1].ordered_on + 91 * DAY
        if company.period.first <= turned <= company.today and orders[0].customer.status == "active":
            key = turned.replace(day=1).isoformat()
            expected[key] = expected.get(key, 0) + 1
    asked = Asked(company.admin, company.period, company.today)
    table = REPORTS["customer_growth"].table(asked, "month")
    found = {row.key: row.values[-1] for row in table.rows if row.values[-1]}
    assert found == expected
    assert sum(expected.values()) >= 1
    assert [row.key for row in table.rows] == sorted(row.key for row in table.rows)


def test_centres_of_the_demo(company):
    asked = Asked(company.admin, company.period, company.today)
    found = centres(asked, "city")
    for city, (lat, lng) in found.items():
        there = [
            row for row in Customer.objects.all() if (row.city or "none") == city and row.latitude is not None
        ]
        assert lat == pytest.approx(sum(row.latitude for row in there) / len(there))
        assert lng == pytest.approx(sum(row.longitude for row in there) / len(there))
    assert found


@pytest.mark.parametrize("who", ["admin", "manager1", "rep1"])
def test_the_funnel_is_that_of_the_leads_pages(company, who):
    user = getattr(company, who)
    asked = Asked(user, company.period, company.today)
    board = funnel_board(user, first=company.period.first, last=company.period.last, by="source").whole
    table = REPORTS["lead_funnel"].table(asked, "lead_step")
    assert [row.values for row in table.rows] == [
        (step.reached, step.of_before, step.of_all) for step in board.steps
    ]
    assert table.totals == (board.created, None, board.conversion)
    assert board.created > 0
    lost = engine.table(asked, ["lead_lost", "lead_conversion"], "source")
    assert lost.totals == (board.lost, pytest.approx(board.conversion))


@pytest.mark.parametrize("code", BOARDS)
def test_every_board_of_the_demo(company, code):
    report = REPORTS[code]
    asked = Asked(company.admin, company.period, company.today)
    table = report.table(asked, "rep", compare=Comparison.BEFORE)
    reps = {str(pk) for pk in User.objects.reps().values_list("pk", flat=True)}
    assert reps <= {row.key for row in table.rows}
    ranked = [row for row in table.rows if row.rank]
    assert [row.rank for row in ranked] == sorted(row.rank for row in ranked)
    for row in ranked:
        better = sum((other.values[0] or 0) > (row.values[0] or 0) for other in ranked)
        assert row.rank == better + 1
    own = report.table(Asked(company.rep1, company.period, company.today), "rep", compare=Comparison.BEFORE)
    assert [row.key for row in own.rows] == [str(company.rep1.pk)]
    whole = next(row for row in table.rows if row.key == own.rows[0].key)
    assert (own.rows[0].rank, own.rows[0].rank_before) == (whole.rank, whole.rank_before)
