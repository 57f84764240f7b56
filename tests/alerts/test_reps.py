"""Rep alerts: domain-rules §4."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from alerts.models import RepAlert, RepAlertRule
from alerts.queries import rep_boards
from alerts.rules import compare_reps
from alerts.services import compute_alerts
from territory.models import TrackDay
from tests.factories import (
    CustomerFactory,
    DepartmentFactory,
    SalesOrderFactory,
    UserFactory,
    VisitFactory,
)
from visits.models import Visit

pytestmark = pytest.mark.django_db
# A Monday; the five working days before are 16 to 20 November 2026.
TODAY = dt.date(2026, 11, 23)
FRIDAY = dt.date(2026, 11, 20)
SUNDAY = dt.date(2026, 11, 22)


def visit(rep, day=FRIDAY, customer=None, **fields):
    """A valid visit of `rep` at a customer, at noon."""
    moment = dt.datetime.combine(day, dt.time(12), tzinfo=timezone.get_default_timezone())
    customer = customer or CustomerFactory(owner=rep, created_on=dt.date(2026, 1, 1))
    sequence = Visit.objects.filter(rep=rep, customer=customer, day=day).count() + 1
    return VisitFactory(rep=rep, customer=customer, check_in_at=moment, day=day, sequence=sequence, **fields)


def board(rule):
    (found,) = rep_boards([rule], TODAY)
    return {standing.rep_id: standing for standing in found.comparison.standings}, found


@pytest.fixture
def make_rule(no_rules):
    def _make(measure="visits", **fields):
        return RepAlertRule.objects.create(measure=measure, **fields)

    return _make


def test_the_average_counts_those_with_nothing(make_rule):
    """10, 5 and 0 visits: the average is 5, not 7.5; below 60 % of it is below 3."""
    busy, fair, idle = UserFactory.create_batch(3)
    for _ in range(10):
        visit(busy)
    for _ in range(5):
        visit(fair)
    standings, found = board(make_rule())
    assert found.comparison.average == Decimal("5.00")
    assert found.comparison.median == Decimal("5.00")
    assert [
        (s.value, s.rank, s.kind) for s in (standings[busy.pk], standings[fair.pk], standings[idle.pk])
    ] == [
        (10, 1, None),
        (5, 2, None),
        (0, 3, "none"),
    ]


def test_below_the_threshold_exactly():
    """Values 10, 8, 3: average 7, 60 % of it 4.2. And 5, 5, 2: average 4, half of it 2, which is not below 2."""
    values = {1: Decimal(10), 2: Decimal(8), 3: Decimal(3)}
    kinds = [s.kind for s in compare_reps(values, {1: 10, 2: 8, 3: 3}, 60).standings]
    assert kinds == [None, None, "below_average"]
    values = {1: Decimal(5), 2: Decimal(5), 3: Decimal(2)}
    found = compare_reps(values, {1: 5, 2: 5, 3: 2}, 50)
    assert [s.kind for s in found.standings] == [None, None, None]
    assert [s.rank for s in found.standings] == [1, 1, 3]


def test_the_threshold_is_not_compared_with_a_rounded_average():
    """1, 1, 2: the average is 1.333…, 75 % of it is exactly 1; a rounded 1.33 would hide the same at 1.34."""
    values = {1: Decimal(1), 2: Decimal(1), 3: Decimal(2)}
    assert {s.kind for s in compare_reps(values, dict.fromkeys(values, 1), 75).standings} == {None}
    assert (
        sum(s.kind == "below_average" for s in compare_reps(values, dict.fromkeys(values, 1), 76).standings)
        == 2
    )


def test_nobody_to_compare():
    assert compare_reps({}, {}, 60).standings == ()


def test_all_with_nothing_are_none_and_not_below():
    values = {1: Decimal(0), 2: Decimal(0)}
    assert [s.kind for s in compare_reps(values, {}, 60).standings] == ["none", "none"]


def test_no_track_on_the_last_working_day(make_rule):
    """A position of Friday speaks for Friday; one of Saturday does not count, and who sent none has an alert."""
    here, gone = UserFactory.create_batch(2)
    TrackDay.objects.create(rep=here, day=dt.date(2026, 11, 20))
    TrackDay.objects.create(rep=gone, day=dt.date(2026, 11, 21))
    found, _board = board(make_rule("tracked_days", window_days=1, threshold_percent=0))
    assert (found[here.pk].value, found[here.pk].kind) == (1, None)
    assert (found[gone.pk].value, found[gone.pk].kind) == (0, "none")


def test_visits_are_rows_and_customers_are_distinct_a_day(make_rule):
    """§2: X twice and Y once on one day are 3 visits and 2 customers; X on another day counts again."""
    rep = UserFactory()
    x, y = CustomerFactory.create_batch(2, owner=rep)
    visit(rep, customer=x)
    visit(rep, customer=x)
    visit(rep, customer=y)
    visit(rep, dt.date(2026, 11, 19), customer=x)
    assert board(make_rule("visits"))[0][rep.pk].value == 4
    assert board(make_rule("customers"))[0][rep.pk].value == 3


def test_what_does_not_count(make_rule):
    rep = UserFactory()
    customer = CustomerFactory(owner=rep)
    visit(rep, customer=customer, check_out_at=None)  # not checked out
    for status in ("draft", "cancelled"):
        SalesOrderFactory(customer=customer, ordered_on=FRIDAY, status=status, total=5)
    assert board(make_rule("visits"))[0][rep.pk].kind == "none"
    assert board(make_rule("orders"))[0][rep.pk].kind == "none"
    assert board(make_rule("order_amount"))[0][rep.pk].kind == "none"


def test_orders_and_sales_by_number_and_amount(make_rule):
    rep = UserFactory()
    customer = CustomerFactory(owner=rep)
    for total in ("10.10", "20.20"):
        order = SalesOrderFactory(customer=customer, ordered_on=FRIDAY, total=Decimal(total))
        order.deliveries.create(
            number=f"CK-{total}",
            customer=customer,
            rep=rep,
            issued_on=FRIDAY,
            due_on=FRIDAY,
            amount=Decimal(total),
            status="posted" if total == "10.10" else "reversed",
        )
    values = {
        measure: board(make_rule(measure))[0][rep.pk].value
        for measure in ("orders", "order_amount", "sales", "sales_amount")
    }
    assert values == {
        "orders": 2,
        "order_amount": Decimal("30.30"),
        "sales": 1,
        "sales_amount": Decimal("10.10"),
    }


def test_the_window(make_rule):
    """Today is left out; weekends are stepped over or counted as the rule says."""
    rep = UserFactory()
    visit(rep, TODAY)
    visit(rep, SUNDAY)
    visit(rep, dt.date(2026, 11, 16))
    visit(rep, dt.date(2026, 11, 13))  # the Friday before the week
    assert board(make_rule(window_days=5))[0][rep.pk].value == 1
    assert board(make_rule(window_days=6))[0][rep.pk].value == 2
    assert board(make_rule(window_days=5, working_days_only=False))[0][rep.pk].value == 1  # Sunday
    assert board(make_rule(window_days=7, working_days_only=False))[0][rep.pk].value == 2


def test_a_public_holiday_is_stepped_over(make_rule):
    """1 to 7 October 2026 is National Day: the working day before the 8th is 30 September."""
    rule = make_rule(window_days=1)
    (found,) = rep_boards([rule], dt.date(2026, 10, 8))
    assert found.days == (dt.date(2026, 9, 30),)


def test_scope(make_rule):
    head = DepartmentFactory()
    child = DepartmentFactory(parent=head)
    inside = UserFactory(department=child)
    UserFactory(department=DepartmentFactory())  # elsewhere
    UserFactory()  # nowhere
    UserFactory(department=head, is_active=False)
    UserFactory(department=head, role="manager")  # no rep
    standings, _found = board(make_rule(department=head))
    assert list(standings) == [inside.pk]


def test_opens_updates_and_closes(make_rule):
    rule = make_rule(threshold_percent=60)
    busy, lazy = UserFactory.create_batch(2)
    for _ in range(10):
        visit(busy)
    first = compute_alerts(today=TODAY)
    alert = RepAlert.objects.get()
    assert (first.opened, alert.rep, alert.kind, alert.value, alert.average, alert.rank, alert.of) == (
        1,
        lazy,
        "none",
        0,
        5,
        2,
        2,
    )
    rows = list(RepAlert.objects.values())
    again = compute_alerts(today=TODAY)
    assert (again.opened, again.closed) == (0, 0)
    assert list(RepAlert.objects.values()) == rows
    visit(lazy)
    compute_alerts(today=TODAY)
    alert.refresh_from_db()
    assert (alert.kind, alert.value, alert.average) == ("below_average", 1, Decimal("5.50"))
    for _ in range(8):
        visit(lazy)
    last = compute_alerts(today=TODAY)
    alert.refresh_from_db()
    assert (last.closed, alert.closed_on) == (1, TODAY)
    rule.delete()


@pytest.mark.parametrize("change", ["rule off", "rep left", "rep moved"])
def test_no_longer_compared_closes(make_rule, change):
    department = DepartmentFactory()
    rule = make_rule(department=department)
    rep = UserFactory(department=department)
    compute_alerts(today=TODAY)
    assert RepAlert.objects.open().get().rep == rep
    if change == "rule off":
        rule.is_enabled = False
        rule.save()
    elif change == "rep left":
        rep.is_active = False
        rep.save()
    else:
        rep.department = DepartmentFactory()
        rep.save()
    assert compute_alerts(today=TODAY).closed == 1
    assert not RepAlert.objects.open().exists()
