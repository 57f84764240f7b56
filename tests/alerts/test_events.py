"""What happens at a customer closes his alert in the same transaction; the columns are checked every night."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction

from alerts.models import Alert
from alerts.services import check_last_events, close_for_event, compute_alerts
from alerts.tasks import check_last_events as check_task
from alerts.tasks import compute_alerts as compute_task
from common.business_calendar import today
from crm.models import Customer
from sales import services as sales
from sales.rules import LineInput
from tests.factories import (
    CustomerFactory,
    FollowUpFactory,
    LeadFactory,
    ProductFactory,
    SalesOrderFactory,
    UserFactory,
    VisitFactory,
)
from visits import services as visits

pytestmark = pytest.mark.django_db
LONG_AGO = dt.date(2026, 1, 1)


@pytest.fixture
def shop(rule):
    """A shop with all three alerts open."""
    for kind in ("unvisited", "unordered", "unsold"):
        rule(kind, 10)
    customer = CustomerFactory(created_on=LONG_AGO, owner=UserFactory())
    compute_alerts(today=today())
    assert open_kinds(customer) == {"unvisited", "unordered", "unsold"}
    return customer


def open_kinds(customer):
    rows = Alert.objects.filter(customer=customer, closed_on__isnull=True)
    return set(rows.values_list("kind", flat=True))


def order(customer, **kwargs):
    product = ProductFactory()
    line = LineInput(product_id=product.pk, quantity=Decimal(1))
    return sales.create_order(actor=customer.owner, customer=customer, lines=[line], **kwargs)


def test_check_in_closes_nothing_and_check_out_closes(shop):
    visit = visits.check_in(actor=shop.owner, customer_id=shop.pk, fix=None)
    assert "unvisited" in open_kinds(shop)
    compute_alerts(today=today())
    assert "unvisited" in open_kinds(shop)  # an open visit without check-out closes nothing, nor does the job
    visits.check_out(actor=shop.owner, visit=visit, fix=None)
    assert open_kinds(shop) == {"unordered", "unsold"}
    alert = Alert.objects.get(customer=shop, kind="unvisited")
    assert alert.closed_on == today()
    run = compute_alerts(today=today())
    assert (run.opened, run.closed) == (0, 0)


def test_a_submitted_order_closes_and_a_draft_does_not(shop):
    draft = order(shop, submit=False)
    assert "unordered" in open_kinds(shop)
    sales.submit_order(actor=shop.owner, order=draft)
    assert open_kinds(shop) == {"unvisited", "unsold"}


def test_a_cancelled_order_opens_again_by_the_next_run(shop, people):
    placed = order(shop)
    assert "unordered" not in open_kinds(shop)
    sales.cancel_order(actor=people.admin, order=placed)
    compute_alerts(today=today())
    assert "unordered" in open_kinds(shop)


def test_goods_issued_close_and_their_reversal_opens_again(shop, people):
    placed = order(shop)
    placed.refresh_from_db()
    if placed.status == "submitted":
        sales.approve_order(actor=people.admin, order=placed)
    delivery = sales.deliver_order(actor=people.admin, order=placed)
    assert open_kinds(shop) == {"unvisited"}
    sales.reverse_delivery(actor=people.admin, delivery=delivery)
    compute_alerts(today=today())
    assert open_kinds(shop) == {"unvisited", "unsold"}


def test_the_alert_closes_in_the_same_transaction(shop):
    with transaction.atomic():
        order(shop)
        assert "unordered" not in open_kinds(shop)
        transaction.set_rollback(True)
    assert "unordered" in open_kinds(shop)


@pytest.mark.parametrize(("days_ago", "closes"), [(0, True), (10, True), (11, False), (300, False)])
def test_an_old_event_closes_only_when_it_puts_the_customer_in_order(shop, days_ago, closes):
    """Period 10: an event ten days ago is due today, one eleven days ago was due yesterday."""
    day = today() - dt.timedelta(days=days_ago)
    assert close_for_event(customer_id=shop.pk, event="visit", day=day, today=today()) == closes
    assert ("unvisited" in open_kinds(shop)) != closes


def test_an_event_touches_no_other_customer_and_no_other_kind(shop):
    other = CustomerFactory(created_on=LONG_AGO)
    compute_alerts(today=today())
    close_for_event(customer_id=shop.pk, event="visit", day=today(), today=today())
    assert open_kinds(shop) == {"unordered", "unsold"}
    assert open_kinds(other) == {"unvisited", "unordered", "unsold"}


# --- the nightly check
def test_true_columns_are_left_alone(no_rules):
    CustomerFactory()
    visit = VisitFactory()
    Customer.objects.filter(pk=visit.customer_id).update(last_visit_on=visit.day)
    assert check_last_events() == {
        "last_visit_on": 0,
        "last_order_on": 0,
        "last_sale_on": 0,
        "last_follow_up_on": 0,
    }


def test_lies_are_found_and_mended(no_rules, caplog):
    day = dt.date(2026, 3, 1)
    visit = VisitFactory(day=day)
    VisitFactory(customer=visit.customer, day=day - dt.timedelta(days=5))
    open_visit = VisitFactory(check_out_at=None)
    Customer.objects.filter(pk=open_visit.customer_id).update(last_visit_on=day)  # not valid, so not visited
    counted = SalesOrderFactory(ordered_on=day)
    cancelled = SalesOrderFactory(ordered_on=day, status="cancelled")
    draft = SalesOrderFactory(ordered_on=day, status="draft")
    Customer.objects.filter(pk__in=[cancelled.customer_id, draft.customer_id]).update(last_order_on=day)
    for number, status in (("CK1", "posted"), ("CK2", "reversed")):
        counted.deliveries.create(
            number=number,
            customer=counted.customer,
            rep=counted.rep,
            issued_on=day if status == "posted" else day + dt.timedelta(days=9),
            due_on=day,
            amount=1,
            status=status,
        )
    talk = FollowUpFactory(customer=counted.customer, day=day)
    FollowUpFactory(customer=None, lead=LeadFactory(), rep=talk.rep)
    Customer.objects.filter(pk=draft.customer_id).update(last_follow_up_on=day)
    assert check_task() == {
        "last_visit_on": 2,
        "last_order_on": 3,
        "last_sale_on": 1,
        "last_follow_up_on": 2,
    }
    columns = {
        customer.pk: (customer.last_visit_on, customer.last_order_on, customer.last_sale_on)
        for customer in Customer.objects.all()
    }
    assert columns[visit.customer_id] == (day, None, None)
    assert columns[open_visit.customer_id] == (None, None, None)
    assert columns[counted.customer_id] == (None, day, day)
    assert columns[cancelled.customer_id] == (None, None, None)
    assert "last_visit_on was wrong for 2 customers" in caplog.text
    assert set(check_last_events().values()) == {0}


def test_the_nightly_task_runs_the_job(shop):
    Customer.objects.filter(pk=shop.pk).update(last_visit_on=today())
    compute_task()
    assert "unvisited" not in open_kinds(shop)
