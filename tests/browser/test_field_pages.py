"""The pages of the field without network (D8): what they show, what stays on the phone, and for whom."""

import datetime as dt
import os

from playwright.sync_api import expect

from crm.models import Phone as Number
from crm.services.indexing import reindex
from sales.models import SalesOrder
from tests.browser.conftest import AXE
from tests.browser.every_page import RULES
from tests.browser.field_phone import STOPS, check_in, order, shot
from tests.factories import CustomerFactory, UserFactory, VisitTaskFactory
from tests.visits.conftest import STORE
from visits.models import DisplayReport, Visit, VisitPhoto

# The draft on the disk has the photo of the shelf and the seven faces.
NOTED = """async (db) => (await db.getAll("meta")).some((kept) => kept?.photos?.length === 1
  && Object.values(kept.values).flat().includes("7"))"""


def test_nothing_stays_for_the_next_person(field, phone):
    phone.log_in(field.rep)
    phone.ready()
    page = phone.page
    page.goto("/me/")
    page.get_by_role("button", name="退出").click()
    expect(page).to_have_url(f"{phone.url}/login/")
    phone.wait_for(
        "async () => (await caches.keys()).length === 0 && (await indexedDB.databases()).length === 0"
    )

    other = UserFactory(name="张业务")
    phone.log_in(field.rep)
    phone.ready()
    phone.log_in(other)  # his session ran out, and somebody else took the phone
    phone.page.goto("/today/")
    phone.wait_for("async () => (await PaodianStore.get('name')) === '张业务'")
    phone.wait_for("async () => (await PaodianStore.get('day')).tasks.length === 0")


def test_logging_out_asks_when_something_would_be_lost(field, phone):
    phone.log_in(field.rep)
    phone.ready()
    phone.context.route("**/visits/sync/", lambda route: route.abort())
    page = phone.page
    page.goto("/field/")
    check_in(page, field.shops[0], noise=1)
    page.goto("/me/")
    page.get_by_role("button", name="退出").click()
    expect(page.locator("#confirm")).to_contain_text("1 条")
    page.locator("#confirm").get_by_role("button", name="取消").click()
    assert phone.unsent() == 1
    phone.log_in(UserFactory(name="张业务"))
    page.goto("/today/")
    expect(page.locator(".fa-bar")).to_contain_text("李业务")
    phone.wait_for("async () => (await PaodianStore.get('day')) === null")
    assert not Visit.objects.exists()


def test_a_screen_that_reads_long_draws_nothing_over_the_next_one(field, phone):
    phone.log_in(field.rep)
    phone.ready()
    page = phone.page
    page.goto("/field/")
    expect(page.locator("li[data-customer]")).to_have_count(STOPS)
    page.evaluate(
        """() => {
          const day = PaodianApp.screens.get("day");
          PaodianApp.screens.set("day", async (app) => { await new Promise((read) => { window.readDay = read; }); return day(app); });
          PaodianApp.draw();
        }"""
    )
    phone.wait_for("Boolean(window.readDay)")
    page.evaluate("(stop) => { location.hash = stop; }", f"#/stop/{field.shops[0].pk}")
    page.evaluate("window.readDay()")
    expect(page.locator(".vs-place")).to_be_visible()
    expect(page.locator("li[data-customer]")).to_have_count(0)


def test_nothing_is_redrawn_under_a_finger(field, phone):
    phone.log_in(field.rep)
    phone.ready()
    phone.context.route("**/visits/sync/", lambda route: route.abort())
    page = phone.page
    page.goto("/field/")
    button = page.locator(f"li[data-customer='{field.shops[0].pk}']").get_by_role("link", name="打卡")
    button.hover()  # waits until it stays where it is
    page.mouse.down()
    page.evaluate("PaodianQueue.tell()")  # that something of it changed
    page.wait_for_timeout(300)
    page.mouse.up()
    expect(page.locator(".vs-place")).to_be_visible()


def test_the_pages_of_the_field_are_accessible_and_fit(field, phone):
    phone.log_in(field.rep)
    phone.ready()
    page = phone.page
    page.goto("/field/")
    axe = AXE.read_text(encoding="utf-8")
    wrong = []

    def look(name: str) -> None:
        phone.wait_for("document.getAnimations().every((one) => one.playState !== 'running')")
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=f"{folder}/{name}.png")
        page.evaluate(axe)
        wrong.extend(f"{name}: {finding}" for finding in page.evaluate(RULES, [[], True]))
        if page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") > 0:
            wrong.append(f"{name}: wider than the screen")

    expect(page.locator("li.fa-card").first).to_be_visible()
    look("day")
    phone.context.set_offline(True)
    page.get_by_role("button", name="地图").click()
    expect(page.locator(".fa-map-stop")).to_have_count(STOPS)
    page.locator(".fa-map-stop").first.click()
    expect(page.locator("li.fa-card")).to_have_count(1)
    look("day-map")
    page.get_by_role("button", name="列表").click()
    page.get_by_role("button", name="临时拜访").click()
    page.get_by_role("searchbox").fill("没有这家")
    expect(page.locator("#fa-unplanned .fa-error")).to_be_visible()
    look("unplanned")
    page.get_by_role("button", name="临时拜访").click()
    page.locator("li.fa-card").first.get_by_role("link", name="打卡").click()
    expect(page.locator(".vs-place")).to_contain_text("距门店")
    look("stop")
    page.get_by_role("button", name="打卡进店").click()
    expect(page.locator(".vs-clock")).to_be_visible()
    look("visit")
    steps = page.locator(".fa-steps a")
    for number in range(steps.count()):
        steps.nth(number).click()
        expect(page.get_by_role("button", name="保存")).to_be_visible()
        if page.get_by_role("searchbox").count():
            page.get_by_role("searchbox").fill("纯净水")
            page.get_by_role("button", name="纯净水", exact=True).click()
        look(f"step-{number}")
        page.locator(".fa-back").click()
        expect(steps.first).to_be_visible()
    page.get_by_role("link", name="队列").click()
    expect(page.locator("li[data-state=queued]")).to_have_count(1)
    look("queue")
    assert not wrong, "\n" + "\n".join(wrong)


def test_distances_and_the_map_need_no_network(field, phone):
    nowhere = CustomerFactory(owner=field.rep, name="没有位置的店", latitude=None, longitude=None)
    VisitTaskFactory(customer=nowhere)
    phone.log_in(field.rep)
    phone.ready()
    phone.context.set_offline(True)
    page = phone.page
    page.goto("/field/")
    far = page.locator("[data-far]")
    expect(far).to_have_text(
        ["20 m", "0 m", "20 m", "无位置"]
    )  # he stands 40 m north of the first store's middle
    page.get_by_role("button", name="按距离").click()
    expect(far).to_have_text(["0 m", "20 m", "20 m", "无位置"])
    page.get_by_role("button", name="地图").click()
    expect(page.locator(".fa-map-me")).to_be_visible()
    expect(page.locator(".fa-note").last).to_contain_text("没有位置的店")
    page.get_by_role("button", name="百佳超市3店").click()
    expect(page.locator("li.fa-card a.fa-name")).to_have_text(["百佳超市3店"])


def test_an_unplanned_visit_to_a_customer_of_the_phone(field, phone):
    other = CustomerFactory(owner=field.rep, name="长江便利店", latitude=STORE[0], longitude=STORE[1])
    Number.objects.create(customer=other, raw="13855128899")
    reindex(customer_ids=[other.pk])
    stranger = CustomerFactory(owner=UserFactory(), name="黄山便利店")
    phone.log_in(field.rep)
    phone.ready()
    phone.context.set_offline(True)
    page = phone.page
    page.goto("/field/")
    page.get_by_role("button", name="临时拜访").click()
    box = page.get_by_role("searchbox")
    for text in ("长江", "CJBLD", "8899"):
        box.fill(text)
        expect(page.locator(f"[data-hit='{other.pk}']")).to_be_visible()
    box.fill(stranger.name)
    expect(page.locator("#fa-unplanned .fa-error")).to_contain_text("本机没有符合的客户")
    box.fill("长江")
    page.locator(f"[data-hit='{other.pk}']").click()
    expect(page.locator(".vs-place")).to_contain_text("距门店")
    page.get_by_role("button", name="打卡进店").click()
    expect(page.locator(".vs-clock")).to_be_visible()
    order(page, field.water, 1)
    phone.context.set_offline(False)
    phone.synced()
    visit = Visit.objects.get()
    assert (visit.customer, visit.task) == (other, None)
    assert SalesOrder.objects.get().customer == other


def test_what_is_entered_outlives_a_redraw_and_the_end_of_the_browser(field, phone):
    phone.log_in(field.rep)
    phone.ready()
    phone.context.set_offline(True)
    page = phone.page
    page.goto("/field/")
    page.locator(f"li[data-customer='{field.shops[0].pk}']").get_by_role("link", name="打卡").click()
    page.set_input_files("input[type=file]", shot())
    expect(page.locator(".vs-preview")).to_have_count(1)
    page.evaluate("PaodianApp.draw()")
    expect(page.locator(".vs-preview")).to_have_count(1)
    page.get_by_role("button", name="打卡进店").click()
    expect(page.locator(".vs-clock")).to_be_visible()
    page.locator(".fa-steps a", has_text="铺货上报").click()
    page.set_input_files("input[type=file]", shot("shelf.jpg", noise=2))
    page.get_by_role("searchbox").fill(field.water.name)
    page.get_by_role("button", name=field.water.name, exact=True).click()
    page.locator(f"[data-product='{field.water.pk}'] input").fill("7")
    phone.wait_for(f"async () => ({NOTED})(await PaodianStore.open())")
    phone.kill()

    phone.start()
    phone.context.set_offline(True)
    page = phone.page
    page.goto("/field/")
    page.get_by_role("link", name="继续").click()
    page.locator(".fa-steps a", has_text="铺货上报").click()
    expect(page.locator(".vs-preview")).to_have_count(1)
    expect(page.locator(f"[data-product='{field.water.pk}'] input")).to_have_value("7")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".fa-steps")).to_be_visible()
    page.locator(".fa-steps a", has_text="铺货上报").click()
    expect(page.get_by_role("searchbox")).to_be_visible()
    expect(page.locator(".vs-preview")).to_have_count(0)  # saved: the next report begins empty
    phone.log_in(field.rep)
    phone.context.set_offline(False)
    phone.synced()
    assert VisitPhoto.objects.count() == 2
    assert DisplayReport.objects.get().lines.get().facings == 7


def test_a_photo_taken_without_network_has_its_watermark(field, phone):
    phone.log_in(field.rep)
    phone.ready()
    phone.context.set_offline(True)
    page = phone.page
    page.goto("/field/")
    page.locator(f"li[data-customer='{field.shops[0].pk}']").get_by_role("link", name="打卡").click()
    expect(page.locator(".vs-place")).to_contain_text("距门店")
    page.evaluate(
        """() => {
          window.drawnWords = [];
          const write = CanvasRenderingContext2D.prototype.fillText;
          CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) { drawnWords.push(text); write.call(this, text, ...rest); };
        }"""
    )
    page.set_input_files("input[type=file]", shot())
    expect(page.locator(".vs-preview")).to_have_count(1)
    customer, moment, place = page.evaluate("drawnWords")
    assert customer == "百佳超市1店"
    assert moment.endswith("· 李业务")
    assert moment.startswith(str(dt.date.today().year))
    assert place.endswith("±10 m")
