"""Goods of an order by category, by thumb and by key, and without network among those on the page."""

import re

import pytest
from playwright.sync_api import expect

from sales.models import OrderLine, ProductCategory
from tests.factories import CustomerFactory, ProductFactory, UserFactory
from tests.sales.stock_data import D


@pytest.fixture
def scene():
    rep = UserFactory(username="rep", name="李业务")
    shop = CustomerFactory(name="老王超市", owner=rep)
    food = ProductCategory.objects.create(name="干货", position=1)
    drinks = ProductCategory.objects.create(name="水饮", position=2)
    # The page opens with the first twelve of the catalogue; the last comes with its category alone.
    dry = [ProductFactory(name=f"干货{n}", code=f"A{n:02}", category=food) for n in range(11)]
    tea = ProductFactory(name="茶", code="A90", category=drinks)
    water = ProductFactory(name="水", code="Z01", category=drinks, price=D("2.35"))
    return rep, shop, dry, tea, water


def shown(page):
    return page.locator("[data-row]:visible")


def test_a_category_is_leafed_through(open_page, scene):
    rep, shop, _dry, tea, water = scene
    page = open_page(rep, phone=True)
    page.goto(f"/orders/new/?customer={shop.pk}")
    expect(shown(page)).to_have_count(12)
    chip = page.get_by_role("button", name="水饮")
    assert chip.bounding_box()["height"] >= 44
    chip.tap()
    expect(shown(page)).to_have_count(2)
    page.locator(f'[data-row][data-product="{water.pk}"]').get_by_role("button", name="加一个").tap()
    expect(page.locator("[data-total]")).to_have_text("¥2.35")
    # With another category open the search finds its goods alone, and what is chosen stays in sight.
    page.get_by_role("button", name="干货", exact=True).tap()
    expect(shown(page)).to_have_count(12)
    page.locator("#product-search").fill("茶")
    expect(page.get_by_text("没有找到商品")).to_be_visible()
    page.get_by_role("button", name="全部").tap()
    expect(page.locator("#product-results [role=option]")).to_contain_text([tea.name])
    page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="存草稿").tap()
    expect(page).to_have_url(re.compile(r"/orders/\d+/$"))
    assert [(line.product, line.quantity) for line in OrderLine.objects.all()] == [(water, 1)]


def test_by_key_and_without_network(open_page, scene):
    rep, shop, dry, tea, _water = scene
    page = open_page(rep)
    page.goto(f"/orders/new/?customer={shop.pk}")
    page.get_by_role("button", name="全部").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="干货", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(shown(page)).to_have_count(len(dry))
    page.context.set_offline(True)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_text("没有网络：只显示本页已有的商品。")).to_be_visible()
    expect(shown(page)).to_have_count(1)
    expect(shown(page)).to_contain_text(tea.name)
