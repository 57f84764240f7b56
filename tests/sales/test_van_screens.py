"""Pages of the van, as its rep and as an outsider: what waits, selling, loading, delivering, settling the day."""

import pytest
from django.urls import reverse

from sales.models import (
    DaySettlement,
    Delivery,
    GiftRule,
    PriceList,
    PriceListLine,
    Receipt,
)
from tests.sales.stock_data import D, load, on_hand, post_rows, text

pytestmark = pytest.mark.django_db


# --- my van
def test_my_van_shows_what_waits(owner, people, place, van, make_order, shop, water):
    plan = load(people.superior, place, van, {water: 3}, post=False)
    order = make_order(5, status="approved")
    page = text(owner.get(reverse("sales:van_home")))
    assert plan.number in page
    assert order.number in page
    assert "5箱" in page


def test_who_has_no_van_is_told(login, people, shop):
    client = login(people.colleague)
    assert "您没有自己的车" in text(client.get(reverse("sales:van_home")))
    assert "您没有自己的车" in text(client.get(reverse("sales:van_sell"), {"customer": shop.pk}))
    assert login(people.finance).get(reverse("sales:van_home")).status_code == 200


def test_a_sale_with_money_from_the_page(owner, outsider, people, shop, van, water):
    address = reverse("sales:van_sell")
    assert "哪个客户" in text(owner.get(address))
    page = text(owner.get(address, {"customer": shop.pk}))
    assert "车上 5箱" in page
    assert outsider.get(address, {"customer": shop.pk}).status_code in (200, 404)
    data = post_rows([(water, 1, 2, {"price": "2.35"})], method="cash")
    answer = owner.post(f"{address}?customer={shop.pk}&next=/van/", data)
    assert answer.url == "/van/"
    sale = Delivery.objects.get()
    assert (sale.amount, on_hand(van, water)) == (D("32.90"), 46)
    assert Receipt.objects.get().amount == D("32.90")  # the whole sum


def test_a_price_left_as_offered_follows_the_quantity(owner, shop, van, water):
    prices = PriceList.objects.create(name="春季价")
    PriceListLine.objects.create(price_list=prices, product=water, min_quantity=D(24), price=D("2.10"))
    address = f"{reverse('sales:van_sell')}?customer={shop.pk}"
    assert '"from": "24.000", "price": "2.10"' in text(owner.get(address))  # the page knows the steps
    left, typed = {"price": "2.35", "offered": "2.35"}, {"price": "2.30", "offered": "2.35"}
    owner.post(address, post_rows([(water, 2, "", left)]))
    owner.post(address, post_rows([(water, 2, "", typed)]))
    assert [sale.amount for sale in Delivery.objects.order_by("pk")] == [D("50.40"), D("55.20")]


def gift_rows(*rows):
    data = {"gifts-TOTAL_FORMS": len(rows), "gifts-INITIAL_FORMS": 0}
    for number, (product, quantity) in enumerate(rows):
        data |= {f"gifts-{number}-product": product.pk, f"gifts-{number}-quantity": quantity}
    return data


def test_gifts_are_chosen_on_the_page_of_the_van(owner, people, shop, place, van, water, beer):
    GiftRule.objects.create(name="水十送一", product=water, buy_quantity=10, gift=beer, gift_quantity=1)
    load(people.superior, place, van, {beer: 3})
    address = f"{reverse('sales:van_sell')}?customer={shop.pk}"
    page = owner.get(address)
    [gift] = page.context["goods"][water.pk]["gifts"]
    assert (gift["rule"], gift["id"], gift["there"]) == ("水十送一", beer.pk, "3.000")
    assert "data-gifts" in text(page)
    goods = post_rows([(water, "", 20, {"price": "2.35"})])
    owner.post(address, goods | gift_rows((beer, "1")))  # fewer than the rule gives
    assert Delivery.objects.latest("pk").lines.get(is_gift=True).quantity == 1
    owner.post(address, goods | gift_rows())  # none, because somebody left them out
    assert not Delivery.objects.latest("pk").lines.filter(is_gift=True).exists()
    wrong = owner.post(address, goods | gift_rows((beer, "x")))
    assert 'value="x"' in text(wrong)
    greedy = owner.post(address, goods | gift_rows((beer, "3")))
    assert (greedy.status_code, "黑啤酒" in text(greedy), Delivery.objects.count()) == (200, True, 2)
    owner.post(address, goods)  # a page without rows of gifts leaves them to the rules
    assert Delivery.objects.latest("pk").lines.get(is_gift=True).quantity == 2


def test_the_search_of_the_van_knows_what_gifts_are_there(owner, people, shop, place, van, water, beer):
    GiftRule.objects.create(name="水十送一", product=water, buy_quantity=10, gift=beer, gift_quantity=1)
    load(people.superior, place, van, {beer: 3})
    params = {"q": "矿泉水", "place": van.pk, "only": 1, "customer": shop.pk}
    [found] = owner.get(reverse("sales:stock_products"), params).json()
    assert [gift["there"] for gift in found["gifts"]] == ["3.000"]


def test_an_outsider_sells_to_nobody_elses_customer(outsider, others_van, shop, water):
    assert outsider.get(reverse("sales:van_sell"), {"customer": shop.pk}).status_code == 404


@pytest.mark.parametrize(
    ("entry", "more"),
    [
        ((99, ""), {}),
        ((1, ""), {"paid": "5"}),
        ((1, ""), {"discount": "101"}),
        (("", ""), {}),
        (("x", ""), {}),
    ],
)
def test_a_refused_sale_keeps_what_was_typed(owner, shop, van, water, entry, more):
    data = post_rows([(water, *entry, {"price": "2.35"})], note="明天还来", **more)
    page = owner.post(f"{reverse('sales:van_sell')}?customer={shop.pk}", data)
    assert page.status_code == 200
    assert "明天还来" in text(page)
    assert not Delivery.objects.exists()


def test_load_and_unload_by_oneself(owner, people, place, van, water, beer):
    owner.post(reverse("sales:van_load"), post_rows([(beer, "", 4)]))
    assert on_hand(van, beer) == 4
    page = text(owner.get(reverse("sales:van_unload")))
    assert "车上 5箱" in page
    owner.post(reverse("sales:van_unload"), post_rows([(water, 5, ""), (beer, "", "")]))
    assert (on_hand(van, water), on_hand(van, beer), on_hand(place, water)) == (0, 4, 120)
    page = owner.post(reverse("sales:van_unload"), post_rows([(beer, "", 5)]))
    assert "4 瓶" in text(page)


def test_an_order_is_delivered_from_the_page(owner, outsider, others_van, van, make_order, water):
    order = make_order(30, status="approved")
    address = reverse("sales:van_deliver", args=[order.pk])
    assert outsider.get(address).status_code == 404
    assert "2箱6瓶" in text(owner.get(address))
    line = order.lines.get()
    refused = owner.post(address, {f"line-{line.pk}": "31"})
    assert 'value="31"' in text(refused)
    owner.post(address, {f"line-{line.pk}": "30", "method": "wechat", "paid": "20"})
    order.refresh_from_db()
    assert (order.status, on_hand(van, water), Receipt.objects.get().amount) == ("delivered", 30, 20)
    assert owner.get(address).status_code == 302


# --- settling
def test_the_day_is_settled_on_the_phone_and_approved_at_the_desk(
    owner, superior, outsider, people, van, water
):
    address = reverse("sales:van_settle")
    assert "账面 5箱" in text(owner.get(address))
    page = text(owner.post(address, post_rows([(water, 4, 11)], cash="0")))
    assert 'name="lines-0-reason"' in page  # asked now
    assert not DaySettlement.objects.exists()
    owner.post(address, post_rows([(water, 4, 11, {"reason": "碰碎"})], cash="0"))
    slip = DaySettlement.objects.get()
    assert slip.status == "open"
    assert "碰碎" in text(superior.get(slip.get_absolute_url()))
    assert outsider.get(slip.get_absolute_url()).status_code == 404
    approve = reverse("sales:settlement_approve", args=[slip.pk])
    assert owner.post(approve).status_code == 403
    superior.post(approve)
    slip.refresh_from_db()
    assert (slip.status, on_hand(van, water)) == ("settled", 59)
    assert owner.get(address).url == slip.get_absolute_url()
    assert "碰碎" in text(owner.get(slip.get_absolute_url()))


def test_a_settlement_without_cash_or_with_a_wrong_day(owner, van, water):
    page = owner.post(reverse("sales:van_settle"), post_rows([(water, 5, "")], cash=""))
    assert page.status_code == 200
    assert owner.get(reverse("sales:van_settle"), {"day": "x"}).status_code == 404
    owner.post(reverse("sales:van_settle"), post_rows([(water, 5, "")], cash="0"))
    assert DaySettlement.objects.get().status == "settled"
