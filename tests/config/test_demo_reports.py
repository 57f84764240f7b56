"""Every report has something believable to show with the demo company, small as it is here; and every list rows."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db.models import F

import reports.queries.catalogue  # noqa: F401 - fills the register
from accounts.models import User
from comms.models import OutboxItem
from config.demo import load_demo
from crm.models import CapturedLead, Customer, OwnerChange
from reports.models import ScheduledReport
from reports.queries.asking import question
from reports.queries.report import REPORTS
from sales.models import Bill, Delivery, GiftRule, OrderLine, SalesOrder, SalesReturn, StockMove
from visits.models import Visit

NOW = dt.datetime(2026, 11, 20, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Friday
COMPANY = {"customers": 150, "reps": 3, "days": 40}


@pytest.fixture(scope="module")
def loaded(module_db):
    return load_demo(**COMPANY, now=NOW)


@pytest.fixture
def company(loaded, db, monkeypatch):
    monkeypatch.setattr("common.business_calendar.today", lambda: NOW.date())
    return loaded


def filled(code, username):
    """Rows with a figure that is neither nothing nor zero."""
    table = question(User.objects.get(username=username), REPORTS[code], {}, NOW.date()).table()
    return [row for row in table.rows if any(row.values)]


@pytest.mark.parametrize("code", sorted(REPORTS))
def test_every_report_has_something_for_the_boss(company, code):
    assert filled(code, "boss")


@pytest.mark.parametrize("username", ["manager1", "finance", "rep1"])
def test_nearly_every_report_that_is_open_to_them_has_something(company, username):
    user = User.objects.get(username=username)
    mine = [code for code, report in REPORTS.items() if report.is_open_to(user)]
    empty = {code for code in mine if not filled(code, username)}
    assert len(mine) > 30
    # Of three reps only the one who was away is neglectful, and one rep alone may have lost no lead or pooled no shop.
    # Finance reads nobody's work reports and sends none.
    assert empty <= {"rep_alerts", "pool_flow", "pool_now", "pool_reasons", "lead_lost", "lead_times", "leaderboard_leads",
                     "leaderboard_new_customers", "return_reasons", "product_returns",
                     *(["work_reports_sent"] if username == "finance" else [])}  # fmt: skip


def test_gifts_follow_the_rules_and_cost_nothing(company):
    gifts = OrderLine.objects.filter(is_gift=True).select_related("order")
    given = set(GiftRule.objects.values_list("gift", flat=True))
    assert {line.product_id for line in gifts} <= given
    assert gifts.exists()
    assert not gifts.exclude(price=0, amount=0).exists()


def test_prices_are_those_of_the_lists_or_lowered_by_hand(company):
    listed = OrderLine.objects.filter(is_gift=False, list_price__isnull=False)
    assert listed.filter(price_reason__contains="价格表").exists()
    lowered = listed.filter(price__lt=F("list_price"))
    assert lowered.exists()
    assert not listed.filter(price__gt=F("list_price")).exists()
    assert lowered.count() < listed.count() / 5


def test_the_old_systems_orders_are_owed_nothing_and_left_no_warehouse(company):
    old = Delivery.objects.filter(is_history=True)
    assert old.filter(issued_on__lt=NOW.date() - dt.timedelta(days=100)).exists()
    assert not Bill.objects.filter(delivery__in=old).exists()
    assert not StockMove.objects.filter(delivery__in=old).exists()
    assert SalesOrder.objects.filter(source="history").count() == old.count()


def test_nobody_visits_or_sells_to_a_shop_before_it_is_known(company):
    assert Customer.objects.filter(created_on__gte=NOW.date() - dt.timedelta(days=40)).exists()
    assert not Visit.objects.filter(day__lt=F("customer__created_on")).exists()
    assert not SalesOrder.objects.filter(ordered_on__lt=F("customer__created_on")).exists()


def test_returns_never_exceed_what_was_delivered(company):
    for slip in SalesReturn.objects.filter(delivery__isnull=False).select_related("delivery"):
        assert slip.delivery.issued_on <= slip.returned_on <= NOW.date()
        assert 0 < slip.amount <= slip.delivery.amount


def test_who_took_a_shop_from_the_pool_has_it_since_then(company):
    taken = OwnerChange.objects.filter(reason__in=["claimed", "assigned"], from_user=None)
    assert taken.exists()
    for change in taken.select_related("customer"):
        customer = change.customer
        assert (customer.owner_id, customer.received_on) == (
            change.to_user_id,
            change.at.astimezone(NOW.tzinfo).date(),
        )
        before = customer.owner_changes.filter(at__lt=change.at).first()
        assert before.to_user_id is None


def test_some_visits_were_not_planned_and_some_check_outs_forgotten(company):
    assert Visit.objects.filter(task=None).exists()
    forgotten = Visit.objects.filter(check_out_at=None)
    assert not forgotten.exclude(outcome="forgotten", day__lt=NOW.date(), visit_orders=None).exists()


def test_captured_leads_say_what_became_of_them(company):
    assert {"new", "known"} <= set(CapturedLead.objects.values_list("state", flat=True))
    assert not CapturedLead.objects.filter(state="new", lead=None).exists()


def test_reports_go_out_by_themselves(company):
    made = ScheduledReport.objects.filter(is_active=True)
    assert made.count() == 4
    assert all(schedule.next_at > NOW and schedule.runs.exists() for schedule in made)


def test_everybody_has_an_address_that_reaches_nobody(company):
    assert set(User.objects.values_list("email", flat=True)) == {
        f"{username}@example.com" for username in User.objects.values_list("username", flat=True)
    }
    # Loading the company is no reason to write to anybody outside.
    assert not OutboxItem.objects.exclude(channel="app").exists()
