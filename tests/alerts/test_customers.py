"""Customer alerts: the worked examples of domain-rules §3."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.models import Alert, AlertRun
from alerts.services import compute_alerts
from crm.models import Customer
from tests.factories import CustomerFactory, DepartmentFactory, UserFactory

pytestmark = pytest.mark.django_db
D = dt.date


def open_alerts(**filters):
    return {
        (alert.customer_id, alert.kind): alert
        for alert in Alert.objects.filter(closed_on__isnull=True, **filters)
    }


def is_open(customer, kind="unvisited"):
    return (customer.pk, kind) in open_alerts()


# --- the example of §3, day by day
def test_example_of_level_a(rule):
    rule("unvisited", 14, level="A")
    customer = CustomerFactory(level="A", created_on=D(2026, 1, 1), last_visit_on=D(2026, 3, 1))
    compute_alerts(today=D(2026, 3, 15))
    assert not is_open(customer)
    compute_alerts(today=D(2026, 3, 16))
    alert = open_alerts()[customer.pk, "unvisited"]
    assert (alert.base_on, alert.period_days, alert.due_on) == (D(2026, 3, 1), 14, D(2026, 3, 15))
    assert alert.opened_on == D(2026, 3, 16)
    assert alert.days_overdue(D(2026, 3, 16)) == 1
    compute_alerts(today=D(2026, 3, 20))
    assert open_alerts()[customer.pk, "unvisited"].pk == alert.pk  # the same alert: days overdue is derived
    Customer.objects.filter(pk=customer.pk).update(last_visit_on=D(2026, 3, 20))
    compute_alerts(today=D(2026, 3, 20))
    assert not is_open(customer)
    alert.refresh_from_db()
    assert alert.closed_on == D(2026, 3, 20)
    compute_alerts(today=D(2026, 4, 3))  # the next D
    assert not is_open(customer)
    compute_alerts(today=D(2026, 4, 4))
    assert is_open(customer)
    assert Alert.objects.count() == 2


@pytest.mark.parametrize(
    ("created", "received", "first_open"),
    [
        (D(2026, 3, 1), D(2026, 3, 1), D(2026, 3, 12)),
        (D(2026, 3, 1), D(2026, 3, 5), D(2026, 3, 16)),  # the present owner got it later
        (D(2026, 3, 5), D(2026, 3, 1), D(2026, 3, 16)),  # imported with an older handover date
    ],
)
@pytest.mark.parametrize("kind", ["unvisited", "unordered", "unsold"])
def test_without_an_event_the_later_of_created_and_received_counts(rule, kind, created, received, first_open):
    rule(kind, 10)
    customer = CustomerFactory(created_on=created, received_on=received)
    compute_alerts(today=first_open - dt.timedelta(days=1))
    assert not is_open(customer, kind)
    compute_alerts(today=first_open)
    assert is_open(customer, kind)


def test_an_event_counts_even_before_the_present_owner(rule):
    """§3: the last event, whatever came after it; created and received only where there is none."""
    rule("unvisited", 10)
    customer = CustomerFactory(
        created_on=D(2026, 1, 1), received_on=D(2026, 3, 5), last_visit_on=D(2026, 3, 1)
    )
    compute_alerts(today=D(2026, 3, 12))
    assert open_alerts()[customer.pk, "unvisited"].base_on == D(2026, 3, 1)


def test_each_kind_reads_its_own_column(rule):
    for kind in ("unvisited", "unordered", "unsold"):
        rule(kind, 10)
    old, new = D(2026, 1, 1), D(2026, 3, 1)
    for kind, column in [
        ("unvisited", "last_visit_on"),
        ("unordered", "last_order_on"),
        ("unsold", "last_sale_on"),
    ]:
        columns = dict.fromkeys(("last_visit_on", "last_order_on", "last_sale_on"), new) | {column: old}
        customer = CustomerFactory(created_on=old, **columns)
        compute_alerts(today=D(2026, 3, 5))
        assert [key[1] for key in open_alerts(customer=customer)] == [kind]


# --- who is not judged
@pytest.mark.parametrize(
    "fields",
    [{"owner": None}, {"status": "inactive"}, {"alerts_exempt": True}],
    ids=["pool", "inactive", "exempt"],
)
def test_not_judged(rule, fields):
    rule("unvisited", 10)
    customer = CustomerFactory(created_on=D(2026, 1, 1), **fields)
    compute_alerts(today=D(2026, 6, 1))
    assert not is_open(customer)


@pytest.mark.parametrize(
    "fields",
    [{"owner": None, "received_on": None}, {"status": "inactive"}, {"alerts_exempt": True}],
    ids=["pool", "inactive", "exempt"],
)
def test_no_longer_judged_closes(rule, fields):
    rule("unvisited", 10)
    customer = CustomerFactory(created_on=D(2026, 1, 1))
    compute_alerts(today=D(2026, 6, 1))
    assert is_open(customer)
    Customer.objects.filter(pk=customer.pk).update(**fields)
    run = compute_alerts(today=D(2026, 6, 1))
    assert (run.opened, run.closed) == (0, 1)
    assert not is_open(customer)


def test_a_kind_without_rule_is_not_judged_and_a_rule_taken_away_closes(rule):
    general = rule("unvisited", 10)
    customer = CustomerFactory(created_on=D(2026, 1, 1))
    compute_alerts(today=D(2026, 6, 1))
    assert list(open_alerts()) == [(customer.pk, "unvisited")]
    general.is_enabled = False
    general.save()
    assert compute_alerts(today=D(2026, 6, 1)).closed == 1
    assert not open_alerts()


def test_a_rule_for_another_level_leaves_the_customer_unjudged(rule):
    rule("unvisited", 10, level="B")
    rule("unordered", 10)
    customer = CustomerFactory(level="A", created_on=D(2026, 1, 1))
    no_level = CustomerFactory(level="", created_on=D(2026, 1, 1))
    compute_alerts(today=D(2026, 6, 1))
    assert {key for key in open_alerts() if key[1] == "unvisited"} == set()
    assert is_open(customer, "unordered")
    assert is_open(no_level, "unordered")


# --- which rule
def test_specificity(rule):
    """level + department > level > department > general, whatever the periods."""
    head = DepartmentFactory()
    child = DepartmentFactory(parent=head)
    owner = UserFactory(department=child)
    rules = [
        rule("unvisited", 5),
        rule("unvisited", 10, department=head),
        rule("unvisited", 20, level="A"),
        rule("unvisited", 30, level="A", department=head),
    ]
    customer = CustomerFactory(owner=owner, level="A", created_on=D(2026, 1, 1))
    for expected in (30, 20, 10, 5):
        compute_alerts(today=D(2026, 6, 1))
        assert open_alerts()[customer.pk, "unvisited"].period_days == expected
        rules.pop().delete()
    compute_alerts(today=D(2026, 6, 1))
    assert not is_open(customer)


def test_equally_specific_takes_the_shorter(rule):
    head = DepartmentFactory()
    child = DepartmentFactory(parent=head)
    customer = CustomerFactory(owner=UserFactory(department=child), level="A", created_on=D(2026, 1, 1))
    rule("unvisited", 20, department=child)
    rule("unvisited", 12, department=head)  # a parent's rule is as specific as the child's own
    compute_alerts(today=D(2026, 6, 1))
    assert open_alerts()[customer.pk, "unvisited"].period_days == 12
    rule("unvisited", 25, level="A")
    shorter = rule("unvisited", 15, level="A")
    compute_alerts(today=D(2026, 6, 1))
    alert = open_alerts()[customer.pk, "unvisited"]
    assert (alert.period_days, alert.rule) == (15, shorter)


def test_a_department_rule_includes_children_but_not_parents_or_sisters(rule):
    head = DepartmentFactory()
    middle = DepartmentFactory(parent=head)
    leaf = DepartmentFactory(parent=middle)
    sister = DepartmentFactory(parent=head)
    rule("unvisited", 10, department=middle)
    shops = {
        name: CustomerFactory(owner=UserFactory(department=department), created_on=D(2026, 1, 1))
        for name, department in [
            ("head", head),
            ("middle", middle),
            ("leaf", leaf),
            ("sister", sister),
            ("none", None),
        ]
    }
    compute_alerts(today=D(2026, 6, 1))
    assert {name for name, shop in shops.items() if is_open(shop)} == {"middle", "leaf"}


def test_the_department_is_the_present_owners(rule):
    sales, other = DepartmentFactory(), DepartmentFactory()
    rule("unvisited", 10, department=sales)
    customer = CustomerFactory(owner=UserFactory(department=sales), created_on=D(2026, 1, 1))
    compute_alerts(today=D(2026, 6, 1))
    assert is_open(customer)
    Customer.objects.filter(pk=customer.pk).update(owner=UserFactory(department=other))
    compute_alerts(today=D(2026, 6, 1))
    assert not is_open(customer)


# --- changes and repetition
def test_running_twice_changes_nothing(rule):
    rule("unvisited", 10)
    rule("unordered", 20)
    CustomerFactory.create_batch(3, created_on=D(2026, 1, 1))
    first = compute_alerts(today=D(2026, 6, 1))
    rows = list(Alert.objects.order_by("pk").values())
    second = compute_alerts(today=D(2026, 6, 1))
    assert (first.opened, first.closed) == (6, 0)
    assert (second.opened, second.closed) == (0, 0)
    assert list(Alert.objects.order_by("pk").values()) == rows


def test_a_base_that_moved_but_is_still_overdue_is_closed_and_opened_anew(rule):
    rule("unvisited", 10)
    customer = CustomerFactory(created_on=D(2026, 1, 1))
    compute_alerts(today=D(2026, 6, 1))
    Customer.objects.filter(pk=customer.pk).update(last_visit_on=D(2026, 2, 1))  # a late record
    run = compute_alerts(today=D(2026, 6, 1))
    assert (run.opened, run.closed) == (1, 1)
    assert open_alerts()[customer.pk, "unvisited"].due_on == D(2026, 2, 11)


def test_a_longer_period_closes_and_a_shorter_one_counts_anew(rule):
    general = rule("unvisited", 10)
    customer = CustomerFactory(created_on=D(2026, 5, 1))
    compute_alerts(today=D(2026, 5, 20))
    general.period_days = 5
    general.save()
    compute_alerts(today=D(2026, 5, 20))
    assert open_alerts()[customer.pk, "unvisited"].due_on == D(2026, 5, 6)
    general.period_days = 60
    general.save()
    compute_alerts(today=D(2026, 5, 20))
    assert not is_open(customer)


def test_another_rule_with_the_same_period_touches_nothing(rule):
    general = rule("unvisited", 10)
    customer = CustomerFactory(created_on=D(2026, 1, 1), level="A")
    compute_alerts(today=D(2026, 6, 1))
    rule("unvisited", 10, level="A")
    general.delete()
    run = compute_alerts(today=D(2026, 6, 1))
    assert (run.opened, run.closed) == (0, 0)
    assert is_open(customer)


def test_the_run_is_on_record(rule):
    rule("unvisited", 10)
    CustomerFactory(created_on=D(2026, 1, 1))
    run = AlertRun.objects.get(pk=compute_alerts(today=D(2026, 6, 1)).pk)
    assert (run.state, run.date, run.opened, run.closed) == ("done", D(2026, 6, 1), 1, 0)
    assert run.seconds is not None
    assert run.finished_at is not None


def test_killed_in_the_middle_leaves_nothing_but_the_reason(rule, monkeypatch):
    from alerts.services import runs

    rule("unvisited", 10)
    CustomerFactory(created_on=D(2026, 1, 1))
    monkeypatch.setattr(runs, "judge_reps", lambda today: (_ for _ in ()).throw(RuntimeError("disk is full")))
    with pytest.raises(RuntimeError):
        compute_alerts(today=D(2026, 6, 1))
    assert not Alert.objects.exists()
    run = AlertRun.objects.get()
    assert (run.state, run.opened) == ("failed", 0)
    assert "disk is full" in run.message
    monkeypatch.undo()
    assert compute_alerts(today=D(2026, 6, 1)).opened == 1


def test_a_run_that_was_killed_without_a_word_is_marked_by_the_next(no_rules):
    dead = AlertRun.objects.create(date=D(2026, 6, 1))
    AlertRun.objects.update(started_at=dt.datetime(2026, 6, 1, tzinfo=dt.UTC))
    alive = AlertRun.objects.create(date=D(2026, 6, 1))
    compute_alerts(today=D(2026, 6, 1))
    dead.refresh_from_db()
    alive.refresh_from_db()
    assert (dead.state, alive.state) == ("failed", "running")
    assert dead.message


def test_statements_do_not_grow_with_customers_or_rules(rule):
    rule("unvisited", 10)
    CustomerFactory(created_on=D(2026, 1, 1))
    with CaptureQueriesContext(connection) as few:
        compute_alerts(today=D(2026, 6, 1))
    rule("unvisited", 5, level="A")
    rule("unsold", 5)
    CustomerFactory.create_batch(5, created_on=D(2026, 1, 1))
    with CaptureQueriesContext(connection) as many:
        compute_alerts(today=D(2026, 6, 1))
    assert len(many) <= len(few) <= 46
