"""The evening's notice of tomorrow's visits (D3)."""

import datetime as dt

import pytest

from comms.models import Notification
from tests.factories import CustomerFactory, VisitTaskFactory
from tests.visits.conftest import DAY
from visits.services.reminders import remind_of_tomorrow
from visits.tasks import plans as tasks

pytestmark = pytest.mark.django_db

EVENING = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)  # 18:00 in Shanghai
TOMORROW = DAY + dt.timedelta(days=1)


def plan(rep, name, position=0, *, date=TOMORROW, **more):
    customer = CustomerFactory(owner=rep, name=name)
    return VisitTaskFactory(rep=rep, customer=customer, date=date, position=position, **more)


def test_each_rep_hears_how_many_wait_and_who_comes_first(people, django_assert_num_queries, written_in_2026):
    for position, name in enumerate(("丁店", "丙店", "乙店", "甲店")):
        plan(people.owner, name, position)
    plan(people.colleague, "独店")
    with django_assert_num_queries(
        5
    ):  # tasks, who was told, languages, the new notices, who wants them elsewhere
        assert remind_of_tomorrow(now=EVENING) == 2
    mine = Notification.objects.get(recipient=people.owner)
    assert mine.title == "明天（03-03 周二）有 4 家拜访"
    assert mine.body.endswith("丁店、丙店、乙店…")
    assert mine.url == "/today/?date=2026-03-03"
    assert mine.created_at == EVENING
    assert Notification.objects.get(recipient=people.colleague).body.endswith("独店")


def test_it_is_said_once_a_rep_and_day(people):
    plan(people.owner, "甲店")
    assert remind_of_tomorrow(now=EVENING) == 1
    plan(people.owner, "乙店")  # planned later in the evening: no second notice
    plan(people.colleague, "丙店")
    assert remind_of_tomorrow(now=EVENING + dt.timedelta(hours=1)) == 1
    assert remind_of_tomorrow(now=EVENING + dt.timedelta(hours=2)) == 0
    assert Notification.objects.filter(recipient=people.owner).count() == 1
    plan(people.owner, "丁店", date=TOMORROW + dt.timedelta(days=1))
    assert remind_of_tomorrow(now=EVENING + dt.timedelta(days=1)) == 1


def test_nobody_is_told_of_what_does_not_wait_tomorrow(people):
    plan(people.owner, "今天", date=DAY)
    plan(people.owner, "后天", date=TOMORROW + dt.timedelta(days=1))
    plan(people.owner, "完成", status="done")
    plan(people.owner, "跳过", status="skipped", skip_reason="店铺装修")
    plan(people.colleague, "离职")
    people.colleague.is_active = False
    people.colleague.save()
    assert remind_of_tomorrow(now=EVENING) == 0
    assert not Notification.objects.exists()


def test_tomorrow_is_that_of_shanghai(people):
    """23:30 UTC of 2 March is already 3 March there: tomorrow is the 4th."""
    plan(people.owner, "甲店")
    assert remind_of_tomorrow(now=dt.datetime(2026, 3, 2, 23, 30, tzinfo=dt.UTC)) == 0
    plan(people.owner, "乙店", date=TOMORROW + dt.timedelta(days=1))
    assert remind_of_tomorrow(now=dt.datetime(2026, 3, 2, 23, 30, tzinfo=dt.UTC)) == 1


def test_the_job_tells(people, monkeypatch):
    plan(people.owner, "甲店")
    monkeypatch.setattr("visits.services.reminders.timezone.now", lambda: EVENING)
    assert tasks.remind_of_tomorrow() == 1
