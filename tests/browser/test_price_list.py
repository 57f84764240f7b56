"""A price list edited in place, with the keyboard, and added to; a product's workbook looked through."""

from decimal import Decimal

import openpyxl
import pytest
from playwright.sync_api import expect

from sales import services
from sales.models import PriceList, Product
from tests.factories import ProductFactory, UserFactory


@pytest.fixture
def manager(transactional_db):
    return UserFactory(username="manager", role="manager")


@pytest.fixture
def goods(manager):
    return [
        services.save_product(
            product=ProductFactory(
                code=code,
                name=name,
                price=Decimal(price),
                box_unit="箱",
                box_quantity=12,
                floor_price=Decimal("2"),
            )
        )
        for code, name, price in (("A1", "矿泉水", "2.50"), ("B1", "黑啤酒", "8.00"))
    ]


@pytest.mark.parametrize("phone", [False, True])
def test_prices_are_edited_in_place(open_page, manager, goods, phone):
    water, beer = goods
    price_list = PriceList.objects.create(name="春季渠道价")
    first = price_list.lines.create(product=water, price=Decimal("2.40"))
    second = price_list.lines.create(product=water, min_quantity=120, price=Decimal("2.30"))
    page = open_page(manager, phone=phone)
    page.goto(price_list.get_absolute_url())
    rows = page.locator("#price-lines tr")
    prices = page.locator("#price-lines input[name=price]")

    # Enter saves and goes on to the price below.
    prices.nth(0).fill("2.20")
    prices.nth(0).press("Enter")
    page.locator("#price-lines tr:nth-child(1) .text-done").wait_for()
    expect(prices.nth(1)).to_be_focused()
    # What cannot be stays as typed, with the reason beside it.
    prices.nth(1).fill("-5")
    prices.nth(1).press("Enter")
    page.locator("#price-lines tr:nth-child(2) .text-overdue").wait_for()
    expect(prices.nth(1)).to_have_value("-5")
    prices.nth(1).fill("1.90")
    prices.nth(1).press("Enter")
    page.locator("#price-lines tr:nth-child(2) .text-near").wait_for()  # below the lowest price
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.price, second.price) == (Decimal("2.20"), Decimal("1.90"))

    # Another product, found by its initials; then the box waits for the next.
    search = page.locator("#new_product-search")
    search.fill("hpj")
    page.locator("#new_product-options [role=option]", has_text="黑啤酒").click()
    page.locator("#new_price").fill("7.50")
    page.locator("#new-line button").click()
    rows.nth(2).wait_for()
    expect(rows.nth(0)).to_contain_text("黑啤酒")
    expect(search).to_be_focused()
    expect(search).to_have_value("")
    assert price_list.lines.get(product=beer).price == Decimal("7.50")

    # And out again, after the question.
    rows.nth(0).locator("button").click()
    page.locator("#confirm button[value=yes]").click()
    expect(rows).to_have_count(2)
    assert not price_list.lines.filter(product=beer).exists()


def test_a_workbook_is_looked_through_and_taken_in(open_page, manager, goods, tmp_path):
    book = openpyxl.Workbook()
    for row in (["编码", "商品名称", "单价"], ["A1", "天然水", 3], ["C1", "薯片", "五"], ["D1", "酸奶", 6]):
        book.active.append(row)
    path = tmp_path / "商品.xlsx"
    book.save(path)
    page = open_page(manager)
    page.goto("/products/import/")
    page.locator("input[name=file]").set_input_files(path)
    page.locator("#sheet button").click()
    page.locator(".so-problems").wait_for()
    expect(page.locator(".so-problems")).to_contain_text("C1 薯片")
    assert Product.objects.count() == 2
    # The file is still chosen: the second press sends it again.
    page.locator("#answer button").click()
    page.locator("#answer a.btn-primary").wait_for()
    assert dict(Product.objects.values_list("code", "name")) == {"A1": "天然水", "B1": "黑啤酒", "D1": "酸奶"}
