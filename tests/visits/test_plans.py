"""The writers of plans, and what becomes of their tasks."""

import datetime as dt
from dataclasses import replace

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError

from crm.models import CustomerShare
from territory.services import generate_visit_tasks
from tests.factories import CustomerFactory, UserFactory, VisitFactory
from visits import services
from visits.models import LevelFrequency, VisitPlan, VisitTask
from visits.services.plans import (
    PlanTerms,
    check_terms,
    hand_over_plans,
    resume_plans,
    save_plans,
    stop_plans,
)

pytestmark = pytest.mark.django_db

MONDAY = dt.date(2026, 11, 23)  # two weeks without holidays
DAILY = PlanTerms(starts_on=MONDAY, weekdays="1,2,3,4,5")


def after(days: int) -> dt.date:
    return MONDAY + dt.timedelta(days=days)


def dates(**filters) -> list[int]:
    """Days after Monday that have a task."""
    found = VisitTask.objects.filter(**filters).order_by("date").values_list("date", flat=True)
    return [(day - MONDAY).days for day in found]


def save(people, shop, terms=DAILY, *, actor=None, rep=None, today=MONDAY):
    pairs = [((rep or people.owner).pk, shop.pk)]
    return save_plans(actor=actor or people.superior, pairs=pairs, terms=terms, today=today)


def test_a_plan_makes_its_tasks_of_two_weeks(people, shop):
    result = save(people, shop, replace(DAILY, weekdays="2,4", note="早上去"))
    assert (result.created, result.tasks_made) == (1, 4)
    assert dates() == [1, 3, 8, 10]
    task, plan = VisitTask.objects.first(), VisitPlan.objects.get()
    assert (task.source, task.source_id, task.note, task.created_by) == (
        "plan",
        plan.pk,
        "早上去",
        people.superior,
    )
    assert LogEntry.objects.get_for_object(plan).get().actor == people.superior
    generate_visit_tasks(today=MONDAY)
    assert dates() == [1, 3, 8, 10]  # the nightly job makes no second one
    assert save(people, shop, replace(DAILY, weekdays="2,4", note="早上去")).same == 1


def test_a_changed_plan_leaves_today_and_the_next_two_days(people, shop):
    save(people, shop)
    assert dates() == [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]
    result = save(people, shop, replace(DAILY, weekdays="2"))
    assert (result.changed, result.tasks_removed, result.tasks_made) == (1, 6, 0)
    assert dates() == [0, 1, 2, 8]
    # Nor does the job bring new days into them.
    save(people, shop, replace(DAILY, weekdays="2,3,4"), today=after(6))
    generate_visit_tasks(today=after(6))
    assert [day for day in dates() if 6 <= day <= 8] == [8]


def test_a_stopped_plan_leaves_today_and_the_next_two_days(people, shop):
    save(people, shop)
    plan = VisitPlan.objects.get()
    result = stop_plans(actor=people.superior, plan_ids=[plan.pk], today=MONDAY)
    assert (result.changed, result.tasks_removed) == (1, 7)
    assert dates() == [0, 1, 2]
    generate_visit_tasks(today=MONDAY)
    assert dates() == [0, 1, 2]
    assert stop_plans(actor=people.superior, plan_ids=[plan.pk], today=MONDAY).same == 1
    assert resume_plans(actor=people.superior, plan_ids=[plan.pk], today=MONDAY).tasks_made == 7
    assert dates() == [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]


def test_what_was_visited_skipped_moved_or_made_by_hand_stays(people, shop):
    save(people, shop)
    task = {(t.date - MONDAY).days: t for t in VisitTask.objects.all()}
    VisitFactory(customer=shop, rep=people.owner, task=task[4], day=after(4))
    services.skip_task(actor=people.owner, task=task[7], reason="客户改约")
    services.move_task(actor=people.owner, task=task[8], date=after(12))
    services.create_tasks(
        actor=people.owner, rep=people.owner, customer_ids=[shop.pk], date=after(13), source="one_off"
    )
    stop_plans(actor=people.superior, plan_ids=[VisitPlan.objects.get().pk], today=MONDAY)
    assert dates() == [0, 1, 2, 4, 7, 12, 13]


def test_a_moved_task_does_not_come_again(people, shop):
    save(people, shop, replace(DAILY, weekdays="4"))
    first = VisitTask.objects.get(date=after(3))
    services.move_task(actor=people.owner, task=first, date=after(4))
    first.refresh_from_db()
    assert first.moved_from == after(3)
    generate_visit_tasks(today=MONDAY)
    assert dates() == [4, 10]
    services.move_task(actor=people.owner, task=first, date=after(3))
    first.refresh_from_db()
    assert first.moved_from is None
    # To another rep of the same day: it is still the plan's visit.
    CustomerShare.objects.create(customer=shop, user=people.colleague)
    services.assign_tasks(actor=people.superior, task_ids=[first.pk], rep=people.colleague, date=after(3))
    generate_visit_tasks(today=MONDAY)
    assert dates(rep=people.owner) == [10]
    assert dates(rep=people.colleague) == [3]


def test_tasks_go_only_to_reps_who_may_check_in_there(people, shop):
    save(people, shop)
    task = VisitTask.objects.first()
    for actor, rep in ((people.superior, people.colleague), (people.superior, people.outsider)):
        with pytest.raises(ValidationError):
            services.assign_tasks(actor=actor, task_ids=[task.pk], rep=rep, date=MONDAY)
    assert (
        services.assign_tasks(
            actor=people.outsider, task_ids=[task.pk], rep=people.outsider, date=MONDAY
        ).moved
        == 0
    )


def test_another_rep_takes_over(people, shop):
    save(people, shop)
    CustomerShare.objects.create(customer=shop, user=people.colleague)
    plan = VisitPlan.objects.get()
    result = hand_over_plans(actor=people.superior, plan_ids=[plan.pk], rep=people.colleague, today=MONDAY)
    assert (result.changed, result.tasks_removed, result.tasks_made) == (1, 7, 7)
    assert dates(rep=people.owner) == [0, 1, 2]
    assert dates(rep=people.colleague) == [3, 4, 7, 8, 9, 10, 11]


def test_a_handover_is_refused_one_by_one(people, shop):
    other, twice = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.owner)
    CustomerShare.objects.create(customer=twice, user=people.colleague)
    for customer in (shop, other, twice):
        save(people, customer)
    save(people, twice, rep=people.colleague)
    ids = list(VisitPlan.objects.filter(rep=people.owner).values_list("pk", flat=True))
    result = hand_over_plans(actor=people.superior, plan_ids=ids, rep=people.colleague, today=MONDAY)
    assert (result.changed, result.refused) == (0, 3)
    with pytest.raises(ValidationError):
        hand_over_plans(actor=people.superior, plan_ids=ids, rep=people.outsider, today=MONDAY)


def test_two_reps_at_one_customer_on_one_day(people, shop):
    CustomerShare.objects.create(customer=shop, user=people.colleague)
    pairs = [(people.owner.pk, shop.pk), (people.colleague.pk, shop.pk)]
    result = save_plans(actor=people.superior, pairs=pairs, terms=replace(DAILY, weekdays="1"), today=MONDAY)
    assert (result.created, result.tasks_made) == (2, 4)
    assert set(VisitTask.objects.filter(date=MONDAY).values_list("rep", flat=True)) == {
        people.owner.pk, people.colleague.pk,
    }  # fmt: skip


def test_who_may_plan(people, shop):
    assert save(people, shop, actor=people.owner).created == 1
    strange = CustomerFactory(owner=people.outsider)
    for actor, rep, customer in (
        (people.owner, people.colleague, shop),
        (people.superior, people.outsider, shop),
        (people.superior, people.owner, strange),
        (people.outsider, people.outsider, shop),
    ):
        with pytest.raises(ValidationError):
            save(people, customer, actor=actor, rep=rep)
    # Seen by the manager, not by this rep.
    assert save(people, shop, rep=people.colleague).refused == 1
    plan = VisitPlan.objects.get()
    assert stop_plans(actor=people.outsider, plan_ids=[plan.pk], today=MONDAY).changed == 0


@pytest.mark.parametrize(
    "change",
    [
        {"weekdays": ""},
        {"rhythm": "days", "every": 0},
        {"rhythm": "days", "every": 367},
        {"rhythm": "cycle", "frequency": 29},
        {"ends_on": MONDAY - dt.timedelta(days=1)},
    ],
)
def test_terms_that_make_no_sense(change):
    with pytest.raises(ValidationError):
        check_terms(replace(DAILY, **change))


def test_terms_keep_only_what_their_rhythm_uses():
    terms = check_terms(PlanTerms(MONDAY, "cycle", every=3, weekdays="1", frequency=2, note=" x "))
    assert (terms.every, terms.weekdays, terms.frequency, terms.note) == (1, "", 2, "x")


def test_as_often_as_the_level_says_and_again_when_it_changes(people):
    shop = CustomerFactory(owner=people.owner, level="A")
    cycle = PlanTerms(starts_on=MONDAY, rhythm="cycle")
    assert save(people, shop, cycle).tasks_made == 2  # four in 28 days
    LevelFrequency.objects.filter(level="A").update(visits=20)
    generate_visit_tasks(today=MONDAY)
    assert dates() == [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]
    LevelFrequency.objects.filter(level="A").update(visits=1)
    generate_visit_tasks(today=MONDAY)
    assert dates()[:3] == [0, 1, 2]
    assert len(dates()) <= 4


def test_inactive_customers_and_people_who_left_get_no_tasks(people, shop):
    shop.status = "inactive"
    shop.save()
    assert save(people, shop).tasks_made == 0


@pytest.mark.parametrize("count", [1, 30])
def test_planning_is_set_based(count, people, django_assert_max_num_queries):
    shops = [CustomerFactory(owner=people.owner) for _ in range(count)]
    pairs = [(people.owner.pk, shop.pk) for shop in shops]
    with django_assert_max_num_queries(20):
        save_plans(actor=people.superior, pairs=pairs, terms=DAILY, today=MONDAY)
    ids = list(VisitPlan.objects.values_list("pk", flat=True))
    with django_assert_max_num_queries(20):
        stop_plans(actor=people.superior, plan_ids=ids, today=MONDAY)


def test_the_order_of_new_tasks_follows_those_that_stand(people):
    shops = [CustomerFactory(owner=people.owner) for _ in range(3)]
    services.create_tasks(
        actor=None, rep=people.owner, customer_ids=[shops[0].pk], date=MONDAY, source="one_off"
    )
    pairs = [(people.owner.pk, shop.pk) for shop in shops[1:]]
    save_plans(actor=people.superior, pairs=pairs, terms=DAILY, today=MONDAY)
    found = VisitTask.objects.filter(date=MONDAY).order_by("position").values_list("customer", flat=True)
    assert list(found) == [shop.pk for shop in shops]


def test_an_inactive_rep_cannot_be_planned_for(people, shop):
    gone = UserFactory(superior=people.superior, department=people.sales, is_active=False)
    with pytest.raises(ValidationError):
        save(people, shop, rep=gone)
