"""Bills, plans, prepayments and refunds in worked examples (domain-rules §6)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import SystemOptions
from sales import services
from sales.models import Allocation, Bill, FinanceSlip, PaymentInstalment
from sales.queries.aging import BUCKETS, aging, aging_page, total_of
from sales.queries.payment_plans import plan_of
from sales.queries.receivables import receivables
from sales.rules.aging import bucket_of
from sales.rules.bills import Instalment, allocate, reached
from sales.rules.opening_rows import read_day
from sales.rules.sheet_rows import RowError
from sales.services import allocations, payment_plans, refunds
from sales.services.opening_balances import open_balance
from sales.services.payment_plans import Part
from tests.factories import BillFactory, CustomerFactory

pytestmark = pytest.mark.django_db
NOW = dt.date(2026, 11, 18)


@pytest.fixture(autouse=True)
def _the_day(noon):
    noon(NOW)


def days(n):
    return NOW - dt.timedelta(days=n)


def later(n):
    return NOW + dt.timedelta(days=n)


def receive(people, shop, amount, **kwargs):
    return services.record_receipt(
        actor=people.owner, customer=shop, amount=Decimal(amount), method="cash", **kwargs
    )


def deliver(people, order, quantity):
    return services.deliver_order(
        actor=people.superior, order=order, quantities={order.lines.get().pk: Decimal(quantity)}
    )


def set_plan(people, order, *parts):
    return payment_plans.set_plan(
        actor=people.finance, order=order, parts=[Part(day, Decimal(amount)) for day, amount in parts]
    )


def cut(shop):
    """(instalment, due, amount) of the bills that stand."""
    rows = Bill.objects.filter(customer=shop, status="posted").order_by("position", "pk")
    return [(bill.position, bill.due_on, bill.amount) for bill in rows]


# --- rules
D = dt.date(2026, 3, 1)
PLAN = [Instalment(n, D + dt.timedelta(days=30 * n), Decimal(100)) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("billed", "amount", "parts"),
    [
        ({}, "150", [(1, "100"), (2, "50")]),
        ({1: "100", 2: "50"}, "150", [(2, "50"), (3, "100")]),
        ({2: "50"}, "120", [(1, "100"), (2, "20")]),  # the first one's bill was reversed: it is filled first
        ({1: "100", 2: "100", 3: "90"}, "30", [(3, "10"), (4, "20")]),  # beyond the plan
    ],
)
def test_a_plan_is_filled_in_its_order(billed, amount, parts):
    billed = {position: Decimal(done) for position, done in billed.items()}
    found = reached(PLAN, billed=billed, amount=Decimal(amount), due_on=D)
    assert [(part.position, part.amount) for part in found] == [(n, Decimal(part)) for n, part in parts]
    assert found[-1].due_on == (D if found[-1].position == 4 else PLAN[found[-1].position - 1].due_on)


def test_money_goes_down_the_list():
    assert allocate(Decimal(7), [Decimal(5), Decimal(0), Decimal(9)]) == [5, 0, 2]
    assert allocate(Decimal(0), [Decimal(5)]) == [0]


@pytest.mark.parametrize(
    ("late", "key"),
    [
        (-5, "not_due"), (0, "not_due"), (1, "d30"), (30, "d30"), (31, "d60"), (60, "d60"), (61, "d90"),
        (90, "d90"), (91, "d120"), (120, "d120"), (121, "over"), (999, "over"),
    ],
)  # fmt: skip
def test_buckets(late, key, people):
    assert bucket_of(D, D + dt.timedelta(days=late)).key == key
    BillFactory(customer=CustomerFactory(owner=people.owner), due_on=days(late), amount=Decimal(9))
    found = total_of(aging(Bill.objects.all(), day=NOW, today=NOW)).amounts
    assert [bucket.key for bucket, amount in zip(BUCKETS, found, strict=True) if amount] == [key]


@pytest.mark.parametrize(
    "text", ["2026-3-1", "2026/03/01", "2026年3月1日", "20260301", "2026-03-01 00:00:00"]
)
def test_days_of_a_workbook(text):
    assert read_day(text) == D
    assert read_day(" ") is None
    for wrong in ("2026-02-30", "昨天", "3/1"):
        with pytest.raises(RowError):
            read_day(wrong)


# --- payment plans
def test_deliveries_fill_the_plan(people, shop, make_order):
    order = make_order(10, status="approved")  # 23.50
    set_plan(people, order, (later(1), "10"), (later(31), "10"), (later(61), "3.5"))
    deliver(people, order, 6)  # 14.10
    assert cut(shop) == [(1, later(1), Decimal(10)), (2, later(31), Decimal("4.10"))]
    deliver(people, order, 4)
    assert cut(shop)[2:] == [(2, later(31), Decimal("5.90")), (3, later(61), Decimal("3.50"))]
    assert sum(amount for _n, _due, amount in cut(shop)) == order.total
    plan = plan_of(order, NOW)
    assert [(row.amount, row.billed, row.state) for row in plan.rows] == [
        (Decimal(10), Decimal(10), "billed"),
        (Decimal(10), Decimal(10), "billed"),
        (Decimal("3.50"), Decimal("3.50"), "billed"),
    ]


def test_what_is_billed_and_not_paid_is_cut_anew(people, shop, make_order):
    order = make_order(10, status="delivered")
    set_plan(people, order, (later(5), "20"), (later(9), "3.5"))
    assert cut(shop) == [(1, later(5), Decimal(20)), (2, later(9), Decimal("3.50"))]
    assert receivables([shop.pk])[shop.pk] == order.total
    set_plan(people, order)  # without a plan again
    assert cut(shop) == [(1, later(30), Decimal("23.50"))]
    assert Bill.objects.filter(status="reversed", reversed_on=NOW).count() == 3


def test_what_is_paid_stays(people, shop, make_order):
    order = make_order(10, status="approved")
    set_plan(people, order, (later(1), "10"), (later(31), "13.5"))
    deliver(people, order, 4)  # 9.40 of the first
    receive(people, shop, "1")
    with pytest.raises(ValidationError, match="已收到部分货款"):
        set_plan(people, order, (later(2), "10"), (later(31), "13.5"))
    set_plan(people, order, (later(1), "10"), (later(40), "6"), (later(70), "7.5"))
    deliver(people, order, 6)
    assert [part[:2] for part in cut(shop)][-2:] == [(2, later(40)), (3, later(70))]
    assert sum(part[2] for part in cut(shop)) == order.total


@pytest.mark.parametrize(
    "parts",
    [
        [(later(1), "10")],
        [(later(1), "24.50"), (later(2), "-1")],
        [(days(400), "23.50")],
        [(later(2), "20"), (later(1), "3.50")],
        [(later(n), "0.5") for n in range(47)],
    ],
)
def test_plans_that_cannot_be_are_refused(people, make_order, parts):
    order = make_order(10, status="approved")
    with pytest.raises(ValidationError):
        set_plan(people, order, *parts)
    assert not PaymentInstalment.objects.exists()


def test_closed_and_cancelled_orders_keep_their_plan(people, make_order):
    for status in ("closed", "cancelled"):
        with pytest.raises(ValidationError):
            set_plan(people, make_order(10, status=status), (later(1), "23.5"))


# --- billing by approval
@pytest.fixture
def by_approval(db):
    SystemOptions.objects.update_or_create(pk=SystemOptions.load().pk, defaults={"billing_basis": "approval"})


def test_an_approved_order_is_billed_once(people, shop, make_order, by_approval):
    order = make_order(10, status="approved")
    assert [part[2] for part in cut(shop)] == [order.total]
    deliver(people, order, 10)
    assert [part[2] for part in cut(shop)] == [order.total]
    services.cancel_order(actor=people.superior, order=make_order(5, status="approved"))
    assert receivables([shop.pk])[shop.pk] == order.total


def test_an_order_closed_short_is_owed_for_what_came(people, shop, make_order, by_approval):
    order = make_order(10, status="approved")
    receipt = receive(people, shop, "20")
    deliver(people, order, 4)  # 9.40 of 23.50
    services.close_order(actor=people.superior, order=order)
    assert [(bill.kind, bill.amount) for bill in shop.bills.posted()] == [("delivery", Decimal("9.40"))]
    receipt.refresh_from_db()
    assert (receivables([shop.pk])[shop.pk], receipt.prepayment) == (0, Decimal("10.60"))


# --- what money pays by itself
def test_money_for_an_order_waits_for_it(people, shop, make_order):
    order = make_order(10, status="approved")
    ahead = receive(people, shop, "30", order=order)
    other = open_balance(actor=people.finance, customer=shop, amount=Decimal(100))
    assert other.settled == 0
    deliver(people, order, 4)  # 9.40, paid at once
    ahead.refresh_from_db()
    assert ahead.used == Decimal("9.40")
    deliver(people, order, 6)  # all is billed: the rest pays other bills
    ahead.refresh_from_db()
    other.refresh_from_db()
    assert (ahead.used, other.settled) == (30, Decimal("6.50"))


def test_money_for_a_cancelled_order_pays_others(people, shop, make_order):
    order = make_order(10, status="approved")
    receive(people, shop, "30", order=order)
    bill = open_balance(actor=people.finance, customer=shop, amount=Decimal(100))
    services.cancel_order(actor=people.superior, order=order)
    bill.refresh_from_db()
    assert bill.settled == 30


def test_several_receipts_for_one_order(people, shop, make_order):
    order = make_order(10, status="delivered")
    for amount in ("10", "10", "5"):
        receive(people, shop, amount, order=order)
    assert receivables([shop.pk])[shop.pk] == 0
    assert [receipt.prepayment for receipt in order.receipts.order_by("pk")] == [0, 0, Decimal("1.50")]


def test_a_reversed_receipt_gives_way_to_money_paid_ahead(people, shop):
    bill = open_balance(actor=people.finance, customer=shop, amount=Decimal(50))
    first = receive(people, shop, "50")
    second = receive(people, shop, "20")
    services.reverse_receipt(actor=people.finance, receipt=first, reason="退票")
    bill.refresh_from_db()
    second.refresh_from_db()
    assert (bill.settled, second.prepayment, first.reversed_on) == (20, 0, NOW)


def test_nothing_is_set_against_a_bill_before_the_money_came(people, shop):
    """A delivery typed in late does not let aging as of a past day know money that came later."""
    receive(people, shop, "50", received_on=days(2))
    open_balance(actor=people.finance, customer=shop, amount=Decimal(50), billed_on=days(9), due_on=days(8))
    assert Allocation.objects.get().made_on == days(2)
    then = total_of(aging(Bill.objects.all(), day=days(5), today=NOW))
    assert then.total == 50
    assert total_of(aging(Bill.objects.all(), day=days(2), today=NOW)).total == 0


def test_what_was_released_today_was_not_free_before(people, shop):
    receipt = receive(people, shop, "50", received_on=days(9))
    open_balance(actor=people.finance, customer=shop, amount=Decimal(50), billed_on=days(9))
    allocations.release_allocation(actor=people.finance, allocation=Allocation.objects.get())
    for refunded_on, is_fine in ((days(3), False), (NOW, True)):
        pay = {"actor": people.finance, "source": receipt, "amount": Decimal(5), "method": "cash"}
        if is_fine:
            refunds.pay_refund(**pay, refunded_on=refunded_on)
        else:
            with pytest.raises(ValidationError):
                refunds.pay_refund(**pay, refunded_on=refunded_on)


def test_money_of_another_customer_is_not_used(people, shop):
    stranger = open_balance(
        actor=people.finance, customer=CustomerFactory(owner=people.owner), amount=Decimal(9)
    )
    receipt = receive(people, shop, "9")
    with pytest.raises(ValidationError):
        allocations.allocate_by_hand(actor=people.finance, source=receipt, wanted={stranger.pk: Decimal(9)})
    with pytest.raises(ValidationError):
        allocations.allocate_by_hand(actor=people.finance, source=receipt, wanted={10**9: Decimal(9)})


def test_slips_come_back_to_finance_when_they_are_reversed(people, shop):
    receipt = receive(people, shop, "9")
    FinanceSlip.objects.update(checked_at=dt.datetime.now(dt.UTC), checked_by=people.finance)
    services.reverse_receipt(actor=people.finance, receipt=receipt, reason="录错")
    slip = FinanceSlip.objects.get(kind="receipt")
    assert (slip.amount, slip.checked_at) == (0, None)


@pytest.mark.parametrize("by", ["customer", "rep", "department"])
@pytest.mark.parametrize("back", [0, 45])
def test_pages_of_the_aging_are_cut_from_the_whole(people, by, back):
    """The database sorts, cuts and sums what the list has: also customers that owe the same, and cents of SQLite."""
    shops = [
        CustomerFactory(owner=owner) for owner in (people.owner, people.colleague, people.outsider, None) * 2
    ]
    for number, shop in enumerate(shops):
        for late in (-3, 0, 1, 31, 61, 91, 121)[: 1 + number % 7]:
            amount = Decimal("0.10") if number % 3 else Decimal(f"{number}00.07")
            BillFactory(customer=shop, due_on=days(late), billed_on=days(late + 30), amount=amount)
    whole = {"day": days(back), "today": NOW, "by": by}
    rows = aging(Bill.objects.all(), **whole)
    found, start = [], 0
    while page := aging_page(Bill.objects.all(), **whole, start=start, size=3).rows:
        found += page
        start += 3
    assert len(rows) > 1
    assert [(row.key, row.amounts) for row in found] == [(row.key, row.amounts) for row in rows]
    beyond = aging_page(Bill.objects.all(), **whole, start=90, size=3)
    assert (beyond.rows, beyond.count, beyond.total.amounts) == ([], len(rows), total_of(rows).amounts)


def test_a_page_of_an_aging_that_nothing_is_in():
    for bills in (Bill.objects.none(), Bill.objects.all()):
        page = aging_page(bills, day=NOW, today=NOW)
        assert (page.rows, page.count, page.total.total) == ([], 0, 0)


def test_a_page_of_the_aging_reads_no_more_than_it_shows(people, django_assert_num_queries):
    for _number in range(4):
        BillFactory(customer=CustomerFactory(owner=people.owner), due_on=days(1))
    with django_assert_num_queries(1), CaptureQueriesContext(connection) as asked:
        page = aging_page(Bill.objects.all(), day=NOW, today=NOW, size=2)
    assert (len(page.rows), page.count) == (2, 4)
    assert "LIMIT 2" in asked.captured_queries[0]["sql"]
