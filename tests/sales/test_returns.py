"""Goods given back: credited at what was paid, never more than was delivered, used at once, reversed without a trace."""

import uuid

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from sales import services
from sales.models import Delivery, FinanceSlip, Refund, SalesReturn, StockMove
from sales.queries import receivables
from sales.rules import LineInput
from sales.rules.stock import return_amount
from sales.services import common
from sales.services.returns import ReturnInput, reverse_return, take_back
from sales.services.van_sales import sell_from_van
from tests.factories import CustomerFactory
from tests.sales.stock_data import D, check_books, load, on_hand, receive, van_for, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(people, water):
    place = warehouse()
    receive(people.superior, place, {water: 120})
    return place


@pytest.fixture
def van(people, place, water):
    van = van_for(people.owner)
    load(people.superior, place, van, {water: 60})
    return van


@pytest.fixture
def sale(people, shop, van, water):
    """10 bottles for 23.50 less 3 %: 22.80 (22.795)."""
    return sell_from_van(
        actor=people.owner, customer=shop, lines=[LineInput(water.pk, D(10))], discount=D("0.03")
    )


def back(people, shop, van, product, quantity, *, of=None, **kwargs):
    names = {
        "actor": people.owner,
        "customer": shop,
        "location": van,
        "delivery": of.delivery if of else None,
    }
    inputs = {"reason": "unsold", "delivery_line_id": of.pk if of else None}
    slip = {
        key: kwargs.pop(key)
        for key in list(kwargs)
        if key in ("note", "client_uuid", "actor", "location", "customer")
    }
    return take_back(lines=[ReturnInput(product.pk, D(quantity), **inputs | kwargs)], **names | slip)


def test_parts_of_a_delivery_are_credited_at_what_was_paid_to_the_cent(people, shop, van, water, sale):
    line = sale.lines.get()
    parts = [back(people, shop, van, water, 3, of=line) for _n in range(3)]
    parts.append(back(people, shop, van, water, 1, of=line))
    assert [slip.amount for slip in parts] == [D("6.84"), D("6.84"), D("6.84"), D("2.28")]
    assert receivables([shop.pk])[shop.pk] == 0
    line.refresh_from_db()
    assert (line.returned, on_hand(van, water)) == (10, 60)
    with pytest.raises(ValidationError, match="0"):
        back(people, shop, van, water, 1, of=line)
    check_books()


def test_the_credit_pays_the_oldest_bill_and_finance_sees_it(people, shop, van, water, sale):
    slip = back(people, shop, van, water, 4, of=sale.lines.get())
    assert (slip.amount, slip.used, slip.number[:2], slip.rep) == (D("9.12"), D("9.12"), "TH", people.owner)
    assert sale.bills.get().open_amount == D("13.68")
    assert FinanceSlip.objects.get(kind="return").amount == D("9.12")
    shop.refresh_from_db()
    assert shop.last_sale_on == sale.issued_on  # a returned sale stays a sale


def test_without_a_delivery_the_last_price_holds(people, shop, van, water, beer, sale):
    assert back(people, shop, van, water, 2).amount == D("4.56")
    assert back(people, shop, van, beer, 1).amount == D("7.99")  # never bought: today's price
    assert back(people, shop, van, water, 2, price=D("1.00")).amount == D("2.00")
    with pytest.raises(ValidationError, match=r"2\.28"):
        back(people, shop, van, water, 1, price=D("2.29"))
    assert back(people, shop, van, water, 1, price=D("2.29"), actor=people.superior).amount == D("2.29")


def test_unsellable_goods_never_stand_on_the_van(people, shop, van, water, sale):
    slip = back(people, shop, van, water, 4, of=sale.lines.get(), reason="damaged", condition="unsellable")
    assert on_hand(van, water) == 50
    assert StockMove.objects.get(sales_return=slip).target.kind == "loss"
    reverse_return(actor=people.superior, slip=slip)
    assert on_hand(van, water) == 50
    check_books()


def test_reversed_as_if_it_had_not_been(people, shop, van, water, sale):
    line = sale.lines.get()
    slip = back(people, shop, van, water, 4, of=line)
    with pytest.raises(ValidationError):
        services.reverse_delivery(actor=people.superior, delivery=sale)
    reverse_return(actor=people.superior, slip=slip, reason="记错客户")
    line.refresh_from_db()
    slip.refresh_from_db()
    assert (slip.status, slip.used, slip.unused, slip.reversal_reason) == ("reversed", 0, 0, "记错客户")
    assert (line.returned, on_hand(van, water)) == (0, 50)
    assert receivables([shop.pk])[shop.pk] == D("22.80")
    assert FinanceSlip.objects.get(kind="return").amount == 0
    with pytest.raises(ValidationError):
        reverse_return(actor=people.superior, slip=slip)
    services.reverse_delivery(actor=people.superior, delivery=sale)
    assert receivables([shop.pk])[shop.pk] == 0
    check_books()


def test_goods_sold_on_cannot_be_taken_back_by_a_reversal(people, shop, van, water, sale):
    slip = back(people, shop, van, water, 4, of=sale.lines.get())
    sell_from_van(actor=people.owner, customer=shop, lines=[LineInput(water.pk, D(54))])
    with pytest.raises(ValidationError, match="0 瓶"):
        reverse_return(actor=people.superior, slip=slip)
    assert SalesReturn.objects.get(pk=slip.pk).status == "posted"


def test_a_credit_that_was_paid_back_is_not_reversed(people, shop, van, water):
    slip = back(people, shop, van, water, 4)
    Refund.objects.create(
        number="TK1", customer=shop, sales_return=slip, refunded_on=slip.returned_on, amount=D(1)
    )
    with pytest.raises(ValidationError):
        reverse_return(actor=people.superior, slip=slip)


def test_what_cannot_be(people, shop, van, water, beer, sale, place):
    line = sale.lines.get()
    wrong = [
        {"quantity": 11, "of": line},
        {"quantity": 0},
        {"quantity": "NaN"},
        {"quantity": 1, "reason": "no idea"},
        {"quantity": 1, "condition": "?"},
        {"quantity": 1, "price": D("-1")},
        {"quantity": 1, "location": van_for(people.colleague)},
        {"quantity": 1, "customer": CustomerFactory(owner=people.outsider)},
    ]
    for case in wrong:
        with pytest.raises(ValidationError):
            back(people, shop, van, water, **case)
    with pytest.raises(ValidationError):
        back(people, shop, van, beer, 1, of=line)
    with pytest.raises(ValidationError):
        back(people, CustomerFactory(owner=people.owner), van, water, 1, of=line)
    assert not SalesReturn.objects.exists()
    assert back(people, shop, van, water, 1, location=place).location == place


def test_an_imported_delivery_takes_nothing_back(people, shop, van, water, sale):
    """Nothing was billed for it here: a credit for it would be money from nowhere."""
    Delivery.objects.filter(pk=sale.pk).update(is_history=True)
    with pytest.raises(ValidationError) as refusal:
        back(people, shop, van, water, 1, of=sale.lines.get())
    assert refusal.value.code == "history"
    assert sale.number in refusal.value.messages[0]
    assert not SalesReturn.objects.exists()
    assert back(people, shop, van, water, 1).delivery is None  # without naming it


def test_a_return_locks_its_customer_once_before_the_number(people, shop, van, water, monkeypatch):
    locked, lock = [], common.lock_customer
    monkeypatch.setattr(common, "lock_customer", lambda pk: (locked.append(pk), lock(pk)))
    monkeypatch.setattr(common, "next_number", lambda **kwargs: f"TH{locked}")
    assert back(people, shop, van, water, 1).number == f"TH{[shop.pk]}"


def test_the_same_uuid_makes_one_return(people, shop, van, water):
    key = uuid.uuid4()
    first = back(people, shop, van, water, 1, client_uuid=key)
    assert back(people, shop, van, water, 1, client_uuid=key) == first
    assert SalesReturn.objects.count() == 1


@given(
    st.integers(1, 100_000),
    st.lists(st.integers(1, 5000), min_size=1, max_size=8),
)
def test_whatever_comes_back_in_parts_adds_up_to_what_was_paid(cents, parts):
    paid, quantity = D(cents) / 100, D(sum(parts)) / 1000
    before, credited = D(0), D(0)
    for part in parts:
        amount = return_amount(
            paid=paid, quantity=quantity, before=before, taken=D(part) / 1000, credited=credited
        )
        assert amount >= 0
        before, credited = before + D(part) / 1000, credited + amount
    assert credited == paid
