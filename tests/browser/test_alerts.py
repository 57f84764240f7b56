"""Alerts by hand: put off and taken back on the phone; facets, map and rows that show each other on the desk."""

import datetime as dt
import re

from playwright.sync_api import expect

from alerts.models import Alert
from common.business_calendar import today
from tests.browser.waiting import wait_for
from tests.factories import BillFactory, CustomerFactory, DepartmentFactory, UserFactory


def overdue(owner, name, **fields):
    last = today() - dt.timedelta(days=50)
    customer = CustomerFactory(owner=owner, name=name, search_text=name, last_visit_on=last, **fields)
    due = last + dt.timedelta(days=10)
    return Alert.objects.create(
        customer=customer,
        owner=owner,
        kind="unvisited",
        base_on=last,
        period_days=10,
        due_on=due,
        opened_on=due,
    )


def test_put_off_on_the_phone_and_found_by_the_superior(open_page):
    team = DepartmentFactory()
    boss = UserFactory(name="王经理", role="manager", department=team)
    rep = UserFactory(name="李业务", superior=boss, department=team)
    alert = overdue(rep, "甲店", level="A", latitude=31.82, longitude=117.22)
    overdue(rep, "乙店", level="B", latitude=31.90, longitude=117.30)

    page = open_page(rep, phone=True)
    page.goto("/alerts/mine/")
    card = page.locator(f"#alert-card-{alert.customer_id}")
    card.get_by_label("更多").click()
    card.get_by_label("暂缓原因").fill("店主外出")
    card.get_by_role("button", name="7天", exact=True).click()
    expect(card.get_by_role("button", name="撤销")).to_be_visible()
    expect(page.locator("#alert-kinds")).to_contain_text("暂缓")  # the tabs came along
    card.get_by_role("button", name="撤销").click()
    expect(card.get_by_role("link", name="甲店")).to_be_visible()
    card.get_by_role("button", name="加入拜访计划：今天").click()
    expect(card.get_by_text("已计划")).to_be_visible()

    desk = open_page(boss)
    desk.goto("/alerts/")
    rows, note = desk.locator("#results tbody tr"), desk.locator("#alert-map-note")
    expect(note).to_have_text("2 条预警")
    expect(desk.locator("#alert-trend svg").first).to_be_visible()
    rows.filter(has_text="甲店").hover()
    expect(desk.locator("#alert-map path[stroke-width='3']")).to_have_count(1)
    # A facet narrows rows, map and address without loading the page anew, and the search keeps it.
    desk.locator(".al-facet-level a", has_text="A").click()
    expect(rows).to_have_count(1)
    expect(note).to_have_text("1 条预警")
    desk.locator("#main [name=q]").fill("乙店")
    expect(rows).to_have_count(0)
    expect(desk).to_have_url(re.compile("level=A"))
    expect(desk.locator(".al-facets")).to_be_visible()
    wait_for(desk, "document.documentElement.scrollHeight <= window.innerHeight")

    Alert.objects.all().delete()
    desk.goto("/alerts/")
    expect(desk.locator(".al-facets")).to_be_hidden()


def test_the_table_of_alerts_fits_a_small_desk(open_page):
    boss = UserFactory(name="王经理", role="manager", department=DepartmentFactory())
    for name in ("惠民烟酒店（望江东路店）", "乐购百货店（长江中路旗舰店）"):
        alert = overdue(
            boss, name, level="A", latitude=31.82, longitude=117.22, last_order_on=dt.date(2025, 6, 21)
        )
        BillFactory(customer=alert.customer, amount=123456)
    page = open_page(boss)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/alerts/?view=table")
    expect(page.get_by_text("¥123,456.00").first).to_be_in_viewport(ratio=1)
    table = page.locator("#results .table-responsive")
    assert table.evaluate("(box) => box.scrollWidth - box.clientWidth") == 0
