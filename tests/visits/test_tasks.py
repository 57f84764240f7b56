"""The writers of tasks."""

import datetime as dt

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError

from tests.factories import CustomerFactory, VisitTaskFactory
from tests.visits.conftest import DAY, NOW, fix_at
from visits import services
from visits.models import VisitTask
from visits.services import TaskResult

pytestmark = pytest.mark.django_db

SUNDAY = DAY + dt.timedelta(days=6)


def plan(people, ids, *, actor=None, rep=None, date=DAY, source="route"):
    return services.create_tasks(
        actor=actor, rep=rep or people.owner, customer_ids=ids, date=date, source=source
    )


def test_a_day_off_and_another_rep_at_the_door_are_reported(people):
    """Domain-rules §2, D2: both are allowed, and nobody is left to find out by himself."""
    shops = [CustomerFactory(owner=people.owner) for _ in range(3)]
    for shop in shops[:2]:
        VisitTaskFactory(rep=people.colleague, customer=shop, date=SUNDAY)
    VisitTask.objects.filter(customer=shops[1]).update(status="skipped", skip_reason="店铺装修")
    result = plan(people, [shop.pk for shop in shops], date=SUNDAY)
    assert result == TaskResult(3, 0, 0, 1, is_day_off=True)
    monday = SUNDAY + dt.timedelta(days=1)
    assert plan(people, [shops[0].pk], date=monday) == TaskResult(1, 0)


def test_tasks_are_appended_in_the_given_order(people):
    shops = [CustomerFactory(owner=people.owner).pk for _ in range(4)]
    assert plan(people, [shops[3], shops[1]]) == TaskResult(2, 0)
    assert plan(people, [shops[0], shops[1], shops[2], shops[0]]) == TaskResult(2, 1)
    assert list(VisitTask.objects.values_list("customer_id", "position")) == [
        (shops[3], 0),
        (shops[1], 1),
        (shops[0], 2),
        (shops[2], 3),
    ]


@pytest.mark.parametrize("count", [1, 60])
def test_planning_is_set_based(count, people, django_assert_max_num_queries):
    shops = [CustomerFactory(owner=people.owner).pk for _ in range(count)]
    with django_assert_max_num_queries(9):
        plan(people, shops)


def test_planning_nothing(people):
    assert plan(people, []) == TaskResult(0, 0)


def test_a_customer_the_rep_does_not_see_is_left_out(people):
    mine, strange = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.outsider)
    assert plan(people, [mine.pk, strange.pk, 10**9]) == TaskResult(1, 0, 2)


def test_an_actor_plans_within_his_scope_only(people, shop):
    assert plan(people, [shop.pk], actor=people.superior).created == 1
    for ids, rep in (
        ([shop.pk], people.outsider),
        ([CustomerFactory(owner=people.outsider).pk], people.owner),
    ):
        with pytest.raises(ValidationError):
            plan(people, ids, actor=people.superior, rep=rep)


def test_transitions_are_in_the_audit_log(people, shop):
    task = VisitTaskFactory(customer=shop, date=DAY)
    services.skip_task(actor=people.superior, task=task, reason="下雨")
    entry = LogEntry.objects.get_for_object(task).filter(action=LogEntry.Action.UPDATE).get()
    assert entry.actor == people.superior
    assert entry.changes["status"] == ["open", "skipped"]


def test_a_done_task_is_final(people, shop):
    task = VisitTaskFactory(customer=shop, date=DAY, status="done")
    for call in (
        lambda: services.skip_task(actor=people.owner, task=task, reason="x"),
        lambda: services.reopen_task(actor=people.owner, task=task),
        lambda: services.move_task(actor=people.owner, task=task, date=DAY + dt.timedelta(days=1)),
    ):
        with pytest.raises(ValidationError):
            call()


def test_a_stale_copy_changes_nothing(people, shop):
    task = VisitTaskFactory(customer=shop, date=DAY)
    stale = VisitTask.objects.get(pk=task.pk)
    services.skip_task(actor=people.owner, task=task, reason="先到")
    with pytest.raises(ValidationError):
        services.skip_task(actor=people.owner, task=stale, reason="后到")
    task.refresh_from_db()
    assert task.skip_reason == "先到"


def test_the_task_of_a_visit_that_is_on_stays(people, shop):
    task = VisitTaskFactory(customer=shop, date=DAY)
    services.check_in(actor=people.owner, customer_id=shop.pk, fix=fix_at(), now=NOW)
    with pytest.raises(ValidationError, match="百佳超市"):
        services.skip_task(actor=people.owner, task=task, reason="x")
    with pytest.raises(ValidationError, match="百佳超市"):
        services.move_task(actor=people.owner, task=task, date=DAY + dt.timedelta(days=1))
