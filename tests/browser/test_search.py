"""The search over everything and the keys of sections, in a real browser."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import expect

from tests.factories import CustomerFactory, SalesOrderFactory, UserFactory

AXE = Path(settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"


@pytest.fixture
def manager(transactional_db):
    manager = UserFactory(role="manager", data_scope="all")
    shop = CustomerFactory(owner=manager, name="蜗牛烘焙", code="C0077")
    CustomerFactory(owner=manager, name="长江便利店", code="C0078")
    SalesOrderFactory(customer=shop, number="SO260302-0001")
    return manager


def desk(open_page, user, address="/customers/"):
    page = open_page(user)
    page.goto(address)
    return page


def test_ctrl_k_initials_and_enter_open_the_customer(open_page, manager):
    page = desk(open_page, manager)
    dialog, field = page.get_by_role("dialog", name="搜索"), page.get_by_role("combobox", name="搜索")
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    expect(dialog.get_by_role("option", name="新增客户")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("wnhb")
    first = dialog.get_by_role("option", name=re.compile("蜗牛烘焙")).first
    expect(
        dialog.locator("[data-for=wnhb]")
    ).to_be_attached()  # an answer to fewer letters would be followed by another
    expect(first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", first.get_attribute("id"))
    page.keyboard.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "false")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="蜗牛烘焙")).to_be_visible()


def test_enter_before_the_answer_opens_what_was_typed_last(open_page, manager):
    page = desk(open_page, manager)
    page.keyboard.press("Control+k")
    page.keyboard.type("wnhb")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/customers/\d+/"))


def test_escape_closes_with_words_in_the_field_and_gives_the_focus_back(open_page, manager):
    page = desk(open_page, manager)
    opener = page.get_by_role("link", name="搜索", exact=True)
    opener.click()
    dialog = page.get_by_role("dialog", name="搜索")
    page.keyboard.type("cjbl")
    expect(dialog.get_by_role("option", name=re.compile("长江便利店"))).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    page.locator(".pd-nav-find").get_by_role("link", name="新建").click()
    expect(dialog.get_by_role("option", name="新建订单")).to_be_visible()


def test_g_and_a_letter_go_to_a_section_and_n_makes_one(open_page, manager):
    page = desk(open_page, manager, "/orders/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile("/customers/$"))
    page.locator(".pd-search input").focus()
    page.keyboard.type("gm?n")
    expect(page.locator(".pd-search input")).to_have_value("gm?n")
    expect(page).to_have_url(re.compile(r"/customers/"))
    expect(page.get_by_role("dialog", name="搜索")).to_be_hidden()
    page.goto("/customers/")
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.get_by_role("heading", name="工作台")).to_be_visible()
    page.goto("/orders/")
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile("/orders/new/"))


def test_a_question_mark_lists_the_keys_and_the_dialog_is_accessible(open_page, manager):
    page = desk(open_page, manager)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="搜索")
    expect(dialog.locator(".pd-keys-list")).to_contain_text("客户地图")
    expect(dialog.get_by_role("option", name="新增客户")).to_be_visible()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    run = """async () => (await axe.run('#search', {resultTypes: ['violations']})).violations
        .map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')}`)"""
    assert page.evaluate(run) == []
    page.keyboard.type("便利")
    expect(dialog.get_by_role("option", name=re.compile("长江便利店"))).to_be_visible()
    assert page.evaluate(run) == []
    page.keyboard.type("zzzz")
    expect(dialog.get_by_text("没有找到")).to_be_visible()
    assert page.evaluate(run) == []


def test_the_phone_searches_on_a_page_of_its_own(open_page, manager):
    page = open_page(manager, phone=True)
    page.goto("/")
    page.get_by_role("main").locator("xpath=..").get_by_role("link", name="搜索").click()
    expect(page).to_have_url(re.compile("/search/"))
    page.get_by_role("searchbox", name="搜索").fill("wnhb")
    page.get_by_role("main").get_by_role("link", name=re.compile("蜗牛烘焙")).first.click()
    expect(page).to_have_url(re.compile(r"/customers/\d+/"))
