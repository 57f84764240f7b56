"""Selling from a van: prices, gifts, money, credit, one sale for one press, and orders delivered from it."""

import uuid
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from sales import services
from sales.enums import PaymentMethod
from sales.models import Bill, Delivery, FinanceSlip, GiftRule, PriceList, PriceListLine, Receipt, StockMove
from sales.queries import receivables
from sales.rules import LineInput
from sales.services import van_sales
from sales.services.van_sales import Payment, receipt_of, sell_from_van
from tests.factories import BillFactory, CustomerFactory
from tests.sales.stock_data import D, check_books, load, on_hand, receive, van_for, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(people, water, beer):
    place = warehouse()
    receive(people.superior, place, {water: 120, beer: 60}, cost=D("1.20"))
    for product in (water, beer):
        product.refresh_from_db()
    return place


@pytest.fixture
def van(people, place, water, beer):
    van = van_for(people.owner)
    load(people.superior, place, van, {water: 60, beer: 12})
    return van


def sell(people, shop, lines, **kwargs):
    inputs = [line if isinstance(line, LineInput) else LineInput(line[0].pk, D(line[1])) for line in lines]
    return sell_from_van(actor=people.owner, customer=shop, lines=inputs, **kwargs)


def test_goods_bill_finance_and_last_sale(people, shop, van, water, beer, heard):
    delivery = sell(people, shop, [(water, 13), (beer, "0.7")])
    assert delivery.amount == D("36.14")  # 13 × 2.35 = 30.55, 0.7 × 7.99 = 5.593
    assert (delivery.order, delivery.rep, delivery.location, delivery.number[:2]) == (
        None,
        people.owner,
        van,
        "CK",
    )
    assert [line.amount for line in delivery.lines.all()] == [D("30.55"), D("5.59")]
    assert [line.unit_cost for line in delivery.lines.all()] == [D("1.20"), D("1.20")]
    assert (on_hand(van, water), on_hand(van, beer)) == (47, D("11.3"))
    assert receivables([shop.pk])[shop.pk] == D("36.14")
    assert FinanceSlip.objects.get(kind="delivery").amount == D("36.14")
    shop.refresh_from_db()
    assert shop.last_sale_on == delivery.issued_on
    assert "goods_issued" in heard
    check_books()


def test_each_line_is_rounded_and_a_discount_is_shared_to_the_cent(people, shop, van, water, beer):
    delivery = sell(
        people,
        shop,
        [LineInput(water.pk, D(7), discount=D("0.05")), LineInput(beer.pk, D("1.3"))],
        discount=D("0.03"),
    )
    # 7 × 2.35 × 0.95 = 15.6275 → 15.63; 1.3 × 7.99 = 10.387 → 10.39; 26.02 × 0.97 = 25.2394 → 25.24
    assert delivery.amount == D("25.24")
    assert sum(line.amount for line in delivery.lines.all()) == D("25.24")


def test_the_customers_price_its_reason_and_an_agreed_one(people, shop, van, water, beer):
    prices = PriceList.objects.create(name="春季价")
    PriceListLine.objects.create(price_list=prices, product=water, min_quantity=D(12), price=D("2.10"))
    delivery = sell(people, shop, [(water, 6), (water, 6), LineInput(beer.pk, D(1), price=D("7.50"))])
    first, second, third = delivery.lines.all()
    # Both lines of water together reach the break.
    assert (first.price, second.price, third.price) == (D("2.10"), D("2.10"), D("7.50"))
    assert "春季价" in first.price_reason
    assert "7.99" in third.price_reason
    assert delivery.amount == D("32.70")


def test_gifts_come_along_as_far_as_the_van_has_them(people, shop, van, water, beer):
    GiftRule.objects.create(name="买十赠一", product=water, buy_quantity=D(10), gift=beer, gift_quantity=D(1))
    delivery = sell(people, shop, [(water, 30), (beer, 10)])
    gift = delivery.lines.get(is_gift=True)
    assert (gift.product, gift.quantity, gift.amount, gift.price) == (beer, 2, 0, 0)  # 12 − 10 sold
    assert delivery.amount == D("150.40")
    assert on_hand(van, beer) == 0
    assert sell(people, shop, [(water, 10)]).lines.count() == 1  # none left: the sale goes on without
    assert sell(people, shop, [(water, 10)], with_gifts=False).lines.count() == 1


def test_gifts_that_are_named_are_given_and_no_others(people, shop, van, water, beer):
    GiftRule.objects.create(name="买十赠一", product=water, buy_quantity=D(10), gift=beer, gift_quantity=D(1))
    one = [(water, 30), LineInput(beer.pk, D(1), price=D(7), is_gift=True)]
    delivery = sell(people, shop, one)
    gift = delivery.lines.get(is_gift=True)
    assert (gift.quantity, gift.amount, delivery.amount) == (1, 0, D("70.50"))
    many = [(water, 10), LineInput(beer.pk, D(2), is_gift=True)]
    with pytest.raises(ValidationError, match="黑啤酒") as refusal:
        sell(people, shop, many)
    assert refusal.value.error_list[0].code == "credit"
    with pytest.raises(ValidationError):
        sell(people, shop, [LineInput(beer.pk, D(1), is_gift=True)])  # nothing bought, nothing earned
    assert on_hand(van, beer) == 11
    check_books()


def test_what_the_van_has_not_is_not_sold_and_nothing_is_written(people, shop, van, water, beer):
    with pytest.raises(ValidationError, match="12 瓶"):
        sell(people, shop, [(water, 1), (beer, 13)], payment=Payment(D(5), PaymentMethod.CASH))
    assert not Delivery.objects.exists()
    assert not Receipt.objects.exists()
    assert on_hand(van, water) == 60


def test_money_for_the_sale_pays_this_sale_first(people, shop, van, water):
    old = BillFactory(customer=shop, amount=D("50.00"))
    key = uuid.uuid4()
    payment = Payment(D("30.00"), PaymentMethod.CASH)
    delivery = sell(people, shop, [(water, 10)], payment=payment, client_uuid=key)
    assert delivery.bills.get().open_amount == 0
    old.refresh_from_db()
    assert (old.settled, receipt_of(delivery).amount) == (D("6.50"), 30)  # 30 − 23.50
    again = sell(people, shop, [(water, 10)], payment=payment, client_uuid=key)
    assert (again, Receipt.objects.count(), on_hand(van, water)) == (delivery, 1, 50)
    with pytest.raises(ValidationError):
        sell_from_van(actor=people.colleague, customer=shop, lines=[], client_uuid=key)


def test_a_payment_that_cannot_be_undoes_the_sale(people, shop, van, water):
    with pytest.raises(ValidationError):
        sell(people, shop, [(water, 10)], payment=Payment(D(0), PaymentMethod.CASH))
    with pytest.raises(ValidationError):
        sell(people, shop, [(water, 10)], payment=Payment(D(5), "shells"))
    assert not Delivery.objects.exists()
    assert not StockMove.objects.filter(kind="sale").exists()


def test_below_the_floor_nobody_sells_without_a_managers_right(people, shop, van, water):
    water.floor_price = D("2.00")
    water.save()
    cheap = [LineInput(water.pk, D(10), price=D("2.10"))]
    with pytest.raises(ValidationError, match=r"2\.00"):
        sell(people, shop, cheap, discount=D("0.05"))
    sell(people, shop, cheap)


def test_a_customer_of_somebody_else_and_a_person_without_a_van(people, shop, van, water):
    with pytest.raises(ValidationError):
        sell(people, CustomerFactory(owner=people.outsider), [(water, 1)])
    with pytest.raises(ValidationError, match=r"van|车"):
        sell_from_van(actor=people.superior, customer=shop, lines=[LineInput(water.pk, D(1))])


def test_a_sale_is_reversed_like_any_delivery(people, shop, van, water):
    delivery = sell(people, shop, [(water, 10)], payment=Payment(D("23.50"), PaymentMethod.WECHAT))
    services.reverse_delivery(actor=people.superior, delivery=delivery)
    assert on_hand(van, water) == 60
    assert receivables([shop.pk])[shop.pk] == 0
    assert Receipt.objects.get().prepayment == D("23.50")
    assert Bill.objects.get().status == "reversed"
    check_books()


def test_an_order_is_delivered_from_the_van(people, van, make_order, water):
    order = make_order(30, status="approved")
    line = order.lines.get()
    delivery = van_sales.deliver_from_van(
        actor=people.owner,
        order=order,
        quantities={line.pk: Decimal(20)},
        payment=Payment(D(10), PaymentMethod.CASH),
    )
    order.refresh_from_db()
    assert (order.status, delivery.location, on_hand(van, water)) == ("partly_delivered", van, 40)
    assert delivery.bills.get().open_amount == D("37.00")
    with pytest.raises(ValidationError):
        van_sales.deliver_from_van(actor=people.owner, order=make_order(70, status="approved"))
    with pytest.raises(ValidationError):
        van_sales.deliver_from_van(actor=people.outsider, order=order)
    check_books()
