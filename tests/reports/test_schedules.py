"""Scheduled reports: due once, each recipient his own figures once, failures seen."""

import datetime as dt
import io
import smtplib

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from openpyxl import load_workbook

from accounts.models import AccessLog
from comms.services.channels import Unavailable, Unsure
from reports.models import ScheduledReport, ScheduledRun
from reports.queries.asking import Question
from reports.services import schedules
from reports.tasks import send_scheduled_reports
from sales.models import Delivery, Receipt
from tests.factories import CustomerFactory, SalesOrderFactory

NOW = dt.datetime(2026, 11, 26, 1, tzinfo=dt.UTC)  # Thursday 09:00 in Shanghai
EIGHT = dt.datetime(2026, 11, 27, 0, tzinfo=dt.UTC)


@pytest.fixture
def company(people):
    for person in (people.superior, people.owner, people.colleague):
        person.email = f"{person.username}@example.com"
        person.save(update_fields=["email"])
    for rep, total in ((people.owner, "100.00"), (people.colleague, "40.00")):
        SalesOrderFactory(customer=CustomerFactory(owner=rep), total=total, ordered_on=dt.date(2026, 11, 20))
    return people


def schedule(company, recipients=None, **fields):
    made = ScheduledReport(
        **{
            "name": "早报",
            "report": "performance",
            "owner": company.superior,
            "rhythm": "daily",
            "at": dt.time(8),
        }
        | {"query": {"period": "month", "by": "rep"}}
        | fields
    )
    people = recipients or [company.superior, company.owner]
    return schedules.save_schedule(actor=company.superior, schedule=made, recipients=people, now=NOW)


def go(now=EIGHT):
    schedules.make_due_runs(now=now)
    schedules.run_due(now=now)


def run():
    return ScheduledRun.objects.get()


def test_each_recipient_gets_his_own_figures_and_the_export_is_recorded(company):
    schedule(company)
    go(EIGHT - dt.timedelta(seconds=1))
    assert mail.outbox == []
    go()
    boss, rep = sorted(mail.outbox, key=lambda message: message.to[0] != "superior@example.com")
    assert "¥140.00" in boss.body
    assert "张业务" in boss.body
    assert "¥100.00" in rep.body
    assert "张业务" not in rep.body
    html = boss.alternatives[0][0]
    assert "¥140.00" in html
    query = html.split("/reports/performance/?")[1].split('"')[0]
    assert sorted(query.split("&amp;")) == ["by=rep", "period=month"]
    name, content, _kind = boss.attachments[0]
    assert name == "performance-20261101-20261130.xlsx"
    lines = list(load_workbook(io.BytesIO(content)).active.values)
    assert lines[-1][1] == 140
    assert (run().state, run().sent) == ("done", 2)
    assert run().recipients == {str(company.superior.pk): "sent", str(company.owner.pk): "sent"}
    assert AccessLog.objects.filter(action="export", actor__in=[company.owner, company.superior]).count() == 2


def test_shares_move_by_points_in_a_mail_as_on_the_page(company):
    customer = company.owner.customers.get()
    about = {"customer": customer, "rep": company.owner}
    for month, paid in ((10, 30), (11, 45)):
        day = dt.date(2026, month, 20)
        Delivery.objects.create(number=f"D{month}", issued_on=day, due_on=day, amount=100, **about)
        Receipt.objects.create(number=f"R{month}", received_on=day, amount=paid, **about)
    schedule(company, [company.superior])
    go()
    assert "回款率：45% (+15个点)" in mail.outbox[0].body


def test_who_may_not_take_workbooks_out_gets_none(company):
    assert not company.owner.has_perm("reports.export_report")
    schedule(company, [company.owner])
    go()
    assert mail.outbox[0].attachments == []


@pytest.mark.parametrize(("limit", "state", "rows"), [(99, "sent", 25), (100, "skipped", 0)])
def test_a_mail_takes_all_rows_from_the_cursor(company, monkeypatch, limit, state, rows):
    """By customer: the whole table is never held, the mail shows the first rows, the workbook has them all."""
    for _n in range(24):
        SalesOrderFactory(
            customer=CustomerFactory(owner=company.owner), total="10.00", ordered_on=dt.date(2026, 11, 20)
        )
    monkeypatch.setattr(Question, "table", None)
    made = ScheduledReport(
        name="客户", report="order_summary", owner=company.superior, rhythm="daily", at=dt.time(8), next_at=EIGHT,
        query={"period": "month", "by": "customer", "sort": "-order_amount", "rep": str(company.owner.pk)},
        condition="any_row", measure="order_amount", limit=limit,
    )  # fmt: skip
    made.save()
    made.recipients.set([company.superior])
    go()
    assert run().recipients == {str(company.superior.pk): state}
    if rows:
        sheet = load_workbook(io.BytesIO(mail.outbox[0].attachments[0][1])).active
        assert sheet.max_row == rows + 2
        assert mail.outbox[0].body.count("：订货 ¥10.00") == 19  # beside the first one
    else:
        schedules.send_to_me(actor=company.superior, schedule=made, now=NOW)
        assert len(mail.outbox[0].attachments) == 1


def test_two_beats_make_one_run_and_missed_times_one(company):
    made = schedule(company)
    later = EIGHT + dt.timedelta(days=5, hours=1)
    assert schedules.make_due_runs(now=later) == 1
    assert schedules.make_due_runs(now=later) == 0
    made.refresh_from_db()
    assert run().due_at == EIGHT
    assert made.next_at == EIGHT + dt.timedelta(days=6)


def test_the_condition_is_judged_on_each_ones_own_figures(company):
    schedule(company, condition="above", measure="order_amount", limit=120)
    go()
    assert [message.to for message in mail.outbox] == [["superior@example.com"]]
    assert (run().state, run().recipients[str(company.owner.pk)]) == ("done", "skipped")


def test_a_condition_that_nobody_meets_is_logged_so(company):
    schedule(company, condition="above", measure="order_amount", limit=1000)
    go()
    assert (mail.outbox, run().state) == ([], "skipped")


def test_who_may_not_open_the_report_gets_nothing(company):
    made = schedule(company)
    company.owner.role.permissions.clear()
    go()
    assert [message.to for message in mail.outbox] == [["superior@example.com"]]
    assert run().recipients[str(company.owner.pk)] == "denied"
    assert made.runs.get().state == "done"


def test_who_left_or_lost_his_address_gets_nothing(company):
    schedule(company)
    company.owner.is_active = False
    company.owner.save(update_fields=["is_active"])
    go()
    assert run().recipients[str(company.owner.pk)] == "gone"
    assert len(mail.outbox) == 1


def test_a_server_that_is_down_is_tried_again_a_bounded_number_of_times(company, monkeypatch):
    schedule(company, [company.owner])

    def down(*_args, **_kwargs):
        raise Unavailable("no server")

    monkeypatch.setattr(schedules, "send_report", down)
    moment = EIGHT
    schedules.make_due_runs(now=EIGHT)
    for _attempt in range(20):
        schedules.run_due(now=moment)
        moment += dt.timedelta(hours=1)
    assert (run().state, run().attempts, run().sent) == ("failed", 6, 0)
    assert "no server" in run().error


def test_after_a_failure_only_who_got_nothing_is_served(company, monkeypatch):
    schedule(company)
    real = schedules.send_report

    def half(kept, user, figures, *, key):
        if user == company.owner:
            raise Unavailable("later")
        real(kept, user, figures, key=key)

    monkeypatch.setattr(schedules, "send_report", half)
    go()
    assert run().state == "waiting"
    schedules.run_due(now=EIGHT + dt.timedelta(seconds=30))  # not yet
    assert run().attempts == 1
    monkeypatch.setattr(schedules, "send_report", real)
    schedules.run_due(now=EIGHT + dt.timedelta(minutes=3))
    assert sorted(message.to[0] for message in mail.outbox) == ["owner@example.com", "superior@example.com"]
    assert (run().state, run().sent, run().error) == ("done", 2, "")


def test_a_lost_answer_is_unsure_and_not_sent_again(company, monkeypatch):
    schedule(company, [company.owner])

    def lost(*_args, **_kwargs):
        raise Unsure("timeout")

    monkeypatch.setattr(schedules, "send_report", lost)
    go()
    assert (run().state, run().recipients[str(company.owner.pk)]) == ("failed", "unsure")
    assert schedules.run_due(now=EIGHT + dt.timedelta(hours=3)) == 0


class Killed(BaseException):
    """The process ends here: no handler runs."""


@pytest.mark.parametrize(("moment", "expected"), [("before", "unsure"), ("after", "sent")])
def test_a_killed_run_starts_again_and_sends_nothing_twice(company, monkeypatch, moment, expected):
    """Killed while the first one's mail was handed over, or when the second one's figures were computed."""
    schedule(company)
    first, second = sorted([company.superior, company.owner], key=lambda person: person.pk)
    place = "send_report" if moment == "before" else "figures_of"
    real = getattr(schedules, place)

    def die(kept, user, *rest, **words):
        if (user == first) == (moment == "before"):
            raise Killed
        return real(kept, user, *rest, **words)

    monkeypatch.setattr(schedules, place, die)
    schedules.make_due_runs(now=EIGHT)
    with pytest.raises(Killed):
        schedules.run_due(now=EIGHT)
    monkeypatch.setattr(schedules, place, real)
    assert schedules.run_due(now=EIGHT + dt.timedelta(minutes=5)) == 0  # its lease runs
    assert schedules.run_due(now=EIGHT + dt.timedelta(minutes=11)) == 1
    assert run().recipients == {str(first.pk): expected, str(second.pk): "sent"}
    assert len({message.to[0] for message in mail.outbox}) == len(mail.outbox)
    assert run().state == ("failed" if moment == "before" else "done")


def test_a_run_that_kills_each_worker_is_given_up(company, monkeypatch):
    schedule(company, [company.owner])
    schedules.make_due_runs(now=EIGHT)
    ScheduledRun.objects.update(state="running", attempts=6, heartbeat_at=EIGHT)
    assert schedules.run_due(now=EIGHT + dt.timedelta(hours=1)) == 0
    assert run().state == "failed"
    assert run().error


def test_a_slow_worker_that_was_taken_over_sends_nothing_more(company):
    schedule(company)
    schedules.make_due_runs(now=EIGHT)
    slow = schedules.claim(run().pk, now=EIGHT)
    assert schedules.run_due(now=EIGHT + dt.timedelta(minutes=11)) == 1
    assert len(mail.outbox) == 2
    schedules._run_one(slow, EIGHT + dt.timedelta(minutes=12))
    assert len(mail.outbox) == 2


def test_a_trial_goes_to_oneself_whatever_the_condition(company, monkeypatch):
    made = schedule(company, [company.owner], condition="above", measure="order_amount", limit=10**6)
    schedules.send_to_me(actor=company.superior, schedule=made, now=NOW)
    assert mail.outbox[0].to == ["superior@example.com"]
    assert not ScheduledRun.objects.exists()

    def refused(*_args):
        raise smtplib.SMTPDataError(550, b"no")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refused)
    with pytest.raises(ValidationError, match="550"):
        schedules.send_to_me(actor=company.superior, schedule=made, now=NOW)


@pytest.mark.parametrize(
    "fields",
    [
        {"query": {"period": "custom", "since": "2026-01-01"}},
        {"query": {"since": "2026-01-01"}},
        {"query": {"period": "month", "on": "2026-01"}},
        {"query": {"rep": "nobody"}},
        {"query": {"period": "last_decade"}},
        {"report": "nothing"},
        {"condition": "above", "measure": "order_amount"},
        {"condition": "above", "measure": "nothing", "limit": 1},
        {"condition": "risen", "measure": "order_amount", "limit": 1, "query": {"compare": "none"}},
    ],
)
def test_what_cannot_work_is_refused(company, fields):
    with pytest.raises(ValidationError):
        schedule(company, **fields)
    assert not ScheduledReport.objects.exists()


def test_off_sends_nothing_and_on_again_makes_up_for_nothing(company):
    made = schedule(company)
    schedules.make_due_runs(now=EIGHT)
    schedules.switch(actor=company.superior, schedule=made, on=False, now=EIGHT)
    go(EIGHT + dt.timedelta(days=3))
    assert (mail.outbox, run().state) == ([], "skipped")
    schedules.switch(actor=company.superior, schedule=made, on=True, now=EIGHT + dt.timedelta(days=3))
    assert made.next_at == EIGHT + dt.timedelta(days=4)


def test_the_task_runs_what_is_due(company):
    made = schedule(company, [company.owner])
    ScheduledReport.objects.filter(pk=made.pk).update(next_at=NOW)
    assert send_scheduled_reports() == 1
    assert len(mail.outbox) == 1


def leave(person):
    person.is_active = False
    person.save(update_fields=["is_active"])


def test_what_somebody_who_left_had_set_up_stops(company):
    made = schedule(company, [company.owner])
    leave(company.superior)
    go()
    made.refresh_from_db()
    assert (mail.outbox, ScheduledRun.objects.count()) == ([], 0)
    assert (made.is_active, made.next_at) == (False, None)


def test_a_run_that_waits_when_its_maker_leaves_is_skipped_with_the_reason(company):
    schedule(company, [company.owner])
    schedules.make_due_runs(now=EIGHT)
    leave(company.superior)
    schedules.run_due(now=EIGHT)
    assert (mail.outbox, run().state) == ([], "skipped")
    assert company.superior.name in run().error


def test_who_switches_it_on_again_takes_it_over(company):
    made = schedule(company, [company.owner])
    leave(company.superior)
    go()
    made.refresh_from_db()
    schedules.switch(actor=company.admin, schedule=made, on=True, now=EIGHT)
    made.refresh_from_db()
    assert (made.owner, made.next_at) == (company.admin, EIGHT + dt.timedelta(days=1))
    go(made.next_at)
    assert [message.to for message in mail.outbox] == [["owner@example.com"]]


def test_who_may_not_open_the_report_takes_nothing_over(company):
    made = schedule(company, [company.owner])
    leave(company.superior)
    company.colleague.role.permissions.clear()
    made.refresh_from_db()
    with pytest.raises(ValidationError):
        schedules.switch(actor=company.colleague, schedule=made, on=True, now=EIGHT)
    assert ScheduledReport.objects.get().owner == company.superior


def test_recipients_without_any_address_are_refused(company):
    company.owner.email = ""
    company.owner.save(update_fields=["email"])
    with pytest.raises(ValidationError):
        schedule(company, [company.owner])
    schedule(company, [company.owner, company.superior])
    go()
    assert run().recipients == {str(company.owner.pk): "gone", str(company.superior.pk): "sent"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (smtplib.SMTPRecipientsRefused({"x": (550, b"no such user")}), "Refused"),
        (smtplib.SMTPDataError(452, b"later"), "again"),
        (smtplib.SMTPServerDisconnected("lost"), "unsure"),
    ],
)
def test_what_the_server_answers_is_told_apart_as_for_every_mail(company, monkeypatch, answer, expected):
    def send(*_args):
        raise answer

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", send)
    schedule(company, [company.owner])
    go()
    assert run().recipients[str(company.owner.pk)].startswith(expected)
