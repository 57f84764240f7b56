"""Work reports that were due, against the pages of who has not sent and of the statistics, and their rows."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import reports.queries.catalogue  # noqa: F401
from accounts.models import User
from common.periods import whole
from reports.queries.asked import Asked
from reports.queries.report import REPORTS
from team.models import DueReport
from team.queries import report_people
from team.queries.due_reports import due_reports
from team.queries.reports import due_roles
from team.rules.reports import Tally, due_on, firsts_between
from visits.models import Visit

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
REPORT = REPORTS["work_reports_sent"]
FIGURES = ("work_reports_due", "work_reports_in_time_share", "work_reports_missing")
KINDS = pytest.mark.parametrize("kind", ["day", "week", "month"])
WHO = pytest.mark.parametrize("who", ["admin", "manager1"])


def by_key(asked, by):
    table = REPORT.table(asked, by, most=0)
    places = [table.column(code) for code in FIGURES]
    return {row.key: tuple(row.values[place] for place in places) for row in table.rows}


@KINDS
@WHO
def test_figures_are_those_of_the_statistics(company, who, kind):
    """By person in this month and the one before; all together by month, but for oneself, whom the page leaves out."""
    user, month = getattr(company, who), whole("month", company.today)
    roles, found = due_roles(kind), 0
    for period in (month, month.before()):
        span = report_people.Span.of(kind, period.first, period.last, company.today)
        ours = by_key(Asked(user, period, company.today, {"work_report_kind": kind}), "rep")
        for person in report_people.people_with_tally(user=user, span=span, roles=roles):
            expected = span.expected(
                joined=person.date_joined,
                is_rep=person.role.code == "rep",
                busy=getattr(person, "busy", 0),
            )
            tally = Tally(expected, person.sent, person.late, person.read)
            due, share, missing = ours.pop(str(person.pk), (0, None, 0))
            assert due == tally.expected, person
            assert share == (None if tally.on_time_rate is None else pytest.approx(tally.on_time_rate))
            assert missing >= tally.missing
            found += due
        assert not any(due for key, (due, _share, _missing) in ours.items() if key != str(user.pk))
    assert found


@KINDS
def test_who_misses_is_on_the_list_of_who_has_not_sent(company, kind):
    user = company.manager1
    firsts = firsts_between(kind, company.today - 100 * DAY, company.today)
    over = [day for day in firsts if due_on(kind, day) < company.today]
    rows = due_reports(over[0], over[-1]).filter(kind=kind, report=None).exclude(person=user)
    ours = {(row.person_id, row.first) for row in rows.filter(person__in=User.objects.visible_to(user))}
    people = User.objects.visible_to(user).exclude(pk=user.pk)
    days = {day for _person, day in ours} | set(over)
    theirs = {(person.pk, day) for day in days for person in report_people.missing(people, kind, day)}
    assert ours == theirs
    assert ours


def test_nothing_is_due_that_is_not_over(company):
    assert not due_reports(company.today, company.today + 40 * DAY).exists()
    rows = due_reports(company.today - 60 * DAY, company.today)
    assert not rows.filter(due__gte=company.today).exists()
    assert rows.count() == len({(row.person_id, row.kind, row.first) for row in rows})
    assert not DueReport.objects.exists()  # no table stands behind it


def test_a_free_day_at_work_is_expected_in_whatever_period(company):
    """A rep's visit on a Saturday counts also where the Saturday is all that is asked for."""
    visit = Visit.objects.filter(rep=company.rep1, day__lt=company.today - DAY).order_by("day").first()
    saturday = next(day for day in (visit.day + DAY * n for n in range(7)) if day.weekday() == 5)
    Visit.objects.filter(pk=visit.pk).update(day=saturday)
    span = report_people.Span.of("day", saturday, saturday, company.today)
    people = report_people.people_with_tally(user=company.admin, span=span, roles=due_roles("day"))
    assert people.get(pk=company.rep1.pk).busy == 1
    assert due_reports(saturday, saturday).filter(person=company.rep1, kind="day").count() == 1


@pytest.mark.parametrize("who", ["admin", "manager1", "rep1"])
def test_page_and_rows(company, client, who):
    user = getattr(company, who)
    client.force_login(user)
    since = company.today - 90 * DAY
    asked = {"period": "custom", "since": since, "until": company.today, "by": "rep", "compare": "before"}
    client.get("/reports/")
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/reports/work_reports_sent/", asked)
    assert page.status_code == 200
    assert len(queries) <= 12
    table = page.context["table"]
    total = table.totals[table.column("work_reports_missing")]
    rows = client.get("/reports/work_reports_sent/rows/", {**asked, "measure": "work_reports_missing"})
    assert rows.status_code == 200
    listed = list(rows.context["page"].object_list)
    assert rows.context["page"].paginator.count == total
    assert listed
    assert all(row.report_id is None for row in listed)
    seen = set(User.objects.visible_to(user).values_list("pk", flat=True))
    assert {row.person_id for row in listed} <= seen
    for by in ("month", "department", "work_report_kind"):
        sums = client.get("/reports/work_reports_sent/", {**asked, "by": by}).context["table"]
        assert sums.totals[sums.column("work_reports_missing")] == total


def test_who_may_not_read_the_teams_sees_but_his_own(company, client):
    """Finance sees the whole company's figures, and none of what reps write to their superiors."""
    finance = User.objects.get(username="finance")
    client.force_login(finance)
    asked = {"period": "custom", "since": company.today - 90 * DAY, "until": company.today, "by": "rep"}
    for measure in ("work_reports", "work_reports_due"):
        rows = client.get("/reports/work_reports_sent/rows/", {**asked, "measure": measure})
        assert {row.person_id for row in rows.context["page"].object_list} <= {finance.pk}
    table = client.get("/reports/work_reports_sent/", asked).context["table"]
    assert {row.key for row in table.rows} <= {str(finance.pk)}
