"""Planning on the desktop: preview and make, drag a task to another day and rep, undo; on the phone by the menu."""

import datetime as dt
import re
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from common import business_calendar
from tests.browser.waiting import until, wait_for
from tests.factories import CustomerFactory, DepartmentFactory, UserFactory, VisitTaskFactory
from visits.models import VisitPlan, VisitTask


@pytest.fixture
def office(transactional_db):
    department = DepartmentFactory(name="销售一部")
    boss = UserFactory(name="王经理", role="manager", department=department)
    rep = UserFactory(name="李业务", department=department, superior=boss)
    other = UserFactory(name="张业务", department=department, superior=boss)
    shop = CustomerFactory(owner=rep, name="百佳超市", latitude=31.82, longitude=117.22)
    monday = business_calendar.week_of(business_calendar.today() + dt.timedelta(days=7))[0]
    return SimpleNamespace(boss=boss, rep=rep, other=other, shop=shop, monday=monday)


def drag(page, source, target):
    """By hand, from something that listens to the pointer; dropped where it has been seen to hang."""
    source.scroll_into_view_if_needed()
    row = source.locator("xpath=ancestor-or-self::*[@data-task]")
    until(page, lambda: row.evaluate("row => Boolean(Sortable.get(row.parentElement))"))
    start, end = source.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + 20, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(start["x"] + 30, start["y"] + start["height"] / 2 + 6, steps=4)
    wait_for(page, "Boolean(Sortable.active)")  # over what it passes before, it does not hang
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=12)
    page.mouse.move(end["x"] + end["width"] / 2 + 2, end["y"] + end["height"] / 2 + 1, steps=3)
    expect(target.locator(".sortable-ghost")).to_have_count(1)
    page.mouse.up()


def drop_on(page, day):
    return page.locator(f'[data-drop][data-date="{day}"]')


def undo_of(page, text="百佳超市：李业务"):
    return page.locator(".pd-toast", has_text=text).get_by_role("button", name="撤销")


def test_a_task_is_dragged_to_another_day_and_back(office, open_page):
    task = VisitTaskFactory(customer=office.shop, rep=office.rep, date=office.monday)
    friday = office.monday + dt.timedelta(days=4)
    page = open_page(office.rep)
    page.goto(f"/tasks/calendar/?span=week&date={office.monday}")
    drag(page, page.locator(f"#chip-{task.pk}"), drop_on(page, friday))
    expect(page.locator(f'[data-date="{friday}"] .vp-chip')).to_have_text("百佳超市")
    expect(page.locator(".pd-toast")).to_contain_text("百佳超市：李业务")
    task.refresh_from_db()
    assert (task.date, task.moved_from) == (friday, office.monday)
    page.get_by_role("button", name="撤销").click()
    expect(page.locator(f'[data-date="{office.monday}"] .vp-chip')).to_have_text("百佳超市")
    task.refresh_from_db()
    assert (task.date, task.moved_from) == (office.monday, None)
    # The redrawn calendar can be dragged in again.
    drag(page, page.locator(f"#chip-{task.pk}"), drop_on(page, friday))
    expect(undo_of(page)).to_be_visible()
    expect(page.locator(f'[data-date="{friday}"] .vp-chip')).to_have_text("百佳超市")
    task.refresh_from_db()
    assert task.date == friday


def test_a_calendar_of_before_the_last_move_is_not_drawn(office, open_page):
    friday = office.monday + dt.timedelta(days=4)
    shops = [office.shop, CustomerFactory(owner=office.rep, name="好又多")]
    tasks = [VisitTaskFactory(customer=shop, rep=office.rep, date=office.monday) for shop in shops]
    page = open_page(office.rep)
    page.goto(f"/tasks/calendar/?span=week&date={office.monday}")
    early = []

    def held(route):
        early.append((route, route.fetch()))  # as the server saw it before the second move

    page.route("**/tasks/calendar/?*", held, times=1)
    drag(page, page.locator(f"#chip-{tasks[0].pk}"), drop_on(page, friday))
    until(page, lambda: early)
    drag(page, page.locator(f"#chip-{tasks[1].pk}"), drop_on(page, friday))
    expect(undo_of(page, "好又多：李业务")).to_be_visible()
    route, answer = early[0]
    with page.expect_response("**/tasks/calendar/?*") as late:
        route.fulfill(response=answer)
    late.value.finished()
    expect(undo_of(page)).to_be_visible()  # said after the late answer has come
    expect(drop_on(page, friday).locator(".vp-chip")).to_have_count(2)
    expect(drop_on(page, office.monday).locator(".vp-chip")).to_have_count(0)


def test_a_move_is_told_and_undone_when_the_calendar_cannot_be_drawn_anew(office, open_page):
    task = VisitTaskFactory(customer=office.shop, rep=office.rep, date=office.monday)
    friday = office.monday + dt.timedelta(days=4)
    page = open_page(office.rep)
    page.goto(f"/tasks/calendar/?span=week&date={office.monday}")
    page.route("**/tasks/calendar/?*", lambda route: route.abort(), times=1)
    drag(page, page.locator(f"#chip-{task.pk}"), drop_on(page, friday))
    expect(page.locator(".pd-toast-error")).to_contain_text("请刷新页面")
    undo_of(page).click()
    expect(drop_on(page, office.monday).locator(".vp-chip")).to_have_text("百佳超市")
    task.refresh_from_db()
    assert task.date == office.monday


def test_a_drag_that_is_refused_changes_nothing_and_says_why(office, open_page):
    task = VisitTaskFactory(customer=office.shop, rep=office.rep, date=office.monday)
    friday = office.monday + dt.timedelta(days=4)
    VisitTaskFactory(customer=office.shop, rep=office.rep, date=friday)
    page = open_page(office.rep)
    page.goto(f"/tasks/calendar/?span=week&date={office.monday}")
    drag(page, page.locator(f"#chip-{task.pk}"), drop_on(page, friday))
    expect(page.locator(".pd-toast-error")).to_contain_text("已有 百佳超市 的任务")
    expect(page.locator(f'[data-date="{office.monday}"] .vp-chip')).to_have_count(1)
    task.refresh_from_db()
    assert task.date == office.monday


def test_the_board_gives_a_task_to_another_rep(office, open_page):
    office.shop.owner = None
    office.shop.save()
    shop = CustomerFactory(owner=office.rep, name="好又多")
    shop.shares.create(user=office.other)
    task = VisitTaskFactory(customer=shop, rep=office.rep, date=office.monday)
    wednesday = office.monday + dt.timedelta(days=2)
    page = open_page(office.boss)
    page.goto(f"/tasks/board/?date={office.monday}")
    page.locator(f'[data-rep="{office.rep.pk}"][data-date="{office.monday}"]').click()
    expect(page.locator(f"#task-{task.pk}")).to_be_visible()
    cell = page.locator(f'[data-rep="{office.other.pk}"][data-date="{wednesday}"]')
    drag(page, page.locator(f"#task-{task.pk} .vp-grip"), cell)
    expect(cell.locator("b")).to_have_text("1")
    expect(page.locator("#board-day")).to_contain_text("这一天没有")
    task.refresh_from_db()
    assert (task.rep, task.date) == (office.other, wednesday)
    page.get_by_role("button", name="撤销").click()
    expect(page.locator(f"#task-{task.pk}")).to_be_visible()
    task.refresh_from_db()
    assert (task.rep, task.date) == (office.rep, office.monday)


def test_the_board_shows_the_day_that_was_asked_for_last(office, open_page):
    task = VisitTaskFactory(customer=office.shop, rep=office.rep, date=office.monday)
    page = open_page(office.boss)
    page.goto(f"/tasks/board/?date={office.monday}")
    held = []
    page.route("**/tasks/board/day/*", lambda route: held.append(route), times=1)
    page.locator(f'[data-rep="{office.rep.pk}"][data-date="{office.monday}"]').click()
    until(page, lambda: held)
    with page.expect_event("requestfailed"):  # the first is given up
        page.locator(f'[data-rep="{office.other.pk}"][data-date="{office.monday}"]').click()
    expect(page.locator("#board-day h2")).to_contain_text("张业务")
    expect(page.locator(f"#task-{task.pk}")).to_have_count(0)


def test_on_the_phone_a_task_is_moved_by_its_day(office, open_page):
    task = VisitTaskFactory(customer=office.shop, rep=office.rep, date=office.monday)
    friday = office.monday + dt.timedelta(days=4)
    page = open_page(office.rep, phone=True)
    page.goto(f"/tasks/calendar/?date={office.monday}")
    page.locator(".vp-move [name=date]").fill(friday.isoformat())
    page.get_by_role("button", name="改期").click()
    expect(page.locator(".pd-toast").first).to_contain_text("百佳超市")
    page.goto(f"/today/?date={friday}")
    expect(page.locator(".vs-stop-name")).to_have_text("百佳超市")
    # One tap skips it with a phrase.
    page.locator("details.vs-menu-end summary").click()
    page.get_by_role("button", name="店铺关门").click()
    expect(page.locator(".vs-stop.is-skipped")).to_contain_text("店铺关门")
    task.refresh_from_db()
    assert (task.date, task.status, task.skip_reason) == (friday, "skipped", "店铺关门")


def test_a_manager_plans_with_a_preview(office, open_page):
    CustomerFactory(owner=office.other, name="乙店", latitude=31.83, longitude=117.23)
    page = open_page(office.boss)
    page.goto("/tasks/planning/")
    expect(page.locator("[data-results] li")).to_have_count(2)
    page.locator("[data-key=q]").fill("百佳")
    expect(page.locator("[data-results] li")).to_have_count(1)
    page.locator("[data-add-all]").click()
    page.locator("[data-key=q]").fill("")
    expect(page.locator("[data-results] li")).to_have_count(2)
    page.get_by_label(re.compile("乙店")).check()
    expect(page.locator("[data-chosen] li")).to_have_count(2)
    page.locator("#id_date").fill(office.monday.isoformat())
    page.locator(".vp-terms [data-preview]").click()
    expect(page.locator("#preview .vp-grid tbody tr")).to_have_count(2)
    assert not VisitTask.objects.exists()
    page.get_by_role("button", name="生成任务").click()
    expect(page).to_have_url(re.compile("/tasks/board/"))
    assert set(VisitTask.objects.values_list("rep__name", "source")) == {
        ("李业务", "manager"),
        ("张业务", "manager"),
    }


def test_a_preview_of_what_was_changed_meanwhile_is_not_shown(office, open_page):
    page = open_page(office.boss)
    page.goto("/tasks/planning/")
    page.get_by_label(re.compile("百佳超市")).check()
    held = []
    page.route("**/tasks/planning/", lambda route: held.append(route))
    page.locator(".vp-terms [data-preview]").click()
    until(page, lambda: held)
    page.locator("#id_date").fill(office.monday.isoformat())
    with page.expect_response("**/tasks/planning/") as answer:
        held[0].continue_()
    answer.value.finished()
    page.wait_for_timeout(200)  # nothing happens
    expect(page.locator("#preview > *")).to_have_count(0)
    page.unroute("**/tasks/planning/")
    page.locator(".vp-terms [data-preview]").click()
    expect(page.locator("#preview .vp-grid tbody tr")).to_have_count(1)


def test_customers_are_picked_on_the_map_and_get_a_rhythm(office, open_page):
    page = open_page(office.boss)
    page.goto("/tasks/planning/")
    expect(page.locator("[data-results] li")).to_have_count(1)
    page.locator("[data-show=map]").click()
    wait_for(
        page, "document.querySelector('[data-map]').paodianMap?.getCenter().distanceTo([31.82, 117.22]) < 50"
    )
    page.locator("[data-map]").scroll_into_view_if_needed()
    box = page.locator("[data-map]").bounding_box()
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + box["width"] / 2 - 90, box["y"] + box["height"] / 2 - 90)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 90, box["y"] + box["height"] / 2 + 90, steps=8)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.locator("[data-chosen] li")).to_have_text([re.compile("百佳超市")])
    page.get_by_label("按周期重复").check()
    page.locator(".vp-terms [data-preview]").click()
    expect(page.locator("#preview .alert")).to_contain_text("请至少选择一个星期几")
    page.locator("[name=weekdays][value='1']").check()
    expect(page.locator("#preview .alert")).to_have_count(0)
    page.locator(".vp-terms [data-preview]").click()
    page.get_by_role("button", name="生成计划").click()
    expect(page).to_have_url(re.compile("/visit-plans/"))
    plan = VisitPlan.objects.get()
    assert (plan.customer, plan.rep, plan.weekdays) == (office.shop, office.rep, "1")
