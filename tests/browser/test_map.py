"""The customer map: an area drawn by mouse, everything in view by keyboard, and what stays when the page is loaded anew."""

import re

import pytest
from playwright.sync_api import expect

from crm.models import Tag
from tests.factories import CustomerFactory, DepartmentFactory, UserFactory


@pytest.fixture
def boss(transactional_db):
    department = DepartmentFactory(name="销售一部")
    boss = UserFactory(name="王经理", role="manager", department=department)
    rep = UserFactory(name="李业务", department=department, superior=boss)
    for number in range(6):
        CustomerFactory(
            owner=rep,
            name=f"店{number}",
            level="AB"[number % 2],
            latitude=31.80 + number * 0.01,
            longitude=117.20,
        )
    return boss


def test_select_by_mouse_and_by_keyboard_and_act(boss, open_page):
    Tag.objects.create(name="地图圈选")
    page = open_page(boss)
    page.goto("/map/?level=A")
    panel = page.locator(".pt-selection")
    expect(page.locator("[data-total]")).to_contain_text("3 个客户")
    # all in view, without a pointer
    page.locator("[data-select-view]").focus()
    page.keyboard.press("Enter")
    expect(panel).to_contain_text("已选 3 个客户")
    expect(panel).to_be_focused()
    page.locator("[data-selection-close]").press("Enter")
    expect(panel).to_be_hidden()
    # around the southernmost alone
    page.locator("[data-lasso]").click()
    place = page.locator("#map").evaluate(
        "(box) => { const at = box.paodianMap.latLngToContainerPoint([31.80, 117.20]); const r = box.getBoundingClientRect();"
        " return [r.left + at.x, r.top + at.y]; }"
    )
    page.mouse.move(place[0] - 30, place[1] - 30)
    page.mouse.down()
    for dx, dy in ((30, -30), (30, 30), (-30, 30)):
        page.mouse.move(place[0] + dx, place[1] + dy, steps=5)
    page.mouse.up()
    expect(panel).to_contain_text("已选 1 个客户")
    panel.get_by_role("button", name="添加标签").click()
    expect(page).to_have_url(re.compile("/customers/bulk/add_tags/"))
    expect(page.get_by_text("店0")).to_be_visible()
    expect(page.get_by_text("店2")).to_have_count(0)


def test_filter_colour_and_view_survive_a_reload_on_the_phone(boss, open_page):
    page = open_page(boss, phone=True)
    page.goto("/map/")
    expect(page.locator(".pt-near")).to_have_count(6)
    page.locator("[data-filter-toggle]").click()
    page.locator("select[name=by]").select_option("level")
    page.locator("select[name=owner]").wait_for()
    page.locator("[name=city]").fill("没有这座城")
    page.locator("[name=city]").press("Tab")
    expect(page.locator("[data-total]")).to_contain_text("0 个客户")
    page.reload()
    expect(page.locator("[name=city]")).to_have_value("没有这座城")
    expect(page.locator("select[name=by]")).to_have_value("level")
    assert re.search(r"by=level.*#\d+/", page.url)
    page.locator("[data-filter-toggle]").click()
    page.locator("[data-clear]").click()
    expect(page.locator(".pt-near")).to_have_count(6)
    page.locator(".pt-near", has_text="店3").click()
    expect(page.locator(".leaflet-popup")).to_contain_text("李业务")
