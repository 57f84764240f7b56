"""A rep's day with his van, by thumb: count the load, sell, take back, settle."""

import re

import pytest
from playwright.sync_api import expect

from sales.models import DaySettlement, Delivery, GiftRule, Receipt, SalesReturn, StockDocument
from sales.services import save_product
from tests.factories import CustomerFactory, ProductFactory, UserFactory
from tests.sales.stock_data import D, load, on_hand, receive, van_for, warehouse


@pytest.fixture
def scene():
    boss = UserFactory(username="boss", role="manager")
    rep = UserFactory(username="rep", name="李业务", superior=boss)
    shop = CustomerFactory(name="老王超市", owner=rep)
    bottled = {"price": "2.35", "box_unit": "箱", "box_quantity": 12}
    water = save_product(product=ProductFactory(name="矿泉水", code="W001", **bottled))
    beer = save_product(product=ProductFactory(name="黑啤酒", code="B001", price="7.99"))
    place, van = warehouse(), van_for(rep)
    receive(boss, place, {water: 120, beer: 50})
    load(boss, place, van, {water: 60, beer: 3})
    return boss, rep, shop, water, beer, place, van


def row_of(page, product):
    return page.locator(f'[data-row][data-product="{product.pk}"]')


def test_a_sale_on_the_phone(open_page, scene):
    _boss, rep, shop, water, beer, _place, van = scene
    page = open_page(rep, phone=True)
    page.goto("/van/")
    expect(page.get_by_text("5箱")).to_be_visible()
    page.goto(f"/van/sell/?customer={shop.pk}&next=/van/")
    row = row_of(page, water)
    expect(row.get_by_text("车上 5箱")).to_be_visible()
    row.get_by_role("button", name="加一箱").tap()
    row.get_by_role("button", name="加一个").tap()
    row_of(page, beer).get_by_label("散数").fill("4")
    total = page.locator("[data-total]")
    expect(total).to_have_text("¥62.51")  # 13 × 2.35 = 30.55, 4 × 7.99 = 31.96
    page.get_by_label("收款方式").select_option(label="现金")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    bar, tabs = page.locator(".so-bar").bounding_box(), page.locator(".pd-tabs").bounding_box()
    assert bar["y"] + bar["height"] <= tabs["y"] + 1
    page.get_by_role("button", name="确认销售").tap()
    # Three are on the van: nothing is sold, and what was typed is still there.
    expect(page.get_by_role("alert")).to_contain_text("3 瓶")
    expect(row_of(page, beer).get_by_label("散数")).to_have_value("4")
    assert not Delivery.objects.exists()
    row_of(page, beer).get_by_role("button", name="减一个").tap()
    expect(total).to_have_text("¥54.52")
    page.get_by_role("button", name="确认销售").tap()
    expect(page).to_have_url(re.compile("/van/$"))
    assert (Delivery.objects.get().amount, Receipt.objects.get().amount) == (D("54.52"), D("54.52"))
    assert (on_hand(van, water), on_hand(van, beer)) == (47, 0)
    # The search offers what is on the van, and nothing else.
    page.goto(f"/van/sell/?customer={shop.pk}")
    page.locator("#product-search").fill("B001")
    expect(page.get_by_text("没有找到商品")).to_be_visible()


def test_a_blind_count_and_a_settled_day(open_page, scene):
    boss, rep, _shop, water, _beer, place, van = scene
    plan = load(boss, place, van, {water: 24}, post=False)
    page = open_page(rep, phone=True)
    page.goto("/van/")
    page.get_by_role("link", name=re.compile(plan.number)).tap()
    row = row_of(page, water)
    expect(row.locator("[data-there]")).to_have_text("")
    row.get_by_label("箱数").fill("1")
    row.get_by_label("散数").fill("11")
    page.get_by_role("button", name="提交清点").tap()
    expect(row.get_by_text("计划 2箱")).to_be_visible()
    row.get_by_label("原因").fill("破了一瓶")
    page.get_by_role("button", name="提交清点").tap()
    expect(page).to_have_url(re.compile("/van/$"))
    assert StockDocument.objects.get(pk=plan.pk).status == "posted"
    assert on_hand(van, water) == 83
    page.get_by_role("link", name="日结").tap()
    page.get_by_role("button", name="全部与账面一致").tap()
    expect(row_of(page, water).get_by_label("箱数")).to_have_value("6")
    expect(row_of(page, water).get_by_label("散数")).to_have_value("11")
    page.get_by_label("上交现金").fill("0")
    page.get_by_role("button", name="日结").tap()
    expect(page.get_by_text("今天已日结")).to_be_visible()
    assert DaySettlement.objects.get().status == "settled"


def test_a_return_asks_why_once_something_comes_back(open_page, scene):
    _boss, rep, shop, water, _beer, _place, van = scene
    page = open_page(rep, phone=True)
    page.goto(f"/returns/new/?customer={shop.pk}&next=/van/")
    row = row_of(page, water)
    expect(row.get_by_label("原因")).to_be_hidden()
    row.get_by_role("button", name="加一个").tap()
    row.get_by_label("原因").select_option(label="破损")
    row.get_by_label("商品状况").select_option(label="不可再售")
    expect(page.locator("[data-total]")).to_have_text("¥2.35")
    page.get_by_role("button", name="收回").tap()
    expect(page).to_have_url(re.compile("/van/$"))
    assert SalesReturn.objects.get().amount == D("2.35")
    assert on_hand(van, water) == 60


def test_goods_received_at_the_desk(open_page, scene):
    boss, _rep, _shop, water, _beer, place, _van = scene
    page = open_page(boss)
    page.goto("/stock-documents/new/?kind=receipt")
    search = page.locator("#product-search")
    search.press_sequentially("W001")
    expect(page.get_by_role("option", name=re.compile("矿泉水"))).to_be_visible()
    search.press("Enter")
    row = row_of(page, water)
    expect(row.get_by_label("箱数")).to_have_value("1")
    row.get_by_label("单位成本").fill("1.30")
    expect(page.locator("[data-total]")).to_have_text("¥15.60")
    page.get_by_role("button", name="过账").click()
    expect(page.get_by_text("已过账").first).to_be_visible()
    assert on_hand(place, water) == 72


def test_gifts_of_a_sale_are_seen_kept_to_what_is_there_and_left_out(open_page, scene):
    _boss, rep, shop, water, beer, _place, van = scene
    GiftRule.objects.create(name="水五送一", product=water, buy_quantity=5, gift=beer, gift_quantity=1)
    page = open_page(rep, phone=True)
    page.goto(f"/van/sell/?customer={shop.pk}&next=/van/")
    gift = page.locator(f'[data-gift="{beer.pk}"]')
    row_of(page, water).get_by_label("散数").fill("10")
    expect(gift).to_contain_text("水五送一")
    expect(gift.locator("[name$=-quantity]")).to_have_value("2")
    row_of(page, water).get_by_label("散数").fill("25")  # five by the rule, three are there
    expect(gift.locator("[name$=-quantity]")).to_have_value("3")
    expect(gift).to_contain_text("车上只有 3")
    row_of(page, beer).get_by_label("散数").fill("3")  # sold: none is left to give, and no button offers it
    expect(gift.locator("[name$=-quantity]")).to_have_value("0")
    expect(gift.locator("[data-gift-back]")).to_be_hidden()
    row_of(page, beer).get_by_label("散数").fill("")
    gift.locator("[name$=-quantity]").fill("1")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="确认销售").tap()
    expect(page).to_have_url(re.compile("/van/$"))
    assert Delivery.objects.get().lines.get(is_gift=True).quantity == 1
    assert (on_hand(van, water), on_hand(van, beer)) == (35, 2)
