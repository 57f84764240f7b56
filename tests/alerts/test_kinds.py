"""The further kinds of alerts (E4): each opens, says why, follows what changes, and closes."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from alerts.models import Alert, AlertMark, AlertRule
from alerts.queries import explain, reason
from alerts.rules import KINDS, Timing
from alerts.services import compute_alerts, judge_changes
from crm.models import Customer, PoolRule
from sales.models import Agreement, CustomerTerms, OrderLine, SalesReturn, StockLocation
from tests.factories import (
    BillFactory,
    CustomerFactory,
    ProductFactory,
    SalesOrderFactory,
    UserFactory,
    VisitTaskFactory,
)
from visits.models import ShelfCount

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("written_in_2026")]
TODAY = dt.date(2026, 6, 1)


def days(n):
    return TODAY + dt.timedelta(days=n)


def alerts_of(kind):
    rows = Alert.objects.filter(kind=kind, closed_on__isnull=True).select_related("customer", "version")
    return {alert.customer_id: alert for alert in rows}


def run():
    compute_alerts(today=TODAY, full=True)


@pytest.fixture
def shop(no_rules):
    return CustomerFactory(owner=UserFactory(), created_on=days(-100), received_on=days(-100))


def only(kind, **fields):
    AlertRule.objects.all().delete()
    return AlertRule.objects.create(kind=kind, **fields)


def said(alert):
    with translation.override("en"):
        return reason(alert)


def test_overdue(shop):
    only("overdue", period_days=5, threshold=Decimal(100))
    small = CustomerFactory(owner=shop.owner)
    BillFactory(customer=small, amount=Decimal(99), due_on=days(-30))
    BillFactory(customer=shop, amount=Decimal(80), due_on=days(-5))
    late = BillFactory(customer=shop, amount=Decimal("120.50"), settled=Decimal(20), due_on=days(-6))
    run()
    alert = alerts_of("overdue")[shop.pk]
    assert list(alerts_of("overdue")) == [shop.pk]
    assert (alert.base_on, alert.due_on, alert.days_overdue(TODAY)) == (days(-6), days(-1), 1)
    assert said(alert) == "¥180.50 of 2 bills is overdue, the oldest since 05-26"
    late.settled = late.amount
    late.save()
    judge_changes(today=TODAY)
    assert not alerts_of("overdue")  # what is left is within the days of grace


def test_overdue_stays_one_alert_while_its_numbers_move(shop):
    only("overdue")
    first = BillFactory(customer=shop, amount=Decimal(100), due_on=days(-6))
    BillFactory(customer=shop, amount=Decimal(50), due_on=days(-2))
    run()
    before = alerts_of("overdue")[shop.pk]
    first.settled = first.amount
    first.save()
    judge_changes(today=TODAY)
    after = alerts_of("overdue")[shop.pk]
    assert after.pk == before.pk
    assert (after.base_on, after.facts["amount"], after.opened_on) == (days(-2), 50, TODAY)
    assert Alert.objects.count() == 1


def test_credit(shop):
    only("credit", threshold=Decimal(90))
    Customer.objects.filter(pk=shop.pk).update(credit_limit=Decimal(1000))
    BillFactory(customer=shop, amount=Decimal(600), due_on=days(30))
    run()
    assert not alerts_of("credit")
    SalesOrderFactory(customer=shop, status="approved", total=Decimal(300))
    judge_changes(today=TODAY)
    alert = alerts_of("credit")[shop.pk]
    assert said(alert) == "¥900.00 used of a credit limit of ¥1,000.00 (90 %)"
    assert (alert.base_on, alert.opened_on) == (TODAY, TODAY)
    BillFactory(customer=shop, amount=Decimal(50), due_on=days(30))
    compute_alerts(today=days(3), full=True)
    later = alerts_of("credit")[shop.pk]
    assert (later.pk, later.base_on, later.facts["used"]) == (alert.pk, TODAY, 950)
    CustomerTerms.objects.create(
        customer=shop, temporary_limit=Decimal(5000), temporary_from=days(0), temporary_until=days(9)
    )
    judge_changes(today=days(3))
    assert not alerts_of("credit")


def test_pool_near(shop):
    only("pool_near", period_days=7)
    PoolRule.objects.all().delete()
    PoolRule.objects.create(name="all", max_hold_days=107)
    run()
    alert = alerts_of("pool_near")[shop.pk]
    assert (alert.due_on, alert.days_overdue(TODAY)) == (days(7), -7)
    with translation.override("en"):
        assert alert.days_words(TODAY) == "7 days left"
    Customer.objects.filter(pk=shop.pk).update(pool_locked=True)
    judge_changes(today=TODAY)
    assert not alerts_of("pool_near")
    Customer.objects.filter(pk=shop.pk).update(pool_locked=False)
    PoolRule.objects.update(max_hold_days=108)
    assert judge_changes(today=TODAY).mode == "full"  # a rule of the pool concerns everybody
    assert not alerts_of("pool_near")


def test_plan_missed_and_task_due(shop):
    only("plan_missed", threshold=Decimal(2))
    AlertRule.objects.create(kind="task_due", period_days=2)
    for day, source in ((-9, "plan"), (-5, "route"), (-2, "one_off"), (0, "plan")):
        VisitTaskFactory(customer=shop, rep=shop.owner, date=days(day), source=source)
    run()
    assert said(alerts_of("plan_missed")[shop.pk]) == "2 planned visits missed, the first on 05-23"
    assert not alerts_of("task_due")  # its two days of grace end today
    compute_alerts(today=days(1), full=True)
    assert said(alerts_of("task_due")[shop.pk]) == "1 visit task not done, due on 05-30"
    Customer.objects.filter(pk=shop.pk).update(last_visit_on=days(-5))
    judge_changes(today=days(1))
    assert not alerts_of("plan_missed")
    assert alerts_of("task_due")


def test_agreement_end(shop):
    only("agreement_end", period_days=30)
    fields = {"customer": shop, "rep": shop.owner, "status": "active", "starts_on": days(-300)}
    Agreement.objects.create(number="XY1", title="Dealer 2026", ends_on=days(30), **fields)
    Agreement.objects.create(number="XY2", title="Other", ends_on=days(45), **fields)
    run()
    alert = alerts_of("agreement_end")[shop.pk]
    assert said(alert) == "agreement XY1 Dealer 2026 ends on 07-01"
    first = Agreement.objects.get(number="XY1")
    Agreement.objects.create(number="XY3", title="Next", ends_on=days(400), renews=first, **fields)
    judge_changes(today=TODAY)
    assert not alerts_of("agreement_end")
    compute_alerts(today=days(16), full=True)
    assert alerts_of("agreement_end")[shop.pk].facts["number"] == "XY2"


def test_low_stock(shop):
    only("low_stock", period_days=14, threshold=Decimal(1))

    def count(day, *suggested):
        at = timezone.make_aware(dt.datetime.combine(day, dt.time(10)))
        report = ShelfCount.objects.create(
            customer=shop, rep=shop.owner, day=day, occurred_at=at, client_uuid=uuid.uuid4()
        )
        for number in suggested:
            report.lines.create(product=ProductFactory(), quantity=1, suggested=number)

    count(days(-20), 5)
    run()
    assert not alerts_of("low_stock")  # nobody believes a count for so long
    count(days(-14), 5, 0, 3)
    judge_changes(today=TODAY)
    alert = alerts_of("low_stock")[shop.pk]
    assert said(alert) == "2 products low at the count of 05-18"
    compute_alerts(today=days(1), full=True)
    assert not alerts_of("low_stock")
    count(days(1), 0)
    count(days(0), 4)  # entered late: the later count counts
    judge_changes(today=days(1))
    assert not alerts_of("low_stock")


def test_below_floor(shop):
    only("below_floor", period_days=7, threshold=Decimal(10))
    product = ProductFactory(price=Decimal(10), floor_price=Decimal(8))
    order = SalesOrderFactory(customer=shop, status="submitted", ordered_on=days(-7), discount=Decimal("0.1"))

    def line(price):
        OrderLine.objects.create(
            order=order, product=product, quantity=1, price=Decimal(price), amount=Decimal(price)
        )

    line("8.00")  # 7.20 after the order's discount: exactly 10 % below
    line("10.00")
    run()
    assert said(alerts_of("below_floor")[shop.pk]) == (
        "1 order line up to 10 % below the lowest price, last on 05-25"
    )
    order.status = "cancelled"
    order.save()
    judge_changes(today=TODAY)
    assert not alerts_of("below_floor")


def test_unusual_return(shop):
    only("unusual_return", period_days=14, threshold=Decimal(20))
    order = SalesOrderFactory(customer=shop)
    order.deliveries.create(
        number="CK1",
        customer=shop,
        rep=shop.owner,
        issued_on=days(-80),
        due_on=days(-50),
        amount=1000,
        status="posted",
    )
    place = StockLocation.objects.create(kind="warehouse", name="W")
    back = SalesReturn.objects.create(
        number="TH1", customer=shop, location=place, returned_on=days(-3), amount=Decimal(200)
    )
    run()
    alert = alerts_of("unusual_return")[shop.pk]
    assert said(alert) == "¥200.00 came back in 30 days, ¥1,000.00 went out in 90, last on 05-29"
    back.amount = Decimal(199)
    back.save()
    judge_changes(today=TODAY)
    assert not alerts_of("unusual_return")


def test_location(shop):
    only("location")
    Customer.objects.filter(pk=shop.pk).update(location_status="to_confirm", latitude=31.8, longitude=117.2)
    run()
    assert "not confirmed" in said(alerts_of("location")[shop.pk])
    Customer.objects.filter(pk=shop.pk).update(location_status="confirmed")
    judge_changes(today=TODAY)
    assert not alerts_of("location")


# --- what holds for every kind
@pytest.mark.parametrize("code", list(KINDS))
def test_a_kind_is_complete(code):
    kind = KINDS[code]
    assert len(code) <= 20
    assert kind.label
    assert kind.colour
    assert kind.about
    assert kind.defaults
    assert bool(kind.period) == (kind.timing is not Timing.STATE)
    assert kind.column or kind.watches
    for rule in kind.defaults:
        assert rule.period_days >= kind.least_period or not kind.period
        assert (rule.threshold is None) == (kind.threshold is None)


def test_every_kind_starts_with_a_rule(db):
    rules = AlertRule.objects.all()
    found = {(rule.kind, rule.level, rule.period_days, rule.threshold, rule.is_enabled) for rule in rules}
    wanted = {
        (kind.code, rule.level, rule.period_days, rule.threshold, rule.is_enabled)
        for kind in KINDS.values()
        for rule in kind.defaults
    }
    assert found == wanted


@pytest.mark.parametrize("code", [code for code, kind in KINDS.items() if not kind.column])
def test_its_query_is_one_statement_for_all_and_for_some(code, shop):
    """Judging everybody and judging one customer run the same query; the panel asks it as well."""
    only(code, period_days=KINDS[code].least_period)
    AlertMark.objects.all().delete()
    run()
    AlertMark.objects.create(customer_id=shop.pk)
    assert judge_changes(today=TODAY).judged == 1
    assert code in [found.kind.code for found in explain(shop, TODAY)]


@pytest.mark.parametrize(
    ("code", "days", "words"),
    [
        ("unvisited", 3, "逾期3天"),
        ("low_stock", 2, "已2天"),
        ("low_stock", 0, "今天起"),
        ("agreement_end", -2, "还有2天"),
        ("agreement_end", 0, "今天到期"),
        ("agreement_end", 2, "已2天"),
    ],
)
def test_days_are_told_in_words_of_the_trade(code, days, words):
    assert KINDS[code].days_words(days) == words
