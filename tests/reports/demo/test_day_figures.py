"""Sums of days: kept up to date by marks of the database, and never seen to differ from the slips."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import reports.queries.catalogue  # noqa: F401
from common.periods import Period
from reports.models import DayFigure, DayMark
from reports.queries import engine
from reports.queries.asked import Asked
from reports.queries.measures import MEASURES
from reports.queries.summed import summed_facts, summed_measures
from reports.services.day_figures import refresh_day_figures
from sales.models import SalesOrder
from tests.factories import CustomerFactory, SalesOrderFactory

pytestmark = pytest.mark.django_db

MEASURED = ["order_amount", "order_count", "sold", "received"]


def table(company, by="rep", user=None, codes=MEASURED, **filters):
    return engine.table(Asked(user, company.period, company.today, filters), codes, by, most=None)


def figures(answer):
    return {row.key: row.values for row in answer.rows}, answer.totals


def reads_sums(company, **kwargs):
    with CaptureQueriesContext(connection) as queries:
        table(company, **kwargs)
    return any("reports_dayfigure" in query["sql"] for query in queries)


@pytest.mark.parametrize("by", ["rep", "department", "day", "month", "weekday"])
@pytest.mark.parametrize("who", [None, "manager1", "rep1"])
def test_sums_answer_as_the_slips_do(company, by, who):
    user = getattr(company, who) if who else None
    before = figures(table(company, by, user))
    assert not reads_sums(company, by=by, user=user)  # nothing is summed up yet
    assert refresh_day_figures() > 0
    assert reads_sums(company, by=by, user=user)
    assert figures(table(company, by, user)) == before


def test_other_questions_read_the_slips(company):
    refresh_day_figures()
    assert not reads_sums(company, by="level")
    assert not reads_sums(company, channel="1")
    assert not reads_sums(company, codes=["order_customers"])


def test_a_change_is_seen_at_once_and_summed_up_by_the_next_run(company):
    refresh_day_figures()
    assert refresh_day_figures() == 0
    order = (
        SalesOrder.objects.counted().filter(ordered_on__range=(company.period.first, company.today)).first()
    )
    before = table(company).totals[0]
    SalesOrder.objects.filter(pk=order.pk).update(status="cancelled")
    assert list(DayMark.objects.values_list("fact", "day").distinct()) == [("orders", order.ordered_on)]
    assert table(company).totals[0] == before - order.total
    assert refresh_day_figures() == 1
    assert table(company).totals[0] == before - order.total


def test_a_moved_slip_marks_both_days(company):
    refresh_day_figures()
    order = (
        SalesOrder.objects.counted().filter(ordered_on__range=(company.period.first, company.today)).first()
    )
    day = order.ordered_on
    SalesOrder.objects.filter(pk=order.pk).update(ordered_on=day - dt.timedelta(days=1))
    assert set(DayMark.objects.values_list("day", flat=True)) == {day, day - dt.timedelta(days=1)}


@pytest.mark.parametrize("fact", [fact.code for fact in summed_facts()])
def test_every_door_marks(company, fact):
    """New, changed and deleted rows of every summed fact, by plain SQL."""
    refresh_day_figures()
    model = next(each for each in summed_facts() if each.code == fact).model
    table_name, day = model._meta.db_table, next(each.day for each in summed_facts() if each.code == fact)
    row = model.objects.values_list("pk", day).first()
    if row is None:
        pytest.skip("the demo has none")
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table_name} SET note = 'x' WHERE id = %s", [row[0]])
    assert list(DayMark.objects.values_list("fact", "day").distinct()) == [(fact, row[1])]


def test_nobodys_slips_are_one_row(company):
    customer = CustomerFactory()
    for _number in range(2):
        SalesOrderFactory(
            customer=customer, rep=None, status="submitted", total=Decimal(10), ordered_on=company.today
        )
    refresh_day_figures()
    own = DayFigure.objects.filter(measure="order_amount", rep=None, day=company.today)
    assert [figure.value for figure in own] == [Decimal(20)]


def test_only_additive_measures_are_kept():
    for fact in summed_facts():
        assert all(MEASURES[measure.code].additive for measure in summed_measures(fact))


def test_a_short_period_reads_the_slips(company):
    refresh_day_figures()
    week = Period("custom", company.today - dt.timedelta(days=6), company.today)
    with CaptureQueriesContext(connection) as queries:
        engine.table(Asked(None, week, company.today), ["order_amount"], "rep")
    assert not any("dayfigure" in query["sql"] for query in queries)
