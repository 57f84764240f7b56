"""Real threads against PostgreSQL: one work report for each kind, date and person, whoever writes or reads at once (H3)."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from comms.models import Notification
from team.models import WorkReport
from team.services import report_comments, reports
from team.services.reports import Written
from tests.factories import UserFactory
from tests.races import race
from visits import services as visits_services
from visits.models import DailyReport

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="row locks are PostgreSQL's"),
]

FIRST = dt.date(2026, 11, 16)  # a Monday
NOW = dt.datetime(2026, 11, 20, 10, 0, tzinfo=dt.UTC)
FRIDAY = dt.date(2026, 11, 20)


def save(person, *, kind="week", first=FIRST, send=True, text="跑完滨湖片区", copies=()):
    written = Written(texts={"done": text, "plan": "先跑政务区"}, reviewer=person.superior, copies=copies)
    return reports.save_report(actor=person, kind=kind, first=first, written=written, send=send, now=NOW)


def kinds_of(outcomes):
    return [type(one) for one in outcomes]


def test_a_report_sent_four_times_at_once_is_one_and_told_once(people):
    outcomes = race(
        *[lambda n=n: save(people.owner, text=f"稿{n}", copies=[people.colleague.pk]) for n in range(4)]
    )
    assert kinds_of(outcomes).count(WorkReport) == 1
    refused = [one for one in outcomes if isinstance(one, ValidationError)]
    assert [one.code for one in refused] == ["sent"] * 3
    report = WorkReport.objects.get()
    winner = next(n for n, one in enumerate(outcomes) if isinstance(one, WorkReport))
    assert report.parts[0].text == f"稿{winner}"
    for reader in (people.superior, people.colleague):
        assert Notification.objects.filter(recipient=reader).count() == 1


def test_drafts_saved_at_once_are_one_row(people):
    outcomes = race(*[lambda n=n: save(people.owner, text=f"稿{n}", send=False) for n in range(4)])
    assert kinds_of(outcomes) == [WorkReport] * 4
    assert WorkReport.objects.get().parts[0].text in {f"稿{n}" for n in range(4)}


def test_the_day_s_end_and_a_report_by_hand_at_once_are_one_report(people):
    """Whoever comes first sends it; the report is that of the day's end and has its figures in either case."""
    for _n in range(6):
        boss = UserFactory(role=people.superior.role, superior=people.admin, department=people.sales)
        outcomes = race(
            lambda: visits_services.send_report(actor=boss, day=FRIDAY, remark="收工", now=NOW),  # noqa: B023
            lambda: save(boss, kind="day", first=FRIDAY, text="手写"),  # noqa: B023
        )
        report = WorkReport.objects.get(person=boss)
        assert isinstance(outcomes[0], DailyReport), outcomes
        assert report.daily_report == outcomes[0]
        assert report.status == "sent"
        if isinstance(outcomes[1], WorkReport):
            assert report.parts[0].text == "手写"
        else:
            assert outcomes[1].code == "sent"
            assert "收工" in report.words


def test_reviewer_and_copied_read_at_once_on_two_devices_each(people):
    report = save(people.owner, copies=[people.colleague.pk, people.outsider.pk])
    readers = [people.superior, people.colleague, people.outsider] * 2

    def read(person, minutes):
        fresh = WorkReport.objects.get(pk=report.pk)
        return reports.read_report(actor=person, report=fresh, now=NOW + dt.timedelta(minutes=minutes))

    outcomes = race(*[lambda person=person, n=n: read(person, n) for n, person in enumerate(readers)])
    assert all(isinstance(one, bool) for one in outcomes), outcomes
    report.refresh_from_db()
    assert report.status == "read"
    assert report.copies.filter(read_at__isnull=True).count() == 0
    before = (report.read_at, *report.copies.order_by("pk").values_list("read_at", flat=True))
    for n, person in enumerate(readers):
        read(person, 60 + n)
    report.refresh_from_db()
    assert (report.read_at, *report.copies.order_by("pk").values_list("read_at", flat=True)) == before


def test_read_and_taken_back_at_once_one_of_them_wins(people):
    for n in range(8):
        person = UserFactory(role=people.owner.role, superior=people.superior, department=people.sales)
        report = save(person, copies=[people.colleague.pk])
        reader = (people.superior, people.colleague)[n % 2]
        fresh = WorkReport.objects.get(pk=report.pk)
        read, back = race(
            lambda: reports.read_report(actor=reader, report=fresh, now=NOW),  # noqa: B023
            lambda: reports.take_back(actor=person, report=report),  # noqa: B023
        )
        report.refresh_from_db()
        was_read = report.read_at is not None or report.copies.filter(read_at__isnull=False).exists()
        if isinstance(back, WorkReport):
            assert (report.status, was_read, read) == ("draft", False, False)
        else:
            assert (back.code, read, was_read) == ("read", True, True)


def test_comments_of_two_at_once_both_stand_and_the_writer_hears_both(people):
    report = save(people.owner, copies=[people.colleague.pk])
    Notification.objects.all().delete()
    outcomes = race(
        *[
            lambda who=who, n=n: report_comments.comment(actor=who, report=report, text=f"意见{n}", now=NOW)
            for n, who in enumerate([people.superior, people.colleague] * 3)
        ]
    )
    assert all(one.pk for one in outcomes)
    assert sorted(report.comments.values_list("text", flat=True)) == [f"意见{n}" for n in range(6)]
    assert Notification.objects.filter(recipient=people.owner).count() == 6
