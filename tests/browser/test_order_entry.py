"""Taking an order by thumb: steppers, search, repeat, exact running total, one order for two presses."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from sales import services
from sales.models import SalesOrder
from sales.rules import LineInput
from tests.factories import CustomerFactory, ProductFactory, UserFactory


@pytest.fixture
def scene():
    rep = UserFactory(username="rep")
    shop = CustomerFactory(name="老王超市", owner=rep)
    water = ProductFactory(name="矿泉水", code="W001", price="2.35", box_unit="箱", box_quantity=12)
    beer = services.save_product(
        product=ProductFactory(name="黑啤酒", code="B001", price="7.99", barcode="6901234567892")
    )
    services.create_order(
        actor=rep, customer=shop, lines=[LineInput(water.pk, Decimal(26)), LineInput(beer.pk, Decimal("0.7"))]
    )
    return rep, shop, water, beer


def test_repeat_search_and_submit_on_the_phone(open_page, scene):
    rep, shop, water, _beer = scene
    page = open_page(rep, phone=True)
    page.goto(f"/orders/new/?customer={shop.pk}&next=/customers/")
    page.get_by_role("button", name="上次订单 一键带入").click()
    total = page.locator("[data-total]")
    expect(total).to_have_text("¥66.69")  # 26 × 2.35 + 0.7 × 7.99 = 61.10 + 5.593 → 5.59
    row = page.locator(f'[data-row][data-product="{water.pk}"]')
    expect(row.get_by_label("箱数")).to_have_value("2")
    expect(row.get_by_label("散数")).to_have_value("2")
    row.get_by_role("button", name="加一箱").tap()
    row.get_by_role("button", name="减一个").tap()
    expect(total).to_have_text("¥92.54")  # 37 × 2.35 = 86.95
    # A scanner types the barcode and Enter: the product that is there gets one more.
    page.locator("#product-search").fill("6901234567892")
    page.keyboard.press("Enter")
    expect(total).to_have_text("¥100.53")  # 1.7 × 7.99 = 13.583
    page.get_by_label("整单优惠 %").fill("3")
    expect(total).to_have_text("¥97.51")  # 100.53 × 0.97 = 97.5141
    # The total and the button are above the tab bar, in reach of the thumb.
    bar, tabs = page.locator(".so-bar").bounding_box(), page.locator(".pd-tabs").bounding_box()
    assert bar["y"] + bar["height"] <= tabs["y"] + 1
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="提交订单").tap()
    expect(page).to_have_url(re.compile("/customers/$"))
    order = SalesOrder.objects.order_by("-pk").first()
    assert (order.total, order.status) == (Decimal("97.51"), "submitted")


def test_products_that_were_never_bought_are_searched_and_added(open_page, scene):
    rep, shop, *_rest = scene
    chips = services.save_product(product=ProductFactory(name="薯片", code="C001", price="5.20"))
    page = open_page(rep)
    page.goto(f"/orders/new/?customer={shop.pk}")
    search = page.locator("#product-search")
    search.press_sequentially("sp")
    expect(page.get_by_role("option", name=re.compile("薯片"))).to_be_visible()
    search.press("Enter")
    row = page.locator(f'[data-row][data-product="{chips.pk}"]')
    expect(row.get_by_label("散数")).to_have_value("1")
    expect(row.get_by_label("单价")).to_have_value("5.20")
    # Enter in a number moves on and does not send the order.
    row.get_by_label("散数").fill("4")
    page.keyboard.press("Enter")
    expect(page.locator("[data-total]")).to_have_text("¥20.80")
    search.fill("没有这个")
    expect(page.get_by_text("没有找到商品")).to_be_visible()
    search.press("Escape")
    page.get_by_role("button", name="存草稿").click()
    expect(page).to_have_url(re.compile(r"/orders/\d+/$"))
    assert SalesOrder.objects.get(status="draft").total == Decimal("20.80")


def test_a_refused_order_keeps_what_was_typed(open_page, scene):
    rep, shop, water, beer = scene
    page = open_page(rep, phone=True)
    page.goto(f"/orders/new/?customer={shop.pk}")
    page.locator(f'[data-row][data-product="{water.pk}"]').get_by_label("散数").fill("3")
    page.locator(f'[data-row][data-product="{beer.pk}"]').get_by_label("散数").fill("2")
    page.get_by_label("备注").fill("周三送")
    type(beer).objects.filter(pk=beer.pk).update(is_active=False)
    page.get_by_role("button", name="提交订单").tap()
    expect(page.get_by_role("alert")).to_contain_text("黑啤酒 已停售")
    expect(page.get_by_label("备注")).to_have_value("周三送")
    expect(page.locator("[data-total]")).to_have_text("¥23.03")
    assert SalesOrder.objects.count() == 1


def test_the_last_order_is_taken_back_and_the_assortment_is_seen(open_page, scene):
    rep, shop, water, _beer = scene
    page = open_page(rep, phone=True)
    page.goto(f"/orders/new/?customer={shop.pk}")
    row = page.locator(f'[data-row][data-product="{water.pk}"]')
    row.get_by_label("散数").fill("1")
    page.get_by_role("button", name="上次订单 一键带入").click()
    expect(page.locator("[data-total]")).to_have_text("¥66.69")
    page.get_by_role("button", name="撤销带入").click()
    expect(page.locator("[data-total]")).to_have_text("¥2.35")
    expect(row.get_by_label("箱数")).to_have_value("")
    expect(page.get_by_role("button", name="上次订单 一键带入")).to_be_visible()
    assert row.get_by_label("单价").bounding_box()["height"] >= 44
    # Without a word typed all that is on sale is offered; Enter alone takes none of it.
    page.locator("#product-search").tap()
    offered = page.locator("#product-results").get_by_role("option")
    expect(offered).to_have_count(2)
    page.keyboard.press("Enter")
    expect(page.locator("[data-total]")).to_have_text("¥2.35")
    page.locator("#product-search").blur()
    page.locator("#product-search").tap()
    offered.filter(has_text="黑啤酒").tap()
    expect(page.locator("[data-total]")).to_have_text("¥10.34")
