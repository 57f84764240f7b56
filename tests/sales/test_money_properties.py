"""Whatever happens to a customer's account, its sums stay true (domain-rules §6).

Any sequence of orders, deliveries, returns, receipts, refunds, reversals, allocations and releases: the receivable is
what is billed, less credits, less money set against bills; the columns kept on the rows equal the sums of what stands;
another legal order of the same events gives the same balances; the aging adds up.
"""

import datetime as dt
from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.business_calendar import today
from sales import services
from sales.models import Allocation, Bill
from sales.queries.aging import aging, standing_on, total_of
from sales.queries.allocations import allocation_rows
from sales.queries.receivables import receivables
from sales.queries.statements import receivable_on, statement
from sales.rules import LineInput
from sales.rules.payment_plans import split_equally
from sales.services import allocations, opening_balances, payment_plans, refunds
from sales.services.ledger import default_warehouse
from sales.services.returns import ReturnInput, reverse_return, take_back
from tests.factories import CustomerFactory, ProductFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]
# Every example is dozens of bookings; each run of CI tries others.
ONCE = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CENTS = st.decimals(min_value="0.01", max_value="60", places=2)
STEPS = ("order", "deliver", "unsell", "return", "unreturn", "receive", "receive_for_order", "unreceive", "refund",
         "unrefund", "allocate", "release", "oldest", "offset", "open", "unopen", "plan")  # fmt: skip
EVENTS = st.lists(
    st.tuples(st.sampled_from(STEPS), st.integers(0, 9), CENTS, st.integers(0, 40)), min_size=3, max_size=14
)


@contextmanager
def scratch():
    """What happens in here is gone afterwards: hypothesis runs many examples in one test."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Account:
    """One customer, and everything that can happen to its money. A step that is refused changes nothing."""

    def __init__(self, people):
        self.people = people
        self.shop = CustomerFactory(owner=people.owner)
        self.goods = ProductFactory(price=Decimal("3.33"), cost=Decimal("2.10"))

    def play(self, events):
        for name, pick, amount, back in events:
            try:
                with transaction.atomic():
                    getattr(self, name)(pick, amount, today() - dt.timedelta(days=back))
            except ValidationError:
                pass

    def _one(self, rows, pick):
        found = list(rows.order_by("pk"))
        if not found:
            raise ValidationError("nothing there")
        return found[pick % len(found)]

    # --- what can happen
    def order(self, pick, amount, day):
        order = services.create_order(
            actor=self.people.owner,
            customer=self.shop,
            lines=[LineInput(self.goods.pk, amount), LineInput(self.goods.pk, Decimal(pick + 1))],
            discount=Decimal(pick) / 100,
            ordered_on=day,
        )
        services.approve_order(actor=self.people.superior, order=order)

    def deliver(self, pick, amount, day):
        order = self._one(self.shop.orders.all(), pick)
        line = self._one(order.lines.all(), pick)
        services.deliver_order(
            actor=self.people.superior,
            order=order,
            quantities={line.pk: min(amount, line.left)},
            issued_on=day,
        )

    def unsell(self, pick, amount, day):
        services.reverse_delivery(
            actor=self.people.superior, delivery=self._one(self.shop.deliveries.all(), pick)
        )

    def _return(self, amount, day):
        return take_back(
            actor=self.people.superior,
            customer=self.shop,
            lines=[ReturnInput(self.goods.pk, amount, "unsold", price=Decimal("1.01"))],
            location=default_warehouse(),
            returned_on=day,
        )

    def __getattr__(self, name):
        if name == "return":  # a word of the language
            return lambda pick, amount, day: self._return(amount, day)
        raise AttributeError(name)

    def unreturn(self, pick, amount, day):
        reverse_return(actor=self.people.superior, slip=self._one(self.shop.returns.all(), pick))

    def receive(self, pick, amount, day, order=None):
        services.record_receipt(
            actor=self.people.owner,
            customer=self.shop,
            amount=amount,
            method="cash",
            received_on=day,
            order=order,
            allocate=bool(pick % 3),
        )

    def receive_for_order(self, pick, amount, day):
        self.receive(1, amount, day, self._one(self.shop.orders.all(), pick))

    def unreceive(self, pick, amount, day):
        services.reverse_receipt(
            actor=self.people.finance, receipt=self._one(self.shop.receipts.all(), pick), reason="记错了"
        )

    def _source(self, pick):
        return self._one((self.shop.receipts if pick % 2 else self.shop.returns).all(), pick)

    def refund(self, pick, amount, day):
        source = self._source(pick)
        came = source.received_on if pick % 2 else source.returned_on
        refunds.pay_refund(
            actor=self.people.finance,
            source=source,
            amount=min(amount, source.amount - source.used),
            method="cash",
            refunded_on=max(day, came),
        )

    def unrefund(self, pick, amount, day):
        refunds.reverse_refund(
            actor=self.people.finance, refund=self._one(self.shop.refunds.all(), pick), reason="记错了"
        )

    def allocate(self, pick, amount, day):
        source = self._source(pick)
        rows = allocation_rows(source)
        if not rows:
            raise ValidationError("nothing there")
        row = rows[pick % len(rows)]
        part = min(amount, row.most, source.amount - source.refunded)
        allocations.allocate_by_hand(actor=self.people.finance, source=source, wanted={row.bill.pk: part})

    def release(self, pick, amount, day):
        standing = Allocation.objects.filter(bill__customer=self.shop, released_on__isnull=True)
        allocations.release_allocation(actor=self.people.finance, allocation=self._one(standing, pick))

    def oldest(self, pick, amount, day):
        allocations.allocate_oldest_first(actor=self.people.finance, source=self._source(pick))

    def offset(self, pick, amount, day):
        allocations.offset_customer(actor=self.people.finance, customer=self.shop)

    def open(self, pick, amount, day):
        opening_balances.open_balance(
            actor=self.people.finance, customer=self.shop, amount=amount, billed_on=day
        )

    def unopen(self, pick, amount, day):
        opening_balances.reverse_opening(
            actor=self.people.finance, bill=self._one(self.shop.bills.all(), pick), reason="记错了"
        )

    def plan(self, pick, amount, day):
        order = self._one(self.shop.orders.all(), pick)
        parts = split_equally(order.total, parts=pick % 4 + 1, first=order.ordered_on, every=9, months=False)
        payment_plans.set_plan(
            actor=self.people.finance,
            order=order,
            parts=[payment_plans.Part(part.due_on, part.amount) for part in parts],
        )

    # --- what is there
    def sum(self, rows, column="amount"):
        return sum(rows.values_list(column, flat=True), Decimal(0))

    @property
    def balances(self):
        """(receivable, paid ahead) from the columns."""
        prepaid = self.sum(self.shop.receipts.posted()) - self.sum(self.shop.receipts.posted(), "used")
        return receivables([self.shop.pk])[self.shop.pk], prepaid


def check(account):
    """Everything that must hold at any moment."""
    shop = account.shop
    standing = Allocation.objects.filter(bill__customer=shop, released_on__isnull=True)
    bills, returns = shop.bills.posted(), shop.returns.posted()
    money = account.sum(standing.filter(receipt__isnull=False))
    credited = account.sum(returns) - account.sum(shop.refunds.posted().filter(sales_return__isnull=False))
    receivable, prepaid = account.balances
    assert receivable == account.sum(bills) - credited - money
    for bill in shop.bills.all():
        mine = account.sum(standing.filter(bill=bill))
        assert bill.settled == mine <= bill.amount
        assert bill.status == "posted" or not mine
    for source in [*shop.receipts.all(), *shop.returns.all()]:
        paid_back = account.sum(source.refunds.posted())
        assert source.refunded == paid_back
        assert source.used == paid_back + account.sum(source.allocations.filter(released_on__isnull=True))
        assert source.used <= source.amount
        assert source.status == "posted" or not source.used
    for order in shop.orders.all():
        assert account.sum(order.bills.posted()) == account.sum(order.deliveries.posted())
    _check_aging(account, receivable)
    told = statement(shop.pk, today() - dt.timedelta(days=90), today())
    assert told.opening == 0
    assert told.closing == receivable - prepaid
    assert (told.receivable, told.prepaid) == (receivable, prepaid)


def _check_aging(account, receivable):
    """Buckets add up to the receivable before credits; as of now the books and the open columns say the same."""
    shop, now = account.shop, today()
    bills = Bill.objects.filter(customer=shop)
    total = total_of(aging(bills, day=now, today=now))
    unused = sum((slip.unused for slip in shop.returns.all()), Decimal(0))
    assert total.total == receivable + unused
    assert total.amounts == total_of(aging(bills, day=now, today=now + dt.timedelta(days=1))).amounts
    for back in (1, 7, 20, 45):
        day = now - dt.timedelta(days=back)
        then = total_of(aging(bills, day=day, today=now))
        assert all(amount >= 0 for amount in then.amounts)
        used = standing_on(Allocation.objects.filter(bill__customer=shop), day)
        for source in shop.receipts.all():
            assert account.sum(used.filter(receipt=source)) <= source.amount
        told = statement(shop.pk, day, day)
        assert told.prepaid >= 0
        assert told.receivable == receivable_on(shop.pk, day)


@ONCE
@given(events=EVENTS)
def test_sums_stay_true_whatever_happens(people, events):
    with scratch():
        account = Account(people)
        account.play(events[: len(events) // 2])
        check(account)
        account.play(events[len(events) // 2 :])
        check(account)


@ONCE
@given(
    bills=st.lists(st.tuples(CENTS, st.integers(1, 40)), min_size=1, max_size=4),
    money=st.lists(st.tuples(CENTS, st.integers(0, 40), st.booleans()), min_size=1, max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_another_order_of_the_same_events_gives_the_same_balances(people, bills, money, order):
    """Opening bills, receipts and receipts taken back again, told in two orders."""
    ends = []
    events = [("open", *bill, False) for bill in bills] + [("receive", *paid) for paid in money]
    for _telling in range(2):
        with scratch():
            account = Account(people)
            for kind, amount, back, is_reversed in events:
                day = today() - dt.timedelta(days=back)
                if kind == "open":
                    account.open(0, amount, day)
                    continue
                account.receive(1, amount, day)
                if is_reversed:
                    services.reverse_receipt(
                        actor=people.finance, receipt=account.shop.receipts.latest("pk"), reason="记错了"
                    )
            check(account)
            ends.append(account.balances)
        order.shuffle(events)
    assert ends[0] == ends[1]


@settings(ONCE, max_examples=50)
@given(
    total=st.decimals(min_value="1", max_value="99999", places=2),
    parts=st.integers(1, 36),
    every=st.integers(1, 12),
    months=st.booleans(),
    first=st.dates(dt.date(2024, 1, 1), dt.date(2030, 1, 1)),
)
def test_an_equal_split_adds_up(total, parts, every, months, first):
    plan = split_equally(total, parts=parts, first=first, every=every, months=months)
    assert sum(part.amount for part in plan) == total
    assert all(part.amount > 0 for part in plan)
    assert len({part.amount for part in plan[:-1]}) <= 1
    assert 0 <= plan[-1].amount - plan[0].amount < Decimal(parts) / 100
    days = [part.due_on for part in plan]
    assert days == sorted(set(days))
    assert [part.position for part in plan] == list(range(1, parts + 1))


def test_the_last_day_of_a_month_stays_the_last_day():
    plan = split_equally(Decimal(100), parts=3, first=dt.date(2026, 1, 31), every=1)
    assert [part.due_on.isoformat() for part in plan] == ["2026-01-31", "2026-02-28", "2026-03-31"]
    assert [part.amount for part in plan] == [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")]
    with pytest.raises(ValueError, match="too many"):
        split_equally(Decimal("0.02"), parts=3, first=dt.date(2026, 1, 31), every=1)
