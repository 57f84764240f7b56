"""The demo company: the same from the same seed, loaded once, with something on every page."""

import datetime as dt
import io
import itertools
import json
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db.models import Count

from accounts.models import User
from alerts.models import Alert
from config.demo import load_demo
from crm.models import CompetitorSighting, Contact, Customer, FollowUp, Lead, OwnerChange, PoolRule
from crm.services import next_numbers
from sales.models import (
    DaySettlement,
    Delivery,
    OrderLine,
    SalesOrder,
    SalesReturn,
    StockBalance,
    StockDocument,
    StockLocation,
)
from sales.services.stock_check import check_stock
from team.models import Instruction
from territory.models import Route, TrackPoint
from tests.config.wipe import wipe
from visits import queries
from visits.models import DailyReport, Visit, VisitTask
from visits.rules.day_end import thaw

NOW = dt.datetime(2026, 11, 20, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Friday
SMALL = {"customers": 60, "reps": 3, "days": 14}


@pytest.fixture(scope="module")
def loaded(module_db):
    return load_demo(**SMALL, now=NOW)


@pytest.fixture
def company(loaded, db):
    return loaded


def test_every_part_has_something(company):
    assert (company.customers, company.reps) == (60, 3)
    assert Route.objects.count() >= 12  # up to five for each rep
    assert VisitTask.objects.filter(date=NOW.date()).exists()
    assert VisitTask.objects.filter(date__gt=NOW.date()).exists()
    assert Visit.objects.filter(day=NOW.date(), check_out_at__lte=NOW).exists()
    assert not Visit.objects.filter(check_in_at__gt=NOW).exists()
    assert TrackPoint.objects.filter(time__lte=NOW).count() == company.points > 0
    assert Alert.objects.open().exists()


def test_there_is_work_besides_visits(company):
    assert FollowUp.objects.filter(customer__isnull=False, at__lte=NOW).exists()
    assert not FollowUp.objects.filter(at__gt=NOW).exists()
    assert FollowUp.objects.filter(lead__isnull=False).exists()
    assert Lead.objects.filter(owner__isnull=True).exists()
    assert {"new", "contacted"} <= set(Lead.objects.values_list("stage", flat=True))
    assert Contact.objects.filter(reports_to__isnull=False).exists()
    assert CompetitorSighting.objects.exists()
    assert PoolRule.objects.filter(is_active=True).count() == 2
    for customer in Customer.objects.in_pool():
        assert OwnerChange.objects.filter(customer=customer, to_user=None, at=customer.pooled_at).exists()


def test_the_last_contact_is_the_latest_follow_up(company):
    for customer in Customer.objects.filter(follow_ups__isnull=False).distinct():
        last = customer.follow_ups.first()
        assert (customer.last_follow_up_on, customer.next_contact_at) == (last.day, last.next_at)


def test_sums_are_exact(company):
    for order in SalesOrder.objects.prefetch_related("lines"):
        assert order.total == sum(line.amount for line in order.lines.all())
    for line in OrderLine.objects.all():
        assert line.amount == line.quantity * line.price
        assert not line.is_gift or line.price == 0
    for delivery in Delivery.objects.prefetch_related("lines"):
        assert delivery.amount == sum(line.amount for line in delivery.lines.all())


def test_a_rep_is_never_in_two_shops(company):
    visits = Visit.objects.valid().order_by("rep", "check_in_at")
    visits = visits.values_list("rep", "check_in_at", "check_out_at")
    for (rep, _, left), (next_rep, came, _) in itertools.pairwise(visits):
        assert rep != next_rep or came >= left


def test_last_events_tell_the_truth(company):
    visited = Customer.objects.filter(visits__in=Visit.objects.valid()).distinct()
    for customer in visited:
        assert customer.last_visit_on == customer.visits.valid().latest("day").day
    assert not Customer.objects.filter(visits__isnull=True, last_visit_on__isnull=False).exists()


def test_two_vans_with_true_books(company):
    vans = StockLocation.objects.filter(kind="van")
    assert {van.rep for van in vans} == set(User.objects.filter(username__in=["rep1", "rep2"]))
    assert sorted(DaySettlement.objects.values_list("status", flat=True)) == ["open", *["settled"] * 5]
    assert StockDocument.objects.filter(kind="load", status="draft").count() == 1
    assert SalesReturn.objects.filter(status="posted", location__kind="van").count() == 2
    assert Delivery.objects.filter(order__isnull=True).exists()
    assert check_stock() == []


def seen():
    return [
        list(Visit.objects.order_by("rep", "check_in_at").values_list("customer__code", "check_in_at", "distance_m")),
        list(SalesOrder.objects.order_by("number").values_list("number", "total")),
        list(Delivery.objects.filter(order__isnull=True).order_by("pk").values_list("number", "customer__code", "amount")),
        list(StockBalance.objects.order_by("location__code", "product__code").values_list("product__code", "quantity")),
        list(SalesReturn.objects.order_by("pk").values_list("number", "amount", "used")),
    ]  # fmt: skip


@pytest.mark.once
def test_same_seed_same_data(company):
    first = seen()
    wipe()
    load_demo(**SMALL, now=NOW)
    assert seen() == first


def test_loading_again_changes_nothing(company, django_assert_max_num_queries):
    with django_assert_max_num_queries(10):
        out = io.StringIO()
        call_command("demo", "--json", stdout=out)
    assert json.loads(out.getvalue().splitlines()[-1]) == {
        "customers": 60,
        "reps": 3,
        "visits": company.visits,
        "orders": company.orders,
        "points": company.points,
    }


def test_the_next_number_by_hand_is_free(company):
    (number,) = next_numbers(name="customer")
    assert number == 61


def test_some_customers_are_neglected_and_one_rep_was_away(company):
    assert (
        Customer.objects.filter(owner__isnull=True).exists()
        or Customer.objects.filter(last_visit_on__isnull=True).exists()
    )
    last = dict(
        Visit.objects.filter(day__lt=NOW.date(), day__gte=NOW.date() - dt.timedelta(days=9))
        .values_list("rep__username")
        .annotate(Count("pk"))
    )
    assert "rep3" not in last
    assert last["rep1"] > 0


@pytest.mark.once
def test_a_sunday_has_work_too_and_the_small_hours_an_end(company):
    wipe()
    sunday = NOW.replace(hour=0, minute=20) + dt.timedelta(days=2)
    load_demo(**SMALL, now=sunday)
    assert VisitTask.objects.filter(date=sunday.date()).exists()
    # What was written hours ago was not about the day that has just begun.
    assert Instruction.objects.exists()
    assert not Instruction.objects.filter(day__gte=sunday.date()).exists()


def test_reports_of_the_last_days_tell_what_was_recorded(company):
    last = NOW.date() - dt.timedelta(days=1)
    reports = DailyReport.objects.select_related("rep")
    assert reports.count() >= 3
    for report in reports:
        then, now = thaw(report.figures), queries.rep_day(rep=report.rep, day=report.day).figures
        # What was planned for the next day has happened since.
        assert replace(then, tomorrow=[]) == replace(now, tomorrow=[])
    assert reports.filter(read_at__isnull=False).exists()
    assert not reports.filter(day__lt=last, read_at__isnull=True).exists()
    busy = set(VisitTask.objects.filter(date=last).values_list("rep", flat=True))
    assert len(busy - set(reports.filter(day=last).values_list("rep", flat=True))) == 1


def test_tasks_name_the_route_they_come_from(company):
    routes = set(Route.objects.values_list("pk", "rep"))
    assert set(VisitTask.objects.filter(source="route").values_list("source_id", "rep")) <= routes
