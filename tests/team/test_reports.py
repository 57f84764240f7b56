"""工作报告 (H3): written, sent, taken back, read; the day follows the day's end."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from common import business_calendar
from comms.models import Notification
from comms.queries.todos import todos_of
from sales.models import Receipt
from team.models import WorkReport
from team.queries.report_figures import period_figures
from team.rules.reports import freeze, thaw
from team.services import reports
from tests.factories import CustomerFactory, FollowUpFactory, SalesOrderFactory, UserFactory, VisitTaskFactory
from tests.team.report_data import FIRST, NOW, write
from visits import services as visits_services


def refusal(call, **arguments):
    with pytest.raises(ValidationError) as caught:
        call(**arguments)
    return caught.value


# --- the database's own rules
@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "sent"},
        {"status": "draft", "sent_at": NOW},
        {"status": "read", "sent_at": NOW},
        {"status": "sent", "sent_at": NOW, "read_at": NOW},
    ],
)
def test_status_and_times_go_together(people, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkReport.objects.create(person=people.owner, kind="week", first=FIRST, **wrong)


def test_one_report_for_each_kind_date_and_person(people):
    WorkReport.objects.create(person=people.owner, kind="week", first=FIRST)
    WorkReport.objects.create(person=people.owner, kind="month", first=FIRST.replace(day=1))
    WorkReport.objects.create(person=people.colleague, kind="week", first=FIRST)
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkReport.objects.create(person=people.owner, kind="week", first=FIRST)
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkReport.objects.create(
            person=people.owner, kind="week", first=dt.date(2026, 11, 9), reviewer=people.owner
        )


# --- figures
def test_the_figures_are_those_of_the_period_and_the_person(people):
    owner, customer = people.owner, CustomerFactory(owner=people.owner, created_on=FIRST)
    CustomerFactory(owner=people.owner, created_on=FIRST - dt.timedelta(days=1))
    VisitTaskFactory(rep=owner, customer=customer, date=FIRST)
    VisitTaskFactory(
        rep=owner, customer=customer, date=FIRST + dt.timedelta(days=6)
    )  # still to come on Friday
    VisitTaskFactory(rep=owner, customer=customer, date=FIRST + dt.timedelta(days=7))
    VisitTaskFactory(
        rep=owner, customer=customer, date=FIRST + dt.timedelta(days=8), status="skipped", skip_reason="关门"
    )
    SalesOrderFactory(customer=customer, rep=owner, ordered_on=FIRST, total=Decimal("120.50"))
    SalesOrderFactory(customer=customer, rep=people.colleague, ordered_on=FIRST, total=Decimal(9))
    SalesOrderFactory(customer=customer, rep=owner, ordered_on=FIRST, total=Decimal(7), status="draft")
    Receipt.objects.create(number="RC-1", customer=customer, rep=owner, received_on=FIRST, amount=Decimal(50))
    FollowUpFactory(customer=customer, rep=owner, at=NOW, day=FIRST)
    figures = period_figures(user=owner, kind="week", first=FIRST, today=dt.date(2026, 11, 20))
    assert (figures.planned, figures.done, figures.ahead) == (1, 0, 1)
    assert (figures.orders, figures.ordered) == (1, Decimal("120.50"))
    assert (figures.receipts, figures.received) == (1, Decimal(50))
    assert (figures.new_customers, figures.follow_ups, figures.mileage_m) == (1, 1, None)
    assert thaw(freeze(figures)) == figures
    team = period_figures(user=people.superior, kind="week", first=FIRST, today=dt.date(2026, 11, 20))
    assert (team.orders, team.ordered) == (2, Decimal("129.50"))  # a leader's is about his people


def test_figures_stay_as_they_were_sent(people):
    row = write(people.owner)
    SalesOrderFactory(customer__owner=people.owner, rep=people.owner, ordered_on=FIRST, total=Decimal(8))
    row.refresh_from_db()
    assert row.numbers.orders == 0


# --- writing and sending
def test_a_draft_is_kept_and_sent(people, copied):
    draft = write(people.owner, send=False, copies=[copied.pk])
    assert (draft.status, draft.figures, Notification.objects.count()) == ("draft", {}, 0)
    sent = write(people.owner, copies=[copied.pk])
    assert (sent.pk, sent.status, sent.reviewer, sent.is_late) == (draft.pk, "sent", people.superior, False)
    assert {n.recipient for n in Notification.objects.filter(kind="report")} == {people.superior, copied}
    assert refusal(write, person=people.owner).code == "sent"


def test_late_is_after_the_first_working_day_of_the_next_week(people):
    monday = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)
    assert not write(people.owner, now=monday).is_late
    assert write(people.colleague, now=monday + dt.timedelta(days=1)).is_late


def test_what_is_refused_is_said_at_its_field(people):
    assert "text_done" in refusal(write, person=people.owner, texts={"plan": "x"}).message_dict
    assert "text_done" in refusal(write, person=people.owner, texts={"done": "长" * 3001}).message_dict
    assert "reviewer" in refusal(write, person=people.owner, reviewer=people.owner).message_dict
    crowd = [UserFactory().pk for _n in range(31)]
    assert "copies" in refusal(write, person=people.owner, copies=crowd).message_dict
    assert not WorkReport.objects.exists()


@pytest.mark.parametrize(
    ("kind", "first", "code"),
    [
        ("week", FIRST + dt.timedelta(days=1), "period"),
        ("week", FIRST + dt.timedelta(days=7), "period"),
        ("week", dt.date(2026, 1, 5), "period"),
        ("year", FIRST, "period"),
        ("day", FIRST, "day_end"),
    ],
)
def test_periods_that_have_no_report(people, kind, first, code):
    assert refusal(write, person=people.owner, kind=kind, first=first).code == code


def test_who_closes_no_day_on_the_phone_writes_his_day(people):
    day = write(people.finance, kind="day", first=dt.date(2026, 11, 20), reviewer=people.admin)
    assert (day.status, day.daily_report, day.reviewer) == ("sent", None, people.admin)


# --- taking back, reading
def test_taken_back_until_somebody_has_read_it(people, copied, report):
    reports.take_back(actor=people.owner, report=report)
    assert (report.status, report.figures, report.sent_at) == ("draft", {}, None)
    assert not Notification.objects.exists()
    sent = write(people.owner, copies=[copied.pk])
    reports.read_report(actor=copied, report=sent)
    assert refusal(reports.take_back, actor=people.owner, report=sent).code == "read"


def test_reading_marks_what_was_sent_to_the_reader_only(people, login, copied, report):
    page = report.get_absolute_url()
    login(people.admin).get(page)
    login(copied).get(page)
    report.refresh_from_db()
    assert (report.status, report.copies.get().read_at is not None) == ("sent", True)
    login(people.superior).get(page)
    report.refresh_from_db()
    assert (report.status, report.read_at is not None) == ("read", True)
    assert not Notification.objects.filter(read_at=None).exists()


def test_all_are_marked_read_at_once(people, login):
    for person in (people.owner, people.colleague):
        write(person)
    answer = login(people.superior).post("/work-reports/read/")
    assert answer.url == "/work-reports/"
    assert not WorkReport.objects.filter(status="sent").exists()
    assert not Notification.objects.filter(recipient=people.superior, read_at=None).exists()


# --- the day's end
def test_the_day_comes_from_its_end_and_follows_it(people, login):
    today = business_calendar.today()
    SalesOrderFactory(
        customer__owner=people.owner, rep=people.owner, ordered_on=today, total=Decimal("12.50")
    )
    daily = visits_services.send_report(actor=people.owner, day=today, remark="明天补货")
    day = WorkReport.objects.get(person=people.owner, kind="day", first=today)
    assert (day.status, day.daily_report, day.reviewer) == ("sent", daily, people.superior)
    assert (day.numbers.ordered, day.words) == (Decimal("12.50"), "明天补货")
    assert Notification.objects.filter(recipient=people.superior).count() == 1  # the day's end told him
    visits_services.unsend_report(actor=people.owner, report=daily)
    day.refresh_from_db()
    assert (day.status, day.sent_at) == ("draft", None)
    visits_services.send_report(actor=people.owner, day=today, remark="改一句")
    page = login(people.superior).get(day.get_absolute_url()).content.decode()
    assert "改一句" in page
    assert f"/daily-reports/{daily.pk}/" in page
    day.refresh_from_db()
    daily.refresh_from_db()
    assert day.status == "read"
    assert daily.read_at is not None  # read here is read there
    assert WorkReport.objects.count() == 1


def test_reading_the_day_s_end_reads_the_report(people, login):
    daily = visits_services.send_report(actor=people.owner, day=business_calendar.today(), remark="")
    login(people.superior).get(f"/daily-reports/{daily.pk}/")
    assert WorkReport.objects.get().status == "read"


def test_taking_the_report_of_a_day_back_takes_the_day_s_end_back(people, login):
    daily = visits_services.send_report(actor=people.owner, day=business_calendar.today(), remark="")
    report = WorkReport.objects.get()
    client = login(people.owner)
    client.post(f"/work-reports/{report.pk}/take-back/")
    daily.refresh_from_db()
    report.refresh_from_db()
    assert (daily.status, report.status) == ("draft", "draft")
    # The draft of such a day is changed where it is made.
    answer = client.get(f"/work-reports/{report.pk}/edit/")
    assert answer.url.startswith("/day-end/?date=")


def test_a_leader_s_own_report_keeps_its_words_when_he_closes_the_day(people):
    today = business_calendar.today()
    own = write(people.superior, kind="day", first=today, reviewer=people.admin, now=timezone.now())
    daily = visits_services.send_report(actor=people.superior, day=today, remark="收工")
    own.refresh_from_db()
    assert (own.daily_report, own.reviewer, own.parts[0].text) == (daily, people.admin, "跑完滨湖片区")
    visits_services.unsend_report(actor=people.superior, report=daily)
    own.refresh_from_db()
    assert own.status == "sent"


# --- what is to be done
def test_the_to_do_list_says_what_to_read_and_to_send(people, report):
    keys = {todo.key: todo for todo in todos_of(people.superior, today=dt.date(2026, 11, 20), now=NOW)}
    assert (keys["work-reports"].count, keys["work-reports"].url) == (1, "/work-reports/?box=unread")
    people.colleague.date_joined = NOW - dt.timedelta(days=90)
    tuesday = dt.datetime(2026, 11, 24, 2, 0, tzinfo=dt.UTC)
    own = {todo.key: todo for todo in todos_of(people.colleague, today=tuesday.date(), now=tuesday)}
    assert own["work-report-week"].url == "/work-reports/new/?kind=week&date=2026-11-16"
    assert own["work-report-week"].late == 1
    people.owner.date_joined = NOW - dt.timedelta(days=90)
    assert "work-report-week" not in {
        todo.key for todo in todos_of(people.owner, today=tuesday.date(), now=tuesday)
    }
