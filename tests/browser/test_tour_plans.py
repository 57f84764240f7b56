"""A stop of a tour plan is moved: dragged on the desktop, by the menu on the phone."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from territory.models import TourPlan, TourStop
from territory.queries import tour_plans as queries
from territory.services import tour_plan_jobs as jobs
from territory.services import tour_plans as services
from tests.browser.waiting import no_row_glides
from tests.factories import CustomerFactory, UserFactory

MONDAY = dt.date(2026, 12, 7)
TUESDAY = MONDAY + dt.timedelta(days=1)

pytestmark = pytest.mark.browser


@pytest.fixture
def plan(db):
    boss = UserFactory(role="admin", is_staff=True)
    rep = UserFactory(name="李业务", superior=boss)
    shops = [
        CustomerFactory(owner=rep, name=f"店{i}", latitude=31.8, longitude=117.2 + i / 50) for i in range(4)
    ]
    plan = services.save_tour_plan(
        actor=boss, plan=TourPlan(), reps=[rep], name="下周", starts_on=MONDAY, ends_on=TUESDAY
    )
    services.add_shops(actor=boss, plan=plan, customer_ids=[shop.pk for shop in shops])
    asked = queries.ask(plan)
    at = {shop.customer.name: number for number, shop in enumerate(asked.shops)}
    tours = {(0, 0): [at["店0"], at["店1"], at["店2"]], (0, 1): [at["店3"]]}
    jobs.lay_tours(plan, asked, tours)
    jobs.note_missing(plan, asked, tours)
    TourPlan.objects.update(state="ready", is_stale=False)
    plan.boss, plan.rep = boss, rep
    return plan


def names(plan, day):
    stops = TourStop.objects.filter(tour__plan=plan, tour__date=day).order_by("position")
    return list(stops.values_list("shop__customer__name", flat=True))


def test_a_stop_is_dragged_to_another_day_and_taken_back(plan, open_page):
    page = open_page(plan.boss)
    page.goto(plan.get_absolute_url())
    expect(page.locator("path.pt-tour")).to_have_count(2)
    lane = page.locator(f'[data-lane="{plan.rep.pk}/{TUESDAY}"]')
    stop = page.locator("[data-shop]", has_text="店2")
    stop.scroll_into_view_if_needed()
    start, end = stop.bounding_box(), lane.locator("[data-shop]").first.bounding_box()
    page.mouse.move(start["x"] + 90, start["y"] + 14)
    page.mouse.down()
    page.mouse.move(start["x"] + 100, start["y"] + 18, steps=3)
    page.mouse.move(end["x"] + 60, end["y"] + 10, steps=14)
    no_row_glides(page)
    page.mouse.move(end["x"] + 64, end["y"] + 14, steps=6)
    page.mouse.up()
    expect(lane.locator("[data-shop]")).to_have_count(2)
    undo = page.get_by_role("button", name="撤销上一次修改")
    expect(undo).to_be_visible()
    assert set(names(plan, TUESDAY)) == {"店2", "店3"}
    undo.click()
    expect(lane.locator("[data-shop]")).to_have_count(1)
    assert names(plan, MONDAY) == ["店0", "店1", "店2"]


def test_a_stop_is_moved_by_the_menu_on_the_phone(plan, open_page):
    page = open_page(plan.boss, phone=True)
    page.goto(plan.get_absolute_url())
    page.get_by_role("button", name="移动 店0").click()
    dialog = page.locator("#move-stop")
    dialog.locator("select[name=target]").select_option(f"{plan.rep.pk}/{TUESDAY}")
    dialog.locator("button[value=move]").click()
    expect(page.locator(f'[data-lane="{plan.rep.pk}/{TUESDAY}"] [data-shop]')).to_have_count(2)
    assert names(plan, MONDAY) == ["店1", "店2"]
