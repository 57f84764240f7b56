"""Each measure of the visit report against a slow reading of the rows (domain-rules §2)."""

import datetime as dt
import itertools
import random
import statistics

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sales.models import SalesOrder
from tests.factories import (
    CustomerFactory,
    RouteFactory,
    SalesOrderFactory,
    UserFactory,
    VisitFactory,
    VisitTaskFactory,
)
from visits.models import Visit, VisitOrder, VisitTask
from visits.queries.reports import Asked, skip_reasons, staff, visit_report

FIRST = dt.date(2026, 3, 2)
# 23:50 and 00:10 in Shanghai stand on two business days, though on one day in UTC.
HOURS = (dt.time(0, 10), dt.time(9, 0), dt.time(12, 0), dt.time(23, 50))
SHANGHAI = dt.timezone(dt.timedelta(hours=8))


def at(day, clock=dt.time(9)):
    return dt.datetime.combine(day, clock, SHANGHAI)


@pytest.fixture
def team(people):
    mate = UserFactory(name="周业务", department=people.other)
    homeless = UserFactory(name="无部门", department=None)
    return [people.owner, people.colleague, people.outsider, mate, homeless]


def visit(rep, customer, day, *, clock=dt.time(9), seconds=600, task=None, sequence=1, **more):
    start = at(day, clock)
    end = None if seconds is None else start + dt.timedelta(seconds=seconds)
    return VisitFactory(
        rep=rep, customer=customer, day=day, task=task, sequence=sequence,
        check_in_at=start, check_out_at=end, status="closed", **more,
    )  # fmt: skip


def make_days(team, seed, *, days=4, shops=5):
    """Random plans and visits: several a day, closed shops, forgotten check-outs, flags, orders that count or not."""
    rng = random.Random(seed)
    stores = [CustomerFactory(owner=rng.choice(team)) for _ in range(shops)]
    route = RouteFactory(rep=team[0])
    for rep, store, offset in itertools.product(team, stores, range(days)):
        day, task = FIRST + dt.timedelta(days=offset), None
        if rng.random() < 0.5:
            source = rng.choice(["route", "one_off"])
            task = VisitTaskFactory(
                rep=rep,
                customer=store,
                date=day,
                source=source,
                source_id=route.pk if source == "route" else None,
            )
        for sequence in range(1, rng.choice([0, 0, 1, 1, 2, 3]) + 1):
            outcome = rng.choice(["visited", "visited", "visited", "closed", "forgotten"])
            made = visit(
                rep, store, day, clock=rng.choice(HOURS), seconds=None if outcome == "forgotten" else rng.randrange(0, 4000),
                task=task if sequence == 1 else None, sequence=sequence, outcome=outcome,
                flags=rng.choice([[], [], ["outside"], ["clock", "future"]]), grade=rng.choice(["", "A", "B", "C", "D"]),
            )  # fmt: skip
            for _ in range(rng.choice([0, 0, 1, 2])):
                order = SalesOrderFactory(
                    customer=store, rep=rep, status=rng.choice(["submitted", "draft", "cancelled"])
                )
                VisitOrder.objects.create(visit=made, order=order)
        if task is not None:
            used = Visit.objects.filter(task=task, check_out_at__isnull=False).exists()
            task.status = "done" if used else rng.choice(["open", "skipped"])
            task.skip_reason = "时间不够" if task.status == "skipped" else ""
            task.save()


def group_of(row, by):
    task = row if isinstance(row, VisitTask) else row.task
    return {
        "rep": row.rep_id,
        "department": row.rep.department_id,
        "customer": row.customer_id,
        "day": row.date if isinstance(row, VisitTask) else row.day,
        "route": task.source_id if task and task.source == "route" else None,
    }[by]


def read_slowly(tasks, visits, by):
    """{group: {measure: value}}, row by row; "all" is the total."""
    counted = {
        link.visit_id
        for link in VisitOrder.objects.select_related("order")
        if link.order in SalesOrder.objects.counted()
    }
    found = {}
    route_of = {}
    for row in visits:  # a customer's day belongs to the route that any of its visits came from
        key, route = (row.rep_id, row.customer_id, row.day), group_of(row, "route")
        route_of[key] = route if route is not None else route_of.get(key)
    groups = {group_of(row, by) for row in (*tasks, *visits)} | {"all"}
    for group in groups:
        mine = [row for row in tasks if group in ("all", group_of(row, by))]
        made = [row for row in visits if group in ("all", group_of(row, by))]
        stops = {}
        for row in visits:
            key = (row.rep_id, row.customer_id, row.day)
            place = route_of[key] if by == "route" else group_of(row, by)
            if group in ("all", place):
                stops.setdefault(key, []).append(row)
        outcomes = {
            row.pk: {v.outcome for v in visits if v.task_id == row.pk and v.check_out_at} for row in mine
        }
        valid = [row for row in made if row.check_out_at is not None]
        dwell = [(row.check_out_at - row.check_in_at).total_seconds() for row in valid]
        served = [
            rows
            for rows in stops.values()
            if any(row.check_out_at and row.outcome == "visited" for row in rows)
        ]
        done = sum("visited" in outcomes[row.pk] for row in mine)
        closed = sum(outcomes[row.pk] == {"closed"} for row in mine)
        struck = sum(any(row.pk in counted for row in rows) for rows in served)
        found[group] = {
            "planned": len(mine), "done": done, "closed": closed,
            "skipped": sum(row.status == "skipped" for row in mine),
            "attainment": done / (len(mine) - closed) if len(mine) > closed else None,
            "visits": len(made), "valid": len(valid), "unplanned": sum(row.task_id is None for row in made),
            "forgotten": sum(row.outcome == "forgotten" for row in made), "flagged": sum(bool(row.flags) for row in made),
            "customers": len(stops), "customers_valid": len(served), "customers_ordered": struck,
            "strike": struck / len(served) if served else None,
            "average_s": sum(dwell) / len(dwell) if dwell else None,
            "median_s": statistics.median(dwell) if dwell else None,
            "grades": [(grade, sum(row.grade == grade for row in made)) for grade in "ABCD"],
        }  # fmt: skip
    return found


def compare(tally, expected):
    assert {name: getattr(tally, name) for name in expected} == expected


@pytest.mark.parametrize("by", ["rep", "department", "customer", "route", "day"])
@pytest.mark.parametrize("seed", [1, 2])
def test_measures_equal_a_slow_reading(team, by, seed):
    make_days(team, seed)
    tasks = list(VisitTask.objects.select_related("rep"))
    visits = list(Visit.objects.select_related("rep", "task"))
    expected = read_slowly(tasks, visits, by)
    report = visit_report(Asked(FIRST, FIRST + dt.timedelta(days=3), by, None))
    assert set(report.groups) == set(expected) - {"all"}
    for group, tally in report.groups.items():
        compare(tally, expected[group])
    compare(report.total, expected["all"])


def test_only_the_days_and_people_asked_for(team):
    make_days(team, 3)
    reps, middle = frozenset({team[0].pk, team[2].pk}), FIRST + dt.timedelta(days=1)
    tasks = list(VisitTask.objects.filter(rep__in=reps, date=middle).select_related("rep"))
    visits = list(Visit.objects.filter(rep__in=reps, day=middle).select_related("rep", "task"))
    report = visit_report(Asked(middle, middle, "day", reps))
    compare(report.total, read_slowly(tasks, visits, "day")["all"])


def test_three_visits_two_customers(people):
    """Domain-rules §2: rep A visits X twice and Y once on one day."""
    x, y = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.owner)
    visit(people.owner, x, FIRST)
    visit(people.owner, x, FIRST, clock=dt.time(14), sequence=2)
    visit(people.owner, y, FIRST, clock=dt.time(15))
    total = visit_report(Asked(FIRST, FIRST, "rep", None)).total
    assert (total.visits, total.customers, total.unplanned) == (3, 2, 3)
    assert total.attainment is None


def test_a_closed_shop_leaves_the_denominator(people):
    shut, served, missed = (VisitTaskFactory(customer__owner=people.owner, date=FIRST) for _ in range(3))
    visit(people.owner, shut.customer, FIRST, task=shut, outcome="closed", seconds=60)
    visit(people.owner, served.customer, FIRST, task=served, clock=dt.time(10))
    total = visit_report(Asked(FIRST, FIRST, "rep", None)).total
    assert (total.planned, total.done, total.closed, total.attainment) == (3, 1, 1, 0.5)
    assert missed.status == "open"
    order = SalesOrderFactory(customer=served.customer, total=10)
    VisitOrder.objects.create(visit=served.visits.get(), order=order)
    total = visit_report(Asked(FIRST, FIRST, "rep", None)).total
    # Two validly visited, one of them closed: it can have ordered nothing and leaves this denominator, too.
    assert (total.valid, total.customers, total.customers_valid, total.strike) == (2, 2, 1, 1.0)


def test_midnight_in_shanghai_parts_the_days(people):
    shop = CustomerFactory(owner=people.owner)
    late = visit(people.owner, shop, FIRST, clock=dt.time(23, 50), seconds=300)
    early = visit(people.owner, shop, FIRST + dt.timedelta(days=1), clock=dt.time(0, 10))
    assert late.check_in_at.astimezone(dt.UTC).date() == early.check_in_at.astimezone(dt.UTC).date()
    report = visit_report(Asked(FIRST, FIRST + dt.timedelta(days=1), "day", None))
    assert {day: tally.customers for day, tally in report.groups.items()} == {
        FIRST: 1,
        FIRST + dt.timedelta(days=1): 1,
    }


def test_nothing_is_nothing(people):
    report = visit_report(Asked(FIRST, FIRST, "route", frozenset()))
    assert report.groups == {}
    assert (report.total.visits, report.total.median_s, report.total.strike) == (0, None, None)


def test_statements_do_not_grow_with_the_rows(team):
    def count():
        with CaptureQueriesContext(connection) as queries:
            visit_report(Asked(FIRST, FIRST + dt.timedelta(days=3), "rep", None))
        return len(queries)

    make_days(team, 4, days=1, shops=1)
    few = count()
    make_days(team, 5)
    assert count() == few == 4


def test_reasons_of_skips_are_counted(people):
    for reason in ("店铺关门", "时间不够", "时间不够"):
        VisitTaskFactory(customer__owner=people.owner, date=FIRST, status="skipped", skip_reason=reason)
    assert skip_reasons(Asked(FIRST, FIRST, "rep", None)) == [("时间不够", 2), ("店铺关门", 1)]


def test_whose_figures_somebody_may_see(people):
    def reps(user, rep_id=None, department_id=None):
        return staff(user).reps(rep_id, department_id)

    assert reps(people.admin) is None
    assert reps(people.owner) == {people.owner.pk}
    assert reps(people.superior, people.outsider.pk) == frozenset()
    mine = {people.superior.pk, people.owner.pk, people.colleague.pk}
    assert reps(people.superior, department_id=people.sales.pk) == mine
    assert reps(people.superior, department_id=people.other.pk) == frozenset()
    assert reps(people.admin, department_id=people.head.pk) >= mine | {people.outsider.pk}
