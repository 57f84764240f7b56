"""Real threads against PostgreSQL: no CNY is used twice, no receipt written twice, no number left out."""

import uuid
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from common.business_calendar import today
from sales import services
from sales.models import Allocation, Bill, CostEntry, Receipt, Refund
from sales.services import allocations, billing, costs, refunds
from sales.services.opening_balances import open_balance, reverse_opening
from tests.factories import CustomerFactory
from tests.races import race

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="row locks are PostgreSQL's"),
]


def receive(people, shop, amount, **kwargs):
    return services.record_receipt(
        actor=people.owner, customer=shop, amount=Decimal(amount), method="cash", **kwargs
    )


def owe(people, shop, amount):
    return open_balance(actor=people.finance, customer=shop, amount=Decimal(amount))


def check_books(shop):
    """The sums on bills and receipts are those of the allocations that stand."""
    standing = Allocation.objects.filter(bill__customer=shop, released_on__isnull=True)
    for bill in shop.bills.all():
        assert bill.settled == sum(row.amount for row in standing.filter(bill=bill)) <= bill.amount
    for receipt in shop.receipts.all():
        used = sum(row.amount for row in standing.filter(receipt=receipt))
        assert receipt.used == used + receipt.refunded <= receipt.amount


def test_the_same_key_ten_times_at_once_makes_one_receipt(people, shop):
    owe(people, shop, 100)
    key = uuid.uuid4()
    outcomes = race(*[lambda: receive(people, shop, "30", client_uuid=key)] * 10)
    receipt = Receipt.objects.get()
    assert outcomes == [receipt] * 10
    assert receipt.number == f"SK{today():%Y%m%d}-0001"
    assert Bill.objects.get().settled == 30
    assert receive(people, shop, "1").number.endswith("-0002")  # who lost the race gave the number back


def test_twenty_at_once_use_a_receipt_once(people, shop):
    receipt = receive(people, shop, "100")
    bills = Bill.objects.bulk_create(
        Bill(kind="opening", customer=shop, billed_on=today(), due_on=today(), amount=10) for _n in range(20)
    )

    def use(bill):
        def work():
            with transaction.atomic():
                return billing.allocate_to(
                    actor=people.finance,
                    source=Receipt.objects.get(pk=receipt.pk),
                    bill=bill,
                    amount=Decimal(10),
                    day=today(),
                )

        return work

    outcomes = race(*[use(bill) for bill in bills])
    kinds = [type(outcome) for outcome in outcomes]
    assert (kinds.count(Allocation), kinds.count(ValidationError)) == (10, 10)
    receipt.refresh_from_db()
    assert receipt.used == 100
    check_books(shop)


def test_twenty_refunds_pay_back_what_there_is(people, shop):
    receipt = receive(people, shop, "50")
    outcomes = race(
        *[
            lambda: refunds.pay_refund(
                actor=people.finance,
                source=Receipt.objects.get(pk=receipt.pk),
                amount=Decimal(10),
                method="cash",
            )
        ]
        * 20
    )
    assert [type(outcome) for outcome in outcomes].count(Refund) == 5
    numbers = sorted(Refund.objects.values_list("number", flat=True))
    assert numbers == [f"TK{today():%Y%m%d}-{n:04}" for n in range(1, 6)]
    check_books(shop)


def test_a_bill_reversed_while_it_is_paid(people, shop):
    for _round in range(5):
        bill, receipt = owe(people, shop, 40), receive(people, shop, "40", allocate=False)
        billing_first = race(
            lambda: reverse_opening(actor=people.finance, bill=bill, reason="重复"),  # noqa: B023
            lambda: allocations.allocate_by_hand(
                actor=people.finance,
                source=Receipt.objects.get(pk=receipt.pk),  # noqa: B023 - joined within the round
                wanted={bill.pk: Decimal(40)},  # noqa: B023
            ),
        )
        bill.refresh_from_db()
        assert (bill.status, bill.settled) == ("reversed", 0), billing_first
        check_books(shop)
        services.reverse_receipt(actor=people.finance, receipt=Receipt.objects.get(pk=receipt.pk), reason="x")


def test_everything_at_once_keeps_the_books(people, shop, make_order):
    """Deliveries, receipts, reversals and offsets of one customer wait for each other, in no ring."""
    orders = [make_order(10, status="approved") for _n in range(4)]
    old = [receive(people, shop, "7", allocate=False) for _n in range(3)]
    works = [
        lambda order=order: services.deliver_order(actor=people.superior, order=order) for order in orders
    ]
    works += [lambda: receive(people, shop, "11") for _n in range(6)]
    works += [
        lambda receipt=receipt: services.reverse_receipt(actor=people.finance, receipt=receipt)
        for receipt in old
    ]
    works += [lambda: allocations.offset_customer(actor=people.finance, customer=shop)] * 3
    outcomes = race(*works)
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    check_books(shop)
    billed = sum(bill.amount for bill in shop.bills.posted())
    assert billed == 4 * Decimal("23.50")
    assert sum(bill.settled for bill in shop.bills.all()) == 66


def test_numbers_have_no_gap_under_concurrency_and_after_rollbacks(people):
    shops = [CustomerFactory(owner=people.owner) for _n in range(4)]
    day = f"{today():%Y%m%d}"

    def fail():
        with transaction.atomic():
            receive(people, shops[0], "5")
            costs.record_cost(actor=people.finance, customer=shops[0], kind="freight", amount=Decimal(1))
            raise RuntimeError("the power is gone")

    works = [lambda shop=shop: receive(people, shop, "5") for shop in shops * 3]
    works += [
        lambda shop=shop: costs.record_cost(
            actor=people.finance, customer=shop, kind="freight", amount=Decimal(1)
        )
        for shop in shops
    ]
    outcomes = race(*works, fail, fail, fail)
    assert [type(outcome) for outcome in outcomes].count(RuntimeError) == 3
    for prefix, model, count in (("SK", Receipt, 12), ("FY", CostEntry, 4)):
        numbers = sorted(model.objects.values_list("number", flat=True))
        assert numbers == [f"{prefix}{day}-{n:04}" for n in range(1, count + 1)]
