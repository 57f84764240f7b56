"""The reports of visits, tracks, tasks and alerts against the figures of the apps' own pages, over the demo company."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

import reports.queries.catalogue  # noqa: F401
from accounts.querysets import scope_user_ids
from alerts.models import Alert
from reports.enums import Chart, Comparison
from reports.queries.asked import Asked
from reports.queries.drill import counted_rows
from reports.queries.facts.visits import VALID_STOPS
from reports.queries.report import REPORTS
from team.enums import CustomerTaskKind
from team.queries import task_statistics
from territory.queries import track_days
from visits.queries import reports as visit_reports

pytestmark = pytest.mark.django_db

WHO = pytest.mark.parametrize("who", ["admin", "manager1", "rep1"])


def table_of(company, code, by, who="admin", **filters):
    asked = Asked(getattr(company, who), company.period, company.today, filters)
    return REPORTS[code].table(asked, by, most=0)


def by_key(table, *codes):
    places = [table.column(code) for code in codes]
    return {row.key: tuple(row.values[place] for place in places) for row in table.rows}


@WHO
@pytest.mark.parametrize("by", ["rep", "department", "day"])
def test_visits_are_those_of_the_visit_report(company, who, by):
    scope = scope_user_ids(getattr(company, who))
    asked = visit_reports.Asked(company.period.first, company.period.last, by, scope)
    found = visit_reports.visit_report(asked)
    plan, counts = table_of(company, "visit_plan", by, who), table_of(company, "visit_counts", by, who)
    planned = by_key(
        plan, "visits_planned", "visits_done", "visit_attainment", "customers_visited", "strike_rate"
    )
    made = by_key(counts, "visits", "visits_valid", "visits_unplanned", "dwell_mean", "visits_flagged")
    evidence = by_key(
        table_of(company, "visit_evidence", by, who), *(f"visits_grade_{grade}" for grade in "abcd")
    )
    for key, tally in found.groups.items():
        name = "none" if key is None else str(key)
        assert planned.get(name, (0, 0, None, 0, None)) == (
            tally.planned,
            tally.done,
            tally.attainment,
            tally.customers,
            tally.strike,
        )
        visits, valid, unplanned, mean, flagged = made.get(name, (0, 0, 0, None, 0))
        assert (visits, valid, unplanned, flagged) == (
            tally.visits,
            tally.valid,
            tally.unplanned,
            tally.flagged,
        )
        assert mean == (pytest.approx(tally.average_s) if tally.valid else None)
        assert evidence.get(name, (0, 0, 0, 0)) == (tally.a, tally.b, tally.c, tally.d)
    total = found.total
    assert total.customers_ordered or who == "rep1"
    assert plan.totals[plan.column("strike_rate")] == total.strike
    assert plan.totals[plan.column("visit_attainment")] == total.attainment


def test_a_customer_visited_twice_on_a_day_is_one_row(company):
    asked = Asked(company.admin, company.period, company.today)
    found = list(asked.rows(VALID_STOPS).values_list("rep", "customer", "day"))
    assert found
    assert len(found) == len(set(found))
    rows = counted_rows(asked, "customers_struck", VALID_STOPS, "rep", str(company.rep1.pk))
    struck = by_key(table_of(company, "visit_plan", "rep"), "strike_rate")[str(company.rep1.pk)][0]
    valid = sum(rep == company.rep1.pk for rep, _customer, _day in found)
    assert rows.count() == round((struck or 0) * valid)


def test_hours_are_those_of_the_local_day(company):
    report = REPORTS["visit_hours"]
    assert report.chart == Chart.HEAT
    asked = Asked(company.admin, company.period, company.today)
    crossed = report.crossed(asked, "visits", "weekday", "hour")
    total = sum(cell or 0 for line in crossed.cells for cell in line)
    assert total == table_of(company, "visit_hours", "weekday").totals[0]
    assert {int(key) for key, _label in crossed.columns} <= set(range(6, 23))


@WHO
def test_mileage_is_that_of_the_tracks(company, who):
    scope = scope_user_ids(getattr(company, who))
    days = track_days(company.period.first, company.period.last, reps=scope).values()
    tracked = [day for day in days if day.points]
    table = table_of(company, "mileage", "rep", who)
    totals = dict(zip([head.code for head in table.heads], table.totals, strict=True))
    assert totals["mileage"] == pytest.approx(sum(day.mileage_m for day in tracked))
    assert totals["tracked_days"] == len(tracked)
    assert totals["untracked_days"] <= totals["field_days"]


@WHO
def test_tasks_are_those_of_the_service_statistics(company, who):
    """A person's own tasks; the statistics' page adds what he sees through its customer."""
    user = getattr(company, who)
    kinds = tuple(CustomerTaskKind.values)
    asked = task_statistics.Asked(company.period.first, company.today, kinds)
    found = task_statistics.statistics(user, asked, now=timezone.now())
    scope = scope_user_ids(user)
    tasks = by_key(
        table_of(company, "service_tasks", "rep", who),
        "tasks_made",
        "tasks_done",
        "tasks_late",
        "satisfaction",
    )
    contacts = by_key(table_of(company, "service_contacts", "rep", who), "task_contacts")
    for row in found.reps:
        if scope is None or row.person_id in scope:
            made, done, late, satisfaction = tasks.get(str(row.person_id), (0, 0, 0, None))
            assert (made, done, late) == (row.made, row.done, row.late)
            assert satisfaction == (pytest.approx(row.satisfaction) if row.marks else None)
            assert contacts.get(str(row.person_id), (0,))[0] == row.contacts


@WHO
def test_the_trend_counts_the_alerts_that_were_open_each_day(company, who):
    scope = scope_user_ids(getattr(company, who))
    alerts = [row for row in Alert.objects.all() if scope is None or row.owner_id in scope]
    table = table_of(company, "alert_trend", "day", who)
    assert [row.key for row in table.rows][-1] == company.today.isoformat()
    assert len(table.rows) == company.period.days
    assert table.heads[0].code == REPORTS["alert_trend"].measures[0]
    assert not REPORTS["alert_trend"].can_drill("alerts_open", "day")
    assert REPORTS["alert_trend"].can_drill("alerts_opened", "day")
    for row, opened, closed in zip(
        table.rows, table.figures("alerts_opened"), table.figures("alerts_closed"), strict=True
    ):
        day = dt.date.fromisoformat(row.key)
        is_open = [
            alert
            for alert in alerts
            if alert.opened_on <= day and (alert.closed_on is None or alert.closed_on > day)
        ]
        assert row.values[0] == len(is_open)
        assert opened == sum(alert.opened_on == day for alert in alerts)
        assert closed == sum(alert.closed_on == day for alert in alerts)


def test_the_trend_of_days_ahead_has_no_rows(company):
    ahead = type(company.period)("custom", company.today + dt.timedelta(3), company.today + dt.timedelta(9))
    asked = Asked(company.admin, ahead, company.today)
    table = REPORTS["alert_trend"].table(asked, "day", compare=Comparison.NONE)
    assert list(table.rows) == []
    assert table.totals == (0, 0, 0)
