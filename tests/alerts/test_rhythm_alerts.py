"""The alert of the own rhythm: opens the day after the limit, closes with the order, says why (E5)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import translation

from alerts.models import Alert, AlertRule, CustomerRhythm
from alerts.queries import reason, rhythm_source
from alerts.queries.words import short_day
from alerts.rules.rhythm import OpenDays
from alerts.services import compute_alerts, judge_changes
from alerts.services.rhythm import refresh_rhythms
from common.business_calendar import today
from crm.services.merges import merge_customers
from sales.rules import LineInput
from sales.services import cancel_order, create_order
from tests.alerts.test_rhythm import order_every
from tests.factories import CustomerFactory, ProductFactory

pytestmark = pytest.mark.django_db
NO_HOLIDAYS = OpenDays(dt.date(2024, 1, 1).toordinal(), dt.date(2034, 1, 1).toordinal(), lambda _day: False)
DAY = dt.timedelta(days=1)


@pytest.fixture
def now(monkeypatch):
    """Today, in a year without festivals: orders are submitted on the real day."""
    monkeypatch.setattr(rhythm_source, "open_days", lambda _year: NO_HOLIDAYS)
    return today()


@pytest.fixture
def limit(now):
    """The shop's last day in order: it ordered ten days ago, as every five days, and may be two days late."""
    return now - 3 * DAY


@pytest.fixture
def shop(no_rules, people, now):
    AlertRule.objects.create(kind="rhythm", period_days=0)
    shop = CustomerFactory(owner=people.owner)
    order_every(shop, 5, 6, last=now - 10 * DAY)
    refresh_rhythms(today=now)
    return shop


def open_alerts():
    return Alert.objects.filter(closed_on__isnull=True)


def buy(people, shop):
    return create_order(
        actor=people.owner, customer=shop, lines=[LineInput(ProductFactory().pk, Decimal(2))], submit=True
    )


def test_opens_the_day_after_the_limit_and_says_why(shop, limit, now):
    compute_alerts(today=limit, full=True)
    assert not open_alerts().exists()
    compute_alerts(today=limit + DAY, full=True)
    alert = open_alerts().get()
    assert (alert.kind, alert.base_on, alert.due_on) == ("rhythm", limit, limit)
    compute_alerts(today=now, full=True)
    assert open_alerts().get().pk == alert.pk
    with translation.override("en"):
        assert reason(alert) == (
            "Orders every 5 days, last 5 gaps: 5, 5, 5, 5, 5;"
            f" last order {short_day(now - 10 * DAY)}, expected {short_day(now - 5 * DAY)},"
            " now 3 days beyond 9 of 10 gaps"
        )


def test_an_order_closes_it_within_a_minute_and_its_cancelling_opens_it_again(shop, people, limit, now):
    compute_alerts(today=now, full=True)
    order = buy(people, shop)
    judge_changes(today=now)
    assert not open_alerts().exists()
    assert CustomerRhythm.objects.get().last_on == now
    cancel_order(actor=people.admin, order=order)
    judge_changes(today=now)
    assert open_alerts().get().base_on == limit


def test_whoever_is_silent_for_a_year_has_no_rhythm_to_break(shop, now):
    compute_alerts(today=now + 354 * DAY, full=True)
    assert open_alerts().exists()
    compute_alerts(today=now + 355 * DAY, full=True)
    assert not open_alerts().exists()


def test_patience_beyond_the_limit(shop, limit, now):
    AlertRule.objects.update(period_days=3)
    compute_alerts(today=now, full=True)
    assert not open_alerts().exists()
    compute_alerts(today=now + DAY, full=True)
    assert open_alerts().get().due_on == now


def test_merged_customers_have_one_rhythm_from_the_orders_of_both(shop, people, now):
    other = CustomerFactory(owner=people.owner)
    order_every(other, 7, 4, last=now - 7 * DAY)
    refresh_rhythms(today=now)
    merge_customers(actor=people.admin, keep=shop.pk, merge=other.pk)
    refresh_rhythms(today=now)
    assert CustomerRhythm.objects.get(orders__gt=0).orders == 10
