"""What the order entry knows besides quantities: prices nobody typed, gifts, details, copies, where it was
written."""

import json
import re
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import SystemOptions
from comms.models import Notification
from sales.models import GiftRule, PriceList, PriceListLine, SalesOrder
from sales.rules import OrderDetails
from tests.factories import ContactFactory, CustomerFactory, ProductFactory
from tests.sales.test_entry import address, row, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel_price(shop, water):
    """The shop pays 2.00 for a bottle from 120 on."""
    prices = PriceList.objects.create(name="春季价", customer=shop)
    return PriceListLine.objects.create(
        price_list=prices, product=water, min_quantity=120, price=Decimal("2.00")
    )


def gifts(*rows):
    data = {"gifts-TOTAL_FORMS": len(rows), "gifts-INITIAL_FORMS": 0}
    for index, (product, quantity, offered) in enumerate(rows):
        data |= {
            f"gifts-{index}-product": product.pk,
            f"gifts-{index}-quantity": quantity,
            f"gifts-{index}-offered": offered,
        }
    return data


def script(page, name):
    return json.loads(re.search(rf'<script id="{name}"[^>]*>(.*?)</script>', page.content.decode())[1])


@pytest.mark.parametrize(
    ("price", "offered", "paid"),
    [
        ("2.35", "2.35", "2.00"),  # nobody typed it: the price of the quantity holds
        ("2.10", "2.35", "2.10"),  # typed
        ("2.35", "", "2.35"),  # a page that offers nothing
        ("", "2.35", "2.00"),
        ("2.35", "junk", "2.35"),
    ],
)
def test_a_price_that_nobody_typed_is_the_customers(
    login, people, shop, water, channel_price, price, offered, paid
):
    login(people.owner).post(address(shop), typed(row(water, boxes="10", price=price, offered=offered)))
    line = SalesOrder.objects.get().lines.get()
    assert line.price == Decimal(paid)
    assert ("春季价" in line.price_reason) == (paid == "2.00")
    assert line.list_price == Decimal("2.00")


def test_the_page_knows_steps_gifts_floors_and_credit(login, people, shop, water, beer, channel_price):
    shop.credit_limit = Decimal(500)
    shop.save()
    water.floor_price = Decimal("1.90")
    water.save()
    GiftRule.objects.create(name="十赠一", product=water, buy_quantity=10, gift=beer, gift_quantity=1)
    page = login(people.owner).get(address(shop))
    offer = script(page, "goods")[str(water.pk)]
    assert [(Decimal(step["from"]), step["price"]) for step in offer["steps"]] == [(0, "2.35"), (120, "2.00")]
    assert (offer["floor"], offer["gifts"][0]["id"], offer["gifts"][0]["rule"]) == ("1.90", beer.pk, "十赠一")
    assert script(page, "credit") == {"left": "500.00", "blocked": False}
    SystemOptions.objects.update(credit_control=False)
    assert script(login(people.owner).get(address(shop)), "credit") is None


def test_gifts_are_written_as_they_were_left(login, people, shop, water, beer):
    GiftRule.objects.create(name="十赠一", product=water, buy_quantity=10, gift=beer, gift_quantity=1)
    client = login(people.owner)
    client.post(address(shop), typed(row(water, boxes="2")) | gifts((beer, "2", "2")))
    order = SalesOrder.objects.get()
    gift = order.lines.get(is_gift=True)
    assert (gift.product, gift.quantity, gift.amount, order.approval_reason) == (beer, 2, 0, "")
    client.post(address(shop), typed(row(water, boxes="2")) | gifts((beer, "0", "2")))
    assert not SalesOrder.objects.latest("pk").lines.filter(is_gift=True).exists()
    client.post(address(shop), typed(row(water, boxes="2")) | gifts((beer, "3", "2")))
    assert beer.name in SalesOrder.objects.latest("pk").approval_reason
    assert Notification.objects.filter(recipient=people.superior).count() == 1


def test_a_refusal_keeps_gifts_and_details(login, people, shop, water, beer):
    page = login(people.owner).post(
        address(shop),
        typed(row(water, pieces="x"), consignee="老王", wanted_on="2020-01-01") | gifts((beer, "2", "1")),
    )
    assert page.status_code == 200
    assert page.context["gifts"].rows[0]["quantity"].value() == "2"
    assert page.context["details"].errors["wanted_on"]
    assert 'value="老王"' in page.content.decode()
    assert str(beer.pk) in script(page, "goods")
    bad = login(people.owner).post(address(shop), typed(row(water, pieces="1")) | gifts((beer, "viel", "1")))
    assert bad.context["gifts"].rows[0].errors["quantity"]
    assert not SalesOrder.objects.exists()


def test_details_come_from_the_customer_and_go_with_the_order(login, people, water):
    shop = CustomerFactory(owner=people.owner, province="安徽省", city="合肥市", address="长江路 1 号")
    contact = ContactFactory(customer=shop, name="王老板", is_primary=True)
    client = login(people.owner)
    form = client.get(address(shop)).context["details"]
    assert form["consignee"].value() == contact.name
    assert form["delivery_address"].value() == "安徽省合肥市长江路 1 号"
    assert "invoice_number" not in form.fields  # the office's
    client.post(
        address(shop),
        typed(
            row(water, pieces="1"),
            consignee="王老板",
            shipping_method="own_truck",
            payment_method="cash",
            consignor="我司",
            invoice_number="偷写",
        ),
    )
    order = SalesOrder.objects.get()
    assert (
        order.consignee,
        order.shipping_method,
        order.payment_method,
        order.consignor,
        order.invoice_number,
    ) == (
        "王老板",
        "own_truck",
        "cash",
        "我司",
        "",
    )


def test_where_it_was_written(login, people, shop, water):
    for who, params, source in (
        ("owner", {}, "phone"),
        ("owner", {"visit": 3}, "visit"),
        ("superior", {}, "office"),
    ):
        login(getattr(people, who)).post(address(shop, **params), typed(row(water, pieces="1")))
        assert SalesOrder.objects.latest("pk").source == source


def test_a_copy_has_the_goods_at_todays_prices(login, people, shop, water, beer, make_order):
    old = make_order(30, note="老样子", details=OrderDetails(consignee="老王", invoice_number="F1"))
    old.lines.update(price=Decimal("1.00"), list_price=Decimal("1.00"))
    gone = ProductFactory(name="停售品", is_active=False)
    old.lines.create(product=gone, quantity=1, price=1, amount=1, position=9)
    client = login(people.owner)
    create = reverse("sales:order_create")
    page = client.get(create, {"copy": old.pk})
    [first] = [form for form in page.context["rows"].rows if form.item == water]
    assert (first["boxes"].value(), first["pieces"].value()) == ("2", "6")
    assert first["price"].value() == first["offered"].value()  # the script and the server put today's in
    assert page.context["details"]["consignee"].value() == "老王"
    assert page.context["form"]["note"].value() == "老样子"
    assert "停售品" in page.content.decode()
    # For another customer, from an order out of sight, from none.
    other = CustomerFactory(owner=people.owner)
    page = client.get(create, {"copy": old.pk, "customer": other.pk})
    assert page.context["customer"] == other
    assert page.context["details"]["consignee"].value() != "老王"
    assert login(people.outsider).get(create, {"copy": old.pk}).status_code == 404
    for wrong in ("x", "0", "9" * 40):
        assert client.get(create, {"copy": wrong}).status_code == 404


def test_last_quantity_and_price_stand_beside_the_product(login, people, shop, water, make_order):
    make_order(30)
    [first] = [
        form for form in login(people.owner).get(address(shop)).context["rows"].rows if form.item == water
    ]
    assert first.last_quantity == "2箱6瓶"
    assert first.last_price is None  # the same as today's
