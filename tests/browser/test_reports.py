"""A report and the board, as they are used: drawn, drilled down, divided anew, put on the board, moved and taken away."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from common.business_calendar import today
from crm.models import Customer
from reports.models import Dashboard
from tests.browser.waiting import until, wait_for
from tests.factories import CustomerFactory, SalesOrderFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

DRAWN = "document.querySelectorAll('[data-chart][data-drawn]').length > 0"


@pytest.fixture
def boss():
    """Two reps of his; the better one ordered for ¥300 and ¥200, the other for ¥100."""
    boss = UserFactory(role="manager", data_scope="all")
    for name, totals in (("甲", (300, 200)), ("乙", (100,))):
        rep = UserFactory(role="rep", superior=boss, name=name)
        for total in totals:
            customer = CustomerFactory(owner=rep, name=f"{name}的店{total}")
            SalesOrderFactory(
                customer=customer, rep=rep, status="submitted", total=Decimal(total), ordered_on=today()
            )
    return boss


@pytest.mark.parametrize("phone", [True, False])
def test_from_the_chart_to_the_rows_and_back(open_page, boss, phone):
    page = open_page(boss, phone=phone)
    page.goto("/reports/performance/")
    wait_for(page, DRAWN)
    rows = page.locator(".rp-table tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("甲")
    expect(page.locator(".rp-totals")).to_contain_text("¥600.00")
    rows.first.get_by_role("link", name="¥500.00").click()
    page.wait_for_url("**/rows/?*")
    expect(page.locator(".rp-span")).to_contain_text("甲")
    expect(page.locator("tr[data-pk]")).to_have_count(2)
    page.click(".pd-back")
    page.wait_for_url("**/reports/performance/?*")
    page.select_option("select[name=by]", "day")
    page.wait_for_url("**by=day*")
    wait_for(page, DRAWN)
    page.click("[data-dialog=definitions]")
    expect(page.locator("#definitions")).to_be_visible()


def test_a_report_goes_on_the_board_and_off_again(open_page, boss):
    page = open_page(boss, phone=True)
    page.goto("/reports/performance/?by=rep&measure=order_count")
    page.get_by_role("button", name="放到看板").click()
    page.wait_for_url("**/dashboard/*")
    wait_for(page, DRAWN)
    page.goto("/dashboard/?edit=1")
    cards = page.locator(".rp-deck-card")
    last = cards.last
    expect(last).to_contain_text("业绩")
    last.get_by_role("button", name="前移").click()
    count = cards.count()
    expect(cards.nth(count - 2)).to_contain_text("业绩")
    cards.nth(count - 2).get_by_role("button", name="删除").click()
    expect(cards).to_have_count(count - 1)
    until(page, lambda: len(Dashboard.objects.get().cards) == count - 1)


TEAL, DARK, INK = "13,148,136", "11,79,73", "31,41,55"  # of static/reports/js/chart.js
SHADES = """(canvas, [left, top, right, bottom]) => {
  const [width, height] = [canvas.width, canvas.height];
  const { data } = canvas.getContext("2d").getImageData(left * width, top * height, (right - left) * width, (bottom - top) * height);
  return [...new Set(Array.from({ length: data.length / 4 }, (_, at) => data.slice(at * 4, at * 4 + 3).join()))];
}"""


@pytest.mark.parametrize(
    ("chart", "shade"), [("bar", TEAL), ("line", TEAL), ("pie", TEAL), ("funnel", TEAL), ("heat", DARK)]
)
def test_every_kind_of_chart_is_drawn(open_page, boss, chart, shade):
    """With the parts of echarts that script/lib/echarts.mjs names: one that is missing draws nothing and says nothing."""
    page = open_page(boss)
    page.goto(f"/reports/performance/?by=rep&chart={chart}{'&across=month' if chart == 'heat' else ''}")
    wait_for(page, DRAWN)
    spec = "JSON.parse(document.getElementById(document.querySelector('[data-chart]').dataset.chart).textContent)"
    assert page.evaluate(f"{spec}.kind") == chart
    canvas = page.locator("[data-chart] canvas")
    assert shade in canvas.evaluate(SHADES, [0, 0, 1, 1])
    if chart == "pie":  # the whole stands in its middle
        assert INK in canvas.evaluate(SHADES, [0.45, 0.4, 0.55, 0.6])


def test_several_series_are_named_above_them(open_page, boss):
    Customer.objects.filter(name="甲的店300").update(level="A")
    Customer.objects.filter(name="甲的店200").update(level="B")
    page = open_page(boss)
    page.goto("/reports/performance/?by=month&across=level&period=year")
    wait_for(page, DRAWN)
    assert INK in page.locator("[data-chart] canvas").evaluate(SHADES, [0.3, 0, 0.7, 0.1])


def test_the_first_cards_are_asked_for_once_and_again_when_they_fail(open_page, boss):
    page = open_page(boss)
    asked = []
    page.on(
        "request", lambda request: asked.append(request.url) if "/dashboard/cards/" in request.url else None
    )
    page.goto("/dashboard/")
    until(page, lambda: not page.locator("[data-early] .rp-skeleton").count())
    early = [url for url in asked if url.endswith(tuple(f"place={place}" for place in range(4)))]
    assert len(early) == len(set(early)) == 4
    refused = []

    def refuse_once(route):
        again = route.request.url in refused
        refused.append(route.request.url)
        route.continue_() if again else route.fulfill(status=503)

    page.route("**/dashboard/cards/*/?*place=2", refuse_once)
    page.reload()
    until(page, lambda: not page.locator("[data-early] .rp-skeleton").count())
    assert len(refused) == 2
    expect(page.locator("[data-early]").nth(2).locator(".rp-card-total")).to_be_visible()


def test_a_card_that_comes_into_sight_without_scrolling_loads(open_page, boss):
    page = open_page(boss)
    page.goto("/dashboard/")
    wait_for(page, DRAWN)
    below = page.locator(".rp-deck-card").nth(6)
    expect(below.locator(".rp-skeleton")).to_have_count(1)
    page.set_viewport_size({"width": 1440, "height": 2400})
    expect(below.locator(".rp-skeleton")).to_have_count(0)


def test_the_hall_is_searched_and_a_report_unfolds_its_choices_on_the_phone(open_page, boss):
    page = open_page(boss, phone=True)
    page.goto("/reports/")
    page.get_by_role("searchbox").fill("账龄")
    expect(page.locator(".rp-card:visible")).to_have_count(1)
    page.get_by_role("searchbox").fill("没有这样的")
    expect(page.get_by_text("没有这样的报表，换个词试试。")).to_be_visible()
    page.goto("/reports/performance/")
    assert (
        page.locator("[data-chart]").bounding_box()["y"] < 844
    )  # the figures and the chart's head come first
    days = page.locator(".rp-days")
    expect(days).to_be_hidden()
    page.get_by_role("button", name="更多条件").tap()
    expect(days).to_be_visible()
    expect(page.get_by_role("button", name="更多条件")).to_have_attribute("aria-expanded", "true")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
