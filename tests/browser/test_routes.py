"""A route on the desktop: dragged with the length at once, put back; a suggested order taken and undone; start and end
chosen on the map. On the phone: facts of a stop under the thumb."""

import re
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.browser.waiting import no_row_glides, until
from tests.factories import CustomerFactory, DepartmentFactory, RouteFactory, RouteStopFactory, UserFactory

STEPS = [0, 0.03, 0.01, 0.04, 0.02]  # hundredths of a degree are 1.1 km: 10 of them as it stands, 4 at best


@pytest.fixture
def office(transactional_db):
    department = DepartmentFactory(name="销售一部")
    boss = UserFactory(name="王经理", role="manager", department=department)
    rep = UserFactory(name="李业务", department=department, superior=boss)
    route = RouteFactory(rep=rep, name="滨湖线", weekdays="")
    for number, step in enumerate(STEPS, start=1):
        shop = CustomerFactory(owner=rep, name=f"店{number}", latitude=31.80 + step, longitude=117.20)
        shop.phones.create(raw=f"1380000000{number}")
        RouteStopFactory(route=route, customer=shop, position=number)
    return SimpleNamespace(boss=boss, rep=rep, route=route, address=f"/routes/{route.pk}/")


def names(route):
    return list(route.stops.order_by("position").values_list("customer__name", flat=True))


def saved(page, route, order):
    """The database has this order, at last."""
    until(page, lambda: names(route) == order)


def shown(page):
    return page.locator("[data-stop] .pt-stop-text > a")


def drag(page, source, target):
    """By hand: Sortable listens to the pointer. The button is still down when this returns."""
    start, end = source.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(start["x"] + start["width"] / 2 + 4, start["y"] + start["height"] / 2 + 8, steps=4)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] * 0.8, steps=14)
    no_row_glides(page)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] - 3, steps=6)


def test_a_drag_shows_the_length_at_once_and_can_be_undone(office, open_page):
    page = open_page(office.boss)
    page.goto(office.address)
    length = page.locator("[data-length]")
    expect(length).to_have_text("11.1 km")
    expect(page.locator("#figures")).to_contain_text("可省6.7 km")  # comes late and moves the rows
    # The server answers late: what is shown meanwhile was counted in the browser.
    held = []
    page.route("**/order/", lambda route: route.continue_() if held else held.append(route))
    drag(page, page.locator("[data-stop] .pt-grip").nth(1), page.locator("[data-stop]").nth(4))
    expect(length).to_have_text("7.8 km")  # while it hangs over its new place
    with page.expect_request("**/order/"):
        page.mouse.up()
    expect(shown(page)).to_have_text(["店1", "店3", "店4", "店5", "店2"])
    expect(length).to_have_text("7.8 km")
    assert names(office.route) == ["店1", "店2", "店3", "店4", "店5"]
    until(page, lambda: held)
    held[0].continue_()
    undo = page.locator(".pd-toast", has_text="顺序已保存").get_by_role("button", name="撤销")
    expect(undo).to_be_visible()
    saved(page, office.route, ["店1", "店3", "店4", "店5", "店2"])
    expect(page.locator("#figures")).to_contain_text("可省3.3 km")
    undo.click()
    expect(length).to_have_text("11.1 km")
    expect(page.locator("#figures")).to_contain_text("可省6.7 km")
    saved(page, office.route, ["店1", "店2", "店3", "店4", "店5"])


def test_a_drag_that_cannot_be_saved_goes_back(office, open_page):
    page = open_page(office.boss)
    page.goto(office.address)
    expect(page.locator("#figures")).to_contain_text("可省6.7 km")  # comes late and moves the rows
    page.route("**/order/", lambda route: route.abort())
    drag(page, page.locator("[data-stop] .pt-grip").nth(0), page.locator("[data-stop]").nth(2))
    page.mouse.up()
    expect(page.locator(".pd-toast-error")).to_contain_text("没有保存成功")
    expect(shown(page)).to_have_text(["店1", "店2", "店3", "店4", "店5"])
    expect(page.locator("[data-length]")).to_have_text("11.1 km")


def test_a_suggested_order_is_shown_taken_and_undone(office, open_page):
    page = open_page(office.boss)
    page.goto(office.address)
    expect(page.locator(".leaflet-overlay-pane path.pt-offer")).to_have_count(0)
    page.get_by_role("button", name="建议顺序").click()
    panel = page.locator("#suggestion")
    expect(panel).to_contain_text("现有顺序11.1 km")
    expect(panel).to_contain_text("建议顺序4.4 km")
    expect(panel).to_contain_text("6.7 km 60%")
    # Both lines, today's dashed, and each stop's new number.
    expect(page.locator(".leaflet-overlay-pane path.pt-offer")).to_have_count(1)
    expect(page.locator(".leaflet-overlay-pane path[stroke-dasharray='4 8']")).to_have_count(1)
    numbers = page.locator("[data-number]")
    until(page, lambda: numbers.evaluate_all("pins => pins.map((pin) => pin.dataset.next)") == [*"14253"])
    panel.get_by_role("button", name="采用此顺序").click()
    expect(page.locator("[data-length]")).to_have_text("4.4 km")
    expect(shown(page)).to_have_text(["店1", "店3", "店5", "店2", "店4"])
    saved(page, office.route, ["店1", "店3", "店5", "店2", "店4"])
    expect(page.locator(".leaflet-overlay-pane path.pt-offer")).to_have_count(0)
    page.reload()
    page.locator("#suggestion").get_by_role("button", name="撤销").click()
    expect(page.locator("[data-length]")).to_have_text("11.1 km")
    saved(page, office.route, ["店1", "店2", "店3", "店4", "店5"])


def test_late_figures_of_before_take_no_suggestion_and_no_answer_away(office, open_page):
    page = open_page(office.boss)
    early = []

    def held(route):
        early.append((route, route.fetch()))  # as the server saw it before there was a suggestion

    page.route("**/figures/", held, times=1)
    page.goto(office.address)
    until(page, lambda: early)
    page.get_by_role("button", name="建议顺序").click()
    panel = page.locator("#suggestion")
    expect(panel).to_contain_text("采用此顺序")
    accepting = []
    page.route("**/accept/", lambda route: accepting.append(route))
    panel.get_by_role("button", name="采用此顺序").click()
    until(page, lambda: accepting)
    route, answer = early[0]
    with page.expect_response("**/figures/"):
        route.fulfill(response=answer)
    page.wait_for_timeout(200)  # nothing happens
    expect(panel).to_contain_text("采用此顺序")
    accepting[0].continue_()
    expect(panel.get_by_role("button", name="撤销")).to_be_visible()
    expect(page.locator("[data-length]")).to_have_text("4.4 km")
    expect(page.locator("#figures")).to_contain_text("已最佳")


def test_own_order_after_a_suggestion_takes_the_suggestion_away(office, open_page):
    page = open_page(office.boss)
    page.goto(office.address)
    page.get_by_role("button", name="建议顺序").click()
    expect(page.locator("#suggestion")).to_contain_text("采用此顺序")
    page.get_by_label("下移 店1").click()
    expect(page.locator("#suggestion")).not_to_contain_text("采用此顺序")
    expect(page.locator(".leaflet-overlay-pane path.pt-offer")).to_have_count(0)


def test_start_and_round_trip_are_chosen_on_the_map(office, open_page):
    page = open_page(office.boss)
    page.goto(office.address)
    page.locator("#way summary").click()
    page.locator("[data-pick=start]").click()
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2)
    expect(page.locator("[data-picked=start]")).to_have_text(re.compile(r"31\.8\d+, 117\.2\d*"))
    page.get_by_label("起点名称").fill("仓库")
    page.get_by_label("往返（回到起点）").check()
    expect(page.locator("[data-way-form] [data-end]")).to_be_hidden()
    page.locator("#way").get_by_role("button", name="保存").click()
    expect(page.locator("#way summary")).to_contain_text("仓库 → 返回起点")
    expect(page.locator("#stops")).to_contain_text("返回起点")
    office.route.refresh_from_db()
    assert office.route.is_closed
    assert office.route.start == pytest.approx((31.82, 117.20), abs=0.01)


def test_a_stop_is_taken_off_and_put_back(office, open_page):
    page = open_page(office.boss)
    page.goto(office.address)
    page.locator("[data-stop] [data-more]").nth(1).click()
    page.get_by_role("button", name="从线路移除 店2").click()
    expect(page.locator("[data-stop]")).to_have_count(4)
    expect(page.locator("[data-length]")).to_have_text("6.7 km")
    page.locator(".pd-toast", has_text="店2").get_by_role("button", name="撤销").click()
    expect(page.locator("[data-stop]")).to_have_count(5)
    saved(page, office.route, ["店1", "店2", "店3", "店4", "店5"])


def test_ticks_stay_through_searches_and_go_when_they_are_stops(office, open_page):
    for name in ("甲店", "乙店", "丙店"):
        CustomerFactory(owner=office.rep, name=name)
    page = open_page(office.boss)
    page.goto(office.address)
    rows, ticked = page.locator("#found label"), page.locator("#found [data-ticked]")
    expect(rows).to_have_count(3)
    expect(ticked).to_be_hidden()
    for name in ("甲店", "乙店"):
        rows.filter(has_text=name).locator("input").check()
    expect(ticked).to_have_text("2")
    page.locator("#add [name=q]").fill("丙店")
    expect(rows.last).to_contain_text("丙店")
    expect(rows).to_have_count(3)  # the two that were ticked, and what is found
    rows.filter(has_text="乙店").locator("input").uncheck()
    page.locator("#add [name=q]").fill("没有这个店")
    expect(rows).to_have_text([re.compile("甲店")])
    expect(rows.locator("input")).to_be_checked()
    expect(ticked).to_have_text("1")
    # A change of the stops asks anew, too; what was added is no candidate any more.
    with page.expect_response("**/candidates/*"):
        page.locator("[data-stop] [data-more]").first.click()
        page.get_by_role("button", name="从线路移除 店1").click()
    expect(page.locator("[data-stop]")).to_have_count(4)
    expect(rows.locator("input")).to_be_checked()
    page.get_by_role("button", name="添加所选").click()
    expect(page.locator("[data-stop]")).to_have_count(5)
    expect(rows).to_have_count(0)
    assert "甲店" in names(office.route)
    assert "乙店" not in names(office.route)


def test_the_rep_on_the_phone_finds_way_phone_and_hours(office, open_page):
    page = open_page(office.rep, phone=True, position=(31.80, 117.20))
    page.goto(office.address)
    expect(page.locator("[data-stop]")).to_have_count(5)
    more = page.locator("[data-stop] [data-more]").first
    assert min(more.bounding_box()["width"], more.bounding_box()["height"]) >= 40
    more.click()
    facts = page.locator("[data-stop]").first.locator(".pt-stop-more")
    expect(facts.get_by_role("link", name="13800000001")).to_have_attribute("href", re.compile("^tel:"))
    expect(facts.get_by_role("link", name="高德地图")).to_be_visible()
    expect(facts.get_by_role("link", name="打卡")).to_be_visible()
    expect(page.get_by_role("button", name="建议顺序")).to_have_count(0)
