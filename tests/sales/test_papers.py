"""Deliveries and receipts on paper: what they say, who may print them."""

import re
import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import SystemOptions
from crm.models import Phone
from sales import services
from sales.enums import PaymentMethod
from sales.models import DeliveryLine
from sales.rules import LineInput, OrderDetails
from sales.services.van_sales import Payment, sell_from_van
from tests.factories import ContactFactory, ProductFactory
from tests.sales.stock_data import D, load, receive, van_for, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def company(db):
    SystemOptions.load()
    SystemOptions.objects.update(company_name="合肥某商贸")


@pytest.fixture
def delivery(make_order):
    return make_order(10, status="delivered").deliveries.get()


@pytest.fixture
def receipt(people, shop, delivery):
    """30.00 in cash: 23.50 for the delivery, the rest ahead."""
    return services.record_receipt(
        actor=people.owner, customer=shop, amount=D("30"), method="cash", note="老板娘付"
    )


def paper(client, slip):
    kind = slip._meta.model_name
    answer = client.get(reverse(f"sales:{kind}_paper", args=[slip.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def words(page):
    """What stands on the sheet, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split("<main", 1)[1]))


# --- deliveries
def test_delivery_names_company_customer_goods_and_amount_in_capitals(login, people, shop, water, delivery):
    contact = ContactFactory(customer=shop, name="王老板娘", is_primary=True)
    Phone.objects.create(customer=shop, contact=contact, raw="138 0013 8000")
    type(shop).objects.filter(pk=shop.pk).update(address="长江路 1 号")
    type(water).objects.filter(pk=water.pk).update(specification="550ml×12")
    type(delivery).objects.filter(pk=delivery.pk).update(note="走后门")
    page = words(paper(login(people.owner), delivery))
    for text in (
        "合肥某商贸 送货单",
        delivery.number,
        delivery.issued_on.isoformat(),
        "老王超市",
        "王老板娘",
    ):
        assert text in page
    for text in (
        "138 0013 8000",
        "长江路 1 号",
        people.owner.name,
        "矿泉水",
        "550ml×12",
        "瓶",
        "¥2.35",
        "¥23.50",
    ):
        assert text in page
    for text in ("贰拾叁元伍角整", "走后门", "制单", "送货人", "收货人签字"):
        assert text in page
    assert "已冲销" not in page
    assert "优惠" not in page


def test_delivery_goes_where_its_order_says(login, people, shop, make_order):
    ContactFactory(customer=shop, name="王老板娘", is_primary=True)
    details = OrderDetails(
        consignee="仓库老李", consignee_phone="0551 1234", delivery_address="繁华大道 9 号"
    )
    page = words(
        paper(login(people.owner), make_order(10, status="delivered", details=details).deliveries.get())
    )
    for text in ("仓库老李", "0551 1234", "繁华大道 9 号"):
        assert text in page
    assert "王老板娘" not in page


def test_delivery_without_contact_phone_or_company(login, people, delivery):
    SystemOptions.objects.update(company_name="")
    page = words(paper(login(people.owner), delivery))
    assert "送货单" in page
    assert "联系人：–" in page
    assert "None" not in page


def test_boxes_gifts_and_discounts_of_an_order(login, people, shop, water):
    lines = [LineInput(water.pk, D(30), discount=D("0.10")), LineInput(water.pk, D(2), is_gift=True)]
    order = services.create_order(
        actor=people.owner, customer=shop, lines=lines, discount=D("0.05"), submit=True
    )
    delivery = services.approve_and_deliver(actor=people.superior, order=order)
    page = words(paper(login(people.owner), delivery))
    assert "30 (2箱6瓶)" in page
    assert "搭赠" in page
    assert "10%" in page
    assert "−5% (已计入各行金额)" in page
    assert page.count("¥60.28") == 2  # 30 × 2.35 less 10 % less 5 %: the line and the total
    assert "陆拾元贰角捌分" in page


def test_van_sale_says_what_was_paid_at_once(login, people, shop, water):
    place, van = warehouse(), van_for(people.owner)
    receive(people.superior, place, {water: 60})
    load(people.superior, place, van, {water: 30})
    delivery = sell_from_van(
        actor=people.owner,
        customer=shop,
        lines=[LineInput(water.pk, D(10))],
        payment=Payment(None, PaymentMethod.CASH),
        client_uuid=uuid.uuid4(),
    )
    client = login(people.owner)
    page = words(paper(client, delivery))
    for text in ("贰拾叁元伍角整", str(van), "当场收款：现金 ¥23.50", "¥2.35"):
        assert text in page
    receipt = delivery.customer.receipts.get()
    services.reverse_receipt(actor=people.finance, receipt=receipt)
    assert "当场收款" not in paper(client, delivery)


def test_reversed_delivery_says_so(login, people, delivery):
    services.reverse_delivery(actor=people.superior, delivery=delivery, reason="门店拒收")
    delivery.refresh_from_db()
    page = words(paper(login(people.owner), delivery))
    assert f"已冲销 {delivery.reversed_on.isoformat()}" in page
    assert "门店拒收" not in page  # why is ours to know


def test_long_list_stands_whole_at_one_cost(login, people, delivery, django_assert_max_num_queries):
    DeliveryLine.objects.bulk_create(
        DeliveryLine(
            delivery=delivery,
            product=ProductFactory(name=f"长单商品{n:03}"),
            quantity=Decimal(1),
            price=Decimal("12.50"),
            amount=Decimal("12.50"),
        )
        for n in range(120)
    )
    client = login(people.owner)
    with django_assert_max_num_queries(12):
        page = paper(client, delivery)
    assert [n for n in range(120) if f"长单商品{n:03}" not in page] == []
    assert page.count('<tr><td align="center">') == 121
    assert page.count("<thead>") == 1


# --- receipts
def test_receipt_names_the_payer_amounts_and_bills(login, people, delivery, receipt):
    page = words(paper(login(people.owner), receipt))
    for text in (
        "合肥某商贸 收据",
        receipt.number,
        receipt.received_on.isoformat(),
        "今收到 老王超市",
        "现金",
    ):
        assert text in page
    for text in (
        "叁拾元整",
        "¥30.00",
        delivery.number,
        "¥23.50",
        "预收款 ¥6.50",
        "老板娘付",
        "收款人",
        "交款人",
    ):
        assert text in page
    assert "已冲销" not in page


def test_receipt_hides_bills_from_who_may_not_see_them(login, people, delivery, receipt):
    role = people.owner.role
    role.permissions.remove(role.permissions.get(codename="view_bill"))
    page = words(paper(login(people.owner), receipt))
    assert "叁拾元整" in page
    assert delivery.number not in page


def test_reversed_receipt_says_so_and_pays_nothing(login, people, delivery, receipt):
    services.reverse_receipt(actor=people.finance, receipt=receipt, reason="跳票")
    receipt.refresh_from_db()
    page = words(paper(login(people.owner), receipt))
    assert f"已冲销 {receipt.reversed_on.isoformat()}" in page
    assert "叁拾元整" in page
    for text in ("跳票", delivery.number, "预收款"):
        assert text not in page


# --- who
@pytest.mark.parametrize("kind", ["delivery", "receipt"])
def test_owner_and_superior_print_from_its_page_and_outsiders_find_nothing(request, login, people, kind):
    slip = request.getfixturevalue(kind)
    address = reverse(f"sales:{kind}_paper", args=[slip.pk])
    for person in (people.owner, people.superior, people.finance):
        client = login(person)
        assert f'href="{address}"' in client.get(slip.get_absolute_url()).content.decode()
        assert slip.number in paper(client, slip)
    assert login(people.outsider).get(address).status_code == 404
    assert login(people.owner).post(address).status_code == 405
    people.owner.role.permissions.clear()
    assert login(people.owner).get(address).status_code == 403
