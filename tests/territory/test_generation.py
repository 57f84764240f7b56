"""Visit tasks from routes and plans (D1)."""

import datetime as dt
import json
import threading
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection

from crm.models import CustomerShare
from territory.services import Generated, generate_visit_tasks
from territory.tasks import generate_visit_tasks as task
from tests.factories import CustomerFactory, RouteFactory, RouteStopFactory, VisitTaskFactory
from visits.models import VisitPlan, VisitTask

MONDAY = dt.date(2026, 11, 23)
SUNDAY = MONDAY + dt.timedelta(days=6)
FAR_PAST = dt.date(2020, 1, 1)


@pytest.fixture
def route(people):
    route = RouteFactory(rep=people.owner, name="A", weekdays="1,4", starts_on=FAR_PAST)
    for position, name in enumerate(("甲", "乙", "丙"), start=1):
        RouteStopFactory(
            route=route, customer=CustomerFactory(owner=people.owner, name=name), position=position
        )
    return route


def run(**options):
    return generate_visit_tasks(**({"from_day": MONDAY, "to_day": SUNDAY} | options))


def test_weekdays_in_stop_order(route, people):
    assert run() == Generated(created=6, existing=0, skipped=0)
    tasks = VisitTask.objects.order_by("date", "position")
    assert [(t.date.isoweekday(), t.position, t.customer.name) for t in tasks] == [
        (1, 1, "甲"), (1, 2, "乙"), (1, 3, "丙"), (4, 1, "甲"), (4, 2, "乙"), (4, 3, "丙"),
    ]  # fmt: skip
    assert {(t.rep, t.source, t.source_id, t.status) for t in tasks} == {
        (people.owner, "route", route.pk, "open")
    }


def test_twice_changes_nothing(route):
    run()
    assert run() == Generated(created=0, existing=6, skipped=0)
    assert VisitTask.objects.count() == 6


def test_a_task_that_is_there_stays_as_it_is(route):
    mine = VisitTaskFactory(
        customer=route.stops.first().customer,
        date=MONDAY,
        status="skipped",
        skip_reason="关门",
        note="先打电话",
    )
    assert run() == Generated(created=5, existing=1, skipped=0)
    mine.refresh_from_db()
    assert (mine.status, mine.note, mine.source) == ("skipped", "先打电话", "one_off")


@pytest.mark.parametrize(
    ("change", "created"),
    [
        ({"is_active": False}, 0),
        ({"weekdays": ""}, 0),
        ({"starts_on": MONDAY + dt.timedelta(days=1)}, 3),  # Thursday only
        ({"ends_on": MONDAY}, 3),  # the last day counts
        ({"ends_on": MONDAY - dt.timedelta(days=1)}, 0),
        ({"starts_on": SUNDAY + dt.timedelta(days=1)}, 0),
    ],
)
def test_routes_in_use_and_in_their_time(route, change, created):
    for field, value in change.items():
        setattr(route, field, value)
    route.save()
    assert run().created == created


def test_inactive_customers_and_those_that_went_elsewhere_are_left_out(route, people):
    first, second, third = (stop.customer for stop in route.stops.all())
    first.status = "inactive"
    first.save()
    second.owner = people.outsider
    second.save()
    assert run() == Generated(created=2, existing=0, skipped=2)
    assert set(VisitTask.objects.values_list("customer", flat=True)) == {third.pk}
    CustomerShare.objects.create(customer=second, user=people.owner)  # shared with the rep: he may check in
    assert run() == Generated(created=2, existing=2, skipped=1)


def test_nobody_gets_tasks_who_has_left(route, people):
    people.owner.is_active = False
    people.owner.save()
    assert run().created == 0


def test_a_customer_on_two_routes_and_a_plan_gets_one_task(route, people):
    customer = route.stops.first().customer
    again = RouteFactory(rep=people.owner, name="B", weekdays="1", starts_on=FAR_PAST)
    RouteStopFactory(route=again, customer=customer)
    VisitPlan.objects.create(rep=people.owner, customer=customer, weekdays="1", starts_on=FAR_PAST)
    assert run(to_day=MONDAY) == Generated(created=3, existing=0, skipped=0)
    assert VisitTask.objects.get(customer=customer).source_id == route.pk


def test_plans(people):
    customer = CustomerFactory(owner=people.owner)
    plan = VisitPlan.objects.create(rep=people.owner, customer=customer, weekdays="3,7", starts_on=FAR_PAST)
    assert run() == Generated(created=2, existing=0, skipped=0)
    assert {(t.source, t.source_id, t.date.isoweekday()) for t in VisitTask.objects.all()} == {
        ("plan", plan.pk, 3), ("plan", plan.pk, 7),
    }  # fmt: skip


def test_one_route_only(route, people):
    other = RouteFactory(rep=people.owner, weekdays="1", starts_on=FAR_PAST)
    RouteStopFactory(route=other, customer=CustomerFactory(owner=people.owner))
    assert run(route_ids=[other.pk]).created == 1


def test_default_is_fourteen_days_from_today(route):
    generate_visit_tasks(today=MONDAY)
    dates = set(VisitTask.objects.values_list("date", flat=True))
    assert dates == {MONDAY + dt.timedelta(days=n) for n in (0, 3, 7, 10)}


@pytest.mark.parametrize("last", [MONDAY - dt.timedelta(days=1), MONDAY + dt.timedelta(days=366)])
def test_ranges_that_make_no_sense(db, last):
    with pytest.raises(ValidationError):
        run(to_day=last)


@pytest.mark.parametrize("copies", [1, 3])
def test_statements_do_not_grow_with_routes_and_days(people, copies, django_assert_num_queries):
    for number in range(copies):
        route = RouteFactory(rep=people.owner, weekdays="1,2,3,4,5,6,7", starts_on=FAR_PAST)
        for _ in range(copies):
            RouteStopFactory(route=route, customer=CustomerFactory(owner=people.owner))
        VisitPlan.objects.create(
            rep=people.owner,
            customer=CustomerFactory(owner=people.owner),
            weekdays=str(number + 1),
            starts_on=FAR_PAST,
        )
    # savepoint in and out, plans by level, routes, stops, plans, levels, shares, known tasks, insert
    with django_assert_num_queries(10):
        run()


def test_command_and_task(route):
    out = StringIO()
    call_command("generate_visit_tasks", "--from", "2026-11-23", "--to", "2026-11-29", "--json", stdout=out)
    assert json.loads(out.getvalue().splitlines()[-1]) == {"created": 6, "existing": 0, "skipped": 0}
    assert set(task()) == {"created", "existing", "skipped"}


def test_command_refuses_a_range_that_runs_backwards(db):
    with pytest.raises(CommandError) as caught:
        call_command("generate_visit_tasks", "--from", "2026-11-23", "--to", "2026-11-22")
    assert caught.value.returncode == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_make_each_task_once_and_count_it_once():
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only")
    route = RouteFactory(weekdays="1,4", starts_on=FAR_PAST)
    for position in range(1, 21):
        RouteStopFactory(route=route, customer=CustomerFactory(owner=route.rep), position=position)
    results, barrier = [], threading.Barrier(3)

    def generate():
        try:
            barrier.wait()
            results.append(run())
        finally:
            connection.close()

    threads = [threading.Thread(target=generate) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.created for result in results) == [0, 0, 40]
    assert sorted(result.existing for result in results) == [0, 40, 40]
    assert VisitTask.objects.count() == 40
