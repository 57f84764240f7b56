"""The customer map: an area drawn by mouse, everything in view by keyboard, and what stays when the page is loaded anew."""

import re

import pytest
from playwright.sync_api import expect

from crm.models import Tag
from tests.browser.waiting import wait_for
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
    page.wait_for_timeout(1200)  # the map has made room for it and drawn its marks anew
    expect(page.locator(".leaflet-popup")).to_be_visible()


COLOURED = """() => {
  const canvas = document.querySelector(".pt-heat");
  if (!canvas) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i]) count += 1;
  return count;
}"""


def test_the_heat_layer_is_drawn_stays_in_the_address_and_goes(boss, open_page):
    page = open_page(boss)
    page.goto("/map/")
    marks = page.locator(".leaflet-marker-pane .pd-pin-box").first
    key = page.locator("[data-heat-key]")
    expect(page.locator("[data-total]")).to_contain_text("6 个客户")
    expect(key).to_be_hidden()
    page.locator("select[name=heat]").select_option("customers")
    expect(key).to_contain_text("单位：家")
    expect(key.locator("span").nth(2)).to_have_text(re.compile(r"≥ \d"))
    wait_for(page, COLOURED)
    expect(marks).to_be_hidden()
    page.locator("[name=marks]").check()
    expect(marks).to_be_visible()
    expect(page).to_have_url(re.compile(r"heat=customers&marks=1#\d"))
    # the same again, and closer by it reaches further on the screen but less far on the ground
    page.reload()
    expect(page.locator("select[name=heat]")).to_have_value("customers")
    expect(key).to_contain_text("单位：家")
    expect(marks).to_be_visible()
    wait_for(page, COLOURED)
    kilometres = key.locator("p").inner_text()
    page.locator("#map").evaluate("(box) => box.paodianMap.setView([31.8, 117.2], 16, { animate: false })")
    expect(key.locator("p")).not_to_have_text(kilometres)
    expect(key.locator("p")).to_contain_text(" m ")
    # where nothing stands it says so; off again it leaves nothing behind
    page.locator("#map").evaluate("(box) => box.paodianMap.setView([30.0, 115.0], 14, { animate: false })")
    expect(key).to_contain_text("当前视野内没有")
    page.locator("select[name=heat]").select_option("")
    expect(key).to_be_hidden()
    expect(page.locator(".pt-heat")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("heat="))
