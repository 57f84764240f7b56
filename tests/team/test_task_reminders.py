"""Reminders and the word to the superior: once each, and not into anybody's night."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import SystemOptions
from comms.models import Notification, NotifySettings, OutboxItem
from team.models import CustomerTask
from team.services.task_reminders import escalate_tasks, remind_of_tasks
from team.tasks.tasks import remind_customer_tasks
from tests.factories import CustomerFactory, CustomerTaskFactory

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 25, 4, tzinfo=dt.UTC)  # 12:00 in Hefei, a Wednesday
HOUR = dt.timedelta(hours=1)


def due(owner, at, **more):
    return CustomerTaskFactory(customer=CustomerFactory(owner=owner), due_at=at, **more)


def reminded(owner, at, **more):
    return due(owner, at + HOUR, remind_minutes=60, remind_at=at, **more)


def titles(person):
    return [notice.title for notice in Notification.objects.filter(recipient=person)]


def test_everybody_is_told_in_his_own_language(people):
    for person in (people.owner, people.superior):
        person.language = "en"
        person.save()
    SystemOptions.objects.update_or_create(pk=1, defaults={"task_escalation_hours": 24})
    reminded(people.owner, NOON, title="送样品")
    due(people.owner, NOON - 30 * HOUR, title="迟了")
    assert (remind_of_tasks(now=NOON), escalate_tasks(now=NOON)) == (1, 1)
    assert titles(people.owner)[0].startswith("Customer task due")
    assert titles(people.superior)[0].startswith("Overdue customer task of")


def test_reminded_once_at_its_time(people, written_in_2026):
    task = reminded(people.owner, NOON, title="送样品")
    assert remind_of_tasks(now=NOON - HOUR / 60) == 0
    assert remind_of_tasks(now=NOON) == 1
    assert remind_of_tasks(now=NOON + HOUR) == 0
    assert titles(people.owner) == ["客户任务 11-25 周三 13:00 到期：送样品"]
    task.refresh_from_db()
    assert task.reminded_at == NOON


def test_a_key_told_once_is_not_told_again(people):
    """Whatever forgot that it was told: the notice's key remembers."""
    reminded(people.owner, NOON)
    remind_of_tasks(now=NOON)
    CustomerTask.objects.update(reminded_at=None)
    remind_of_tasks(now=NOON)
    assert len(titles(people.owner)) == 1


@pytest.mark.parametrize(
    "more", [{"status": "done", "done_at": NOON}, {"status": "cancelled"}, {"reminded_at": NOON}]
)
def test_not_reminded_of(people, more):
    reminded(people.owner, NOON, **more)
    assert remind_of_tasks(now=NOON) == 0


def test_nobody_who_left_and_nothing_old(people):
    reminded(people.owner, NOON - dt.timedelta(days=8))
    reminded(people.colleague, NOON)
    people.colleague.is_active = False
    people.colleague.save(update_fields=["is_active"])
    assert remind_of_tasks(now=NOON) == 0


def test_at_night_the_notice_is_there_and_the_phone_stays_quiet(people):
    """What goes out over a channel waits for the end of the quiet hours, and there is one of it."""
    people.owner.email = "owner@example.com"
    people.owner.save(update_fields=["email"])
    NotifySettings.objects.create(user=people.owner, choices={"task:email": "now"})
    night = dt.datetime(2026, 11, 25, 15, tzinfo=dt.UTC)  # 23:00
    reminded(people.owner, night)
    remind_of_tasks(now=night)
    remind_of_tasks(now=night + HOUR)
    assert len(titles(people.owner)) == 1
    [item] = OutboxItem.objects.filter(recipient=people.owner)
    local = timezone.localtime(item.due_at)
    assert (local.date(), local.time()) == (dt.date(2026, 11, 26), SystemOptions.load().quiet_end)


def test_the_superior_hears_of_it_once(people):
    task = due(people.owner, NOON, title="退换货")
    assert escalate_tasks(now=NOON + 23 * HOUR) == 0
    assert escalate_tasks(now=NOON + 24 * HOUR) == 1
    assert escalate_tasks(now=NOON + 25 * HOUR) == 0
    assert titles(people.superior) == ["李业务 的客户任务已逾期：退换货"]
    assert titles(people.owner) == []
    assert task.events.get().person == people.superior


def test_the_options_hours_count(people):
    due(people.owner, NOON)
    options = SystemOptions.load()
    options.task_escalation_hours = None
    options.save()
    assert escalate_tasks(now=NOON + 100 * HOUR) == 0
    options.task_escalation_hours = 2
    options.save()
    assert escalate_tasks(now=NOON + HOUR) == 0
    assert escalate_tasks(now=NOON + 2 * HOUR) == 1


def test_without_a_superior_it_waits_for_one(people):
    task = due(people.outsider, NOON)
    assert escalate_tasks(now=NOON + 30 * HOUR) == 0
    people.outsider.superior = people.admin
    people.outsider.save(update_fields=["superior"])
    assert escalate_tasks(now=NOON + 31 * HOUR) == 1
    task.refresh_from_db()
    assert task.escalated_at == NOON + 31 * HOUR


def test_few_statements_for_many_tasks(people, django_assert_num_queries):
    for _n in range(5):
        reminded(people.owner, NOON)
    with django_assert_num_queries(10):
        remind_of_tasks(now=NOON)


def test_the_job_does_both(people):
    now = timezone.now()
    reminded(people.owner, now - HOUR)
    due(people.owner, now - 25 * HOUR)
    remind_customer_tasks()
    remind_customer_tasks()
    assert len(titles(people.owner)) == 1
    assert len(titles(people.superior)) == 1
