"""Who has not sent his work reports, reminders, statistics, and the templates by role (H3)."""

import datetime as dt
import io

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.models import User
from comms.models import Notification
from team.models import WorkReport, WorkReportTemplate
from team.queries import report_people as queries
from team.queries.reports import due_roles, template_sections
from team.rules import reports as rules
from team.rules.report_words import done_words, period_words, plan_words
from team.services import report_reminders, report_templates, reports
from team.services.reports import Written
from tests.factories import UserFactory, VisitTaskFactory

FIRST = dt.date(2026, 11, 16)  # a Monday
NOW = dt.datetime(2026, 11, 20, 10, 0, tzinfo=dt.UTC)
LONG_AGO = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
TUESDAY = dt.datetime(2026, 11, 24, 2, 0, tzinfo=dt.UTC)


@pytest.fixture
def here(people):
    """Everybody has worked here for long."""
    User.objects.update(date_joined=LONG_AGO)
    return people


def write(person, *, kind="week", first=FIRST, now=NOW):
    written = Written(texts={"done": "跑店", "plan": "再跑"}, reviewer=person.superior)
    return reports.save_report(actor=person, kind=kind, first=first, written=written, send=True, now=now)


# --- periods
@pytest.mark.parametrize(
    ("kind", "day", "first", "last", "due"),
    [
        ("day", dt.date(2026, 11, 20), dt.date(2026, 11, 20), dt.date(2026, 11, 20), dt.date(2026, 11, 20)),
        ("week", dt.date(2026, 11, 22), FIRST, dt.date(2026, 11, 22), dt.date(2026, 11, 23)),
        ("month", dt.date(2026, 2, 20), dt.date(2026, 2, 1), dt.date(2026, 2, 28), dt.date(2026, 3, 2)),
        # The National Day's holidays: due when work begins again.
        ("month", dt.date(2025, 9, 20), dt.date(2025, 9, 1), dt.date(2025, 9, 30), dt.date(2025, 10, 9)),
    ],
)
def test_periods_and_when_they_are_due(kind, day, first, last, due):
    assert rules.first_day(kind, day) == first
    assert rules.last_day(kind, first) == last
    assert rules.due_on(kind, first) == due
    assert rules.previous_first(kind, rules.next_first(kind, first)) == first


@pytest.mark.parametrize(
    ("kind", "today", "first"),
    [
        ("week", dt.date(2026, 11, 19), dt.date(2026, 11, 9)),  # Thursday: the week before
        ("week", dt.date(2026, 11, 20), FIRST),  # Friday: this one
        ("month", dt.date(2026, 11, 27), dt.date(2026, 10, 1)),
        ("month", dt.date(2026, 11, 30), dt.date(2026, 11, 1)),
        ("day", dt.date(2026, 11, 20), dt.date(2026, 11, 20)),
    ],
)
def test_which_period_is_asked_for(kind, today, first):
    assert rules.asked_first(kind, today) == first


def test_texts_are_cleaned_and_read_again():
    assert rules.clean("  a \r\n\r\n\r\n\r\nb  \n") == "a\n\nb"
    parts = [rules.Part("done", "工作", "a\nb"), rules.Part("plan", "计划", "")]
    assert rules.read_parts(rules.keep_parts(parts)) == parts[:1]
    assert rules.in_one_line(parts) == "a b "
    kept = rules.sections_for([rules.Section("plan", "计划")], parts[:1])
    assert [section.key for section in kept] == ["plan", "done"]  # what was written is never dropped


def test_words_of_figures_and_periods():
    assert done_words(rules.WorkFigures()) == ""
    assert plan_words([], "week") == ""
    assert period_words("month", dt.date(2026, 2, 1)) == "2026-02"
    assert period_words("week", dt.date(2025, 12, 29)) == "2025-12-29 – 2026-01-04"


# --- who has not sent
def states(client, **asked):
    answer = client.get("/work-reports/missing/", {"kind": "week", "date": FIRST, **asked})
    return {row.name: row.report_pk is not None for row in answer.context["page"].object_list}


def test_who_has_sent_and_who_has_not(here, login):
    write(here.owner)
    client = login(here.superior)
    assert states(client) == {here.owner.name: True, here.colleague.name: False}
    assert states(client, state="missing") == {here.colleague.name: False}
    assert states(client, state="sent") == {here.owner.name: True}
    assert states(client, state="unread") == {here.owner.name: True}
    assert states(client, state="late") == {}
    assert states(client, q=here.owner.name) == {here.owner.name: True}
    assert states(client, department=here.other.pk) == {}
    assert set(states(login(here.admin), department=here.head.pk)) >= {here.superior.name, here.outsider.name}
    assert here.finance.name not in states(login(here.admin))  # a week of his role need not be sent
    assert here.finance.name in states(login(here.admin), kind="month", date=dt.date(2026, 10, 1))


def test_newcomers_owe_nothing_of_before(here, login):
    User.objects.filter(pk=here.colleague.pk).update(date_joined=TUESDAY)
    assert here.colleague.name not in states(login(here.superior))


def test_a_day_is_owed_by_who_had_a_plan(here, login):
    saturday = dt.date(2026, 11, 21)
    VisitTaskFactory(rep=here.owner, customer__owner=here.owner, date=saturday)
    assert set(states(login(here.superior), kind="day", date=saturday)) == {here.owner.name}


def test_reps_see_neither_page(here, login):
    for page in ("missing", "statistics", "templates"):
        assert login(here.owner).get(f"/work-reports/{page}/").status_code == 403
        assert login(here.finance).get(f"/work-reports/{page}/").status_code == 403
    assert login(here.owner).post("/work-reports/missing/remind/").status_code == 403
    with pytest.raises(PermissionDenied):
        report_reminders.remind_missing(actor=here.owner, kind="week", first=FIRST)


def test_strange_periods(here, login):
    client = login(here.superior)
    assert client.get("/work-reports/missing/", {"kind": "year"}).status_code == 404
    assert client.get("/work-reports/missing/", {"date": "nonsense"}).status_code == 200
    assert client.get("/work-reports/missing/", {"date": "0001-01-01"}).status_code == 200
    assert client.get("/work-reports/statistics/", {"kind": "year"}).status_code == 404
    assert client.get("/work-reports/statistics/", {"on": "nonsense"}).status_code == 200
    assert client.get("/work-reports/statistics/", {"on": "9999-12"}).status_code == 200


# --- reminding
def told():
    return {n.recipient.name for n in Notification.objects.filter(key__startswith="work-report-due")}


def test_the_button_reminds_once_a_day_within_the_scope(here, login):
    write(here.owner)
    asked = {"kind": "week", "date": FIRST}
    client = login(here.superior)
    assert client.post("/work-reports/missing/remind/", asked).url.startswith(
        "/work-reports/missing/?kind=week"
    )
    assert told() == {here.colleague.name}
    client.post("/work-reports/missing/remind/", asked)
    assert Notification.objects.filter(key__startswith="work-report-due").count() == 1
    client.post("/work-reports/missing/remind/", {**asked, "pk": [here.outsider.pk]})
    assert here.outsider.name not in told()  # not his to remind


def test_some_are_reminded(here, login):
    query = f"kind=week&date={FIRST}&state=missing"
    answer = login(here.superior).post(
        "/work-reports/missing/remind/", {"query": query, "pk": [here.owner.pk]}
    )
    assert told() == {here.owner.name}
    assert "state=missing" in answer.url


def test_the_evening_reminds_of_the_day(here):
    today = dt.date(2026, 11, 20)
    for rep in (here.owner, here.colleague):
        VisitTaskFactory(rep=rep, customer__owner=rep, date=today)
    WorkReport.objects.create(
        person=here.owner, kind="day", first=today, status="sent", sent_at=NOW, reviewer=here.superior
    )
    assert report_reminders.remind_of_days(now=NOW) == 1
    notice = Notification.objects.get()
    assert (notice.recipient, notice.url) == (here.colleague, "/day-end/?date=2026-11-20")
    assert report_reminders.remind_of_days(now=NOW) == 0


def test_the_first_working_morning_reminds_of_the_week(here):
    write(here.owner)
    monday = dt.datetime(2026, 11, 23, 0, 30, tzinfo=dt.UTC)
    assert report_reminders.remind_of_periods(now=NOW) == 0
    assert report_reminders.remind_of_periods(now=TUESDAY) == 0
    report_reminders.remind_of_periods(now=monday)
    assert told() == {here.superior.name, here.colleague.name, here.outsider.name}
    assert Notification.objects.first().url == "/work-reports/new/?kind=week&date=2026-11-16"
    assert report_reminders.remind_of_periods(now=monday) == 0


# --- statistics
def test_the_statistics_count_sent_late_missing_and_read(here):
    first = dt.date(2026, 11, 1)
    span = queries.Span.of("week", first, dt.date(2026, 11, 30), TUESDAY.date())
    assert span.firsts == (dt.date(2026, 11, 2), dt.date(2026, 11, 9), FIRST)
    reports.read_report(actor=here.superior, report=write(here.owner))
    write(here.owner, first=dt.date(2026, 11, 9))  # on the Friday after: late
    rows = {row.pk: row for row in queries.people_with_tally(user=here.superior, span=span, roles={"rep"})}
    owner = rows[here.owner.pk]
    assert (owner.sent, owner.late, owner.read) == (2, 1, 1)
    tally = rules.Tally(3, owner.sent, owner.late, owner.read)
    assert (tally.on_time, tally.missing, tally.read_rate) == (1, 1, 0.5)
    assert tally.on_time_rate == pytest.approx(1 / 3)
    assert set(rows) == {here.owner.pk, here.colleague.pk}
    months = queries.tally_by_month(user=here.superior, span=span, roles={"rep"})
    assert months == {first: rules.Tally(expected=6, sent=2, late=1, read=1)}
    assert rules.Tally().on_time_rate is None


def test_days_of_reps_count_those_with_a_plan(here):
    for day in (2, 3, 3, 9):
        VisitTaskFactory(rep=here.owner, customer__owner=here.owner, date=dt.date(2026, 11, day))
    span = queries.Span.of("day", dt.date(2026, 11, 1), dt.date(2026, 11, 30), dt.date(2026, 11, 9))
    rows = {row.pk: row for row in queries.people_with_tally(user=here.superior, span=span, roles={"rep"})}
    assert rows[here.owner.pk].busy == 2
    months = queries.tally_by_month(user=here.superior, span=span, roles={"rep"})
    assert months[dt.date(2026, 11, 1)].expected == 2


def test_the_statistics_as_a_page_and_as_excel(here, login):
    write(here.owner, first=dt.date(2026, 11, 2), now=dt.datetime(2026, 11, 6, 9, tzinfo=dt.UTC))
    client, asked = login(here.superior), {"kind": "week", "on": "2026-11"}
    answer = client.get("/work-reports/statistics/", asked)
    assert {row.name for row in answer.context["page"].object_list} == {here.owner.name, here.colleague.name}
    assert next(month for month, _tally in answer.context["months"]) == dt.date(2026, 11, 1)
    assert client.get("/work-reports/statistics/", {**asked, "department": here.other.pk}).status_code == 200
    answer = client.get("/work-reports/statistics/", {**asked, "export": "xlsx"})
    rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
    assert len(rows) == 3
    row = next(row for row in rows if row[0] == here.owner.name)
    assert row[3] == 1  # on time


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    "page", ["missing/?kind=week", "missing/?kind=day", "statistics/?kind=week", "statistics/?kind=day"]
)
def test_lists_of_people_cost_the_same(here, login, page, rows):
    for _n in range(rows):
        write(UserFactory(department=here.sales, superior=here.superior))
    client = login(here.superior)
    client.get("/work-reports/")
    with CaptureQueriesContext(connection) as found:
        assert client.get(f"/work-reports/{page}").status_code == 200
    assert len(found) <= 12
    assert len({query["sql"] for query in found}) == len(found)


# --- templates
def data(lines, **more):
    sent = {
        "section-TOTAL_FORMS": len(lines),
        "section-INITIAL_FORMS": len(lines),
        "section-MAX_NUM_FORMS": 8,
    }
    for number, line in enumerate(lines):
        sent |= {f"section-{number}-{name}": value for name, value in line.items()}
    return {**sent, **more}


def test_a_role_without_a_template_follows_that_of_everybody(here):
    assert template_sections(user=here.finance, kind="month")[0].label == "本月工作"
    assert template_sections(user=here.owner, kind="week")[1].key == "market"
    assert due_roles("week") == {"rep", "manager"}


def test_a_manager_changes_what_people_write(here, login):
    client, page = login(here.superior), "/work-reports/templates/rep/week/"
    assert client.get("/work-reports/templates/").status_code == 200
    assert client.get(page).status_code == 200
    lines = [
        {"key": "done", "label": "本周", "required": "1", "ORDER": 2},
        {"key": "", "label": "天气", "hint": "晴雨", "ORDER": 1},
        {"key": "plan", "label": "", "ORDER": 3},
    ]
    assert client.post(page, data(lines)).url == "/work-reports/templates/"
    sections = template_sections(user=here.owner, kind="week")
    assert [(section.label, section.required) for section in sections] == [("天气", False), ("本周", True)]
    assert sections[1].key == "done"
    assert sections[0].key
    assert "rep" not in due_roles("week")  # the box was not ticked


def test_bad_templates_are_refused_and_kept_on_the_page(here, login):
    here.superior.language = "en"
    here.superior.save()
    client, page = login(here.superior), "/work-reports/templates/rep/week/"
    twice = [{"key": "done", "label": "本周"}, {"key": "plan", "label": "本周"}]
    for lines, words in (
        (twice, "Two sections have the same name."),
        ([{"key": "", "label": ""}], "one section"),
    ):
        answer = client.post(page, data(lines, is_due="on"))
        assert answer.status_code == 422
        assert words in answer.content.decode()
    answer = client.post(page, data([{"key": "done", "label": "长" * 41}]))
    assert answer.status_code == 422
    assert "长" * 41 in answer.content.decode()
    assert client.get("/work-reports/templates/king/week/").status_code == 404
    assert client.get("/work-reports/templates/rep/year/").status_code == 404


def test_a_template_is_dropped_and_that_of_everybody_stays(here, login):
    client = login(here.superior)
    client.post("/work-reports/templates/rep/week/remove/")
    assert not WorkReportTemplate.objects.filter(role="rep", kind="week").exists()
    client.post("/work-reports/templates/everybody/week/remove/")
    assert WorkReportTemplate.objects.filter(role="", kind="week").exists()
    with pytest.raises(PermissionDenied):
        report_templates.remove_template(actor=here.owner, role="rep", kind="day")
    with pytest.raises(PermissionDenied):
        report_templates.save_template(actor=here.owner, role="rep", kind="day", sections=[], is_due=True)
    with pytest.raises(ValidationError):
        report_templates.save_template(
            actor=here.superior, role="rep", kind="day", sections=[rules.Section("", str(n)) for n in range(9)], is_due=True
        )  # fmt: skip


def test_what_was_written_stays_when_the_template_loses_its_section(here, login):
    written = Written(texts={"done": "跑店", "market": "对手涨价"}, reviewer=here.superior)
    draft = reports.save_report(actor=here.owner, kind="week", first=FIRST, written=written, now=NOW)
    template = WorkReportTemplate.objects.get(role="rep", kind="week")
    template.sections = [section for section in template.sections if section["key"] != "market"]
    template.save()
    again = reports.save_report(actor=here.owner, kind="week", first=FIRST, written=written, now=NOW)
    assert again.pk == draft.pk
    assert "对手涨价" in again.words
