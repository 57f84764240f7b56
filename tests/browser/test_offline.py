"""The phone without network (D8): a whole morning offline, the browser killed in between, and everything arrives once."""

import datetime as dt
import os
import signal
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client
from playwright.sync_api import expect

from crm.models import Phone as Number
from crm.services.indexing import reindex
from sales.models import SalesOrder
from tests.browser.conftest import ARGUMENTS, PHONE, chromium_path, wait_for_silence
from tests.browser.every_page import AXE, RULES
from tests.factories import CustomerFactory, ProductFactory, UserFactory, VisitTaskFactory
from tests.visits.conftest import METRE, STORE, photo
from visits import queries as visit_queries
from visits.models import ClientAction, DisplayReport, Upload, Visit, VisitPhoto, VisitStep

STOPS = 3


@pytest.fixture
def field(transactional_db):
    rep = UserFactory(name="李业务")
    shops = [
        CustomerFactory(
            owner=rep, name=f"百佳超市{n}店", latitude=STORE[0] + n * 20 * METRE, longitude=STORE[1]
        )
        for n in range(1, STOPS + 1)
    ]
    for shop in shops:
        VisitTaskFactory(customer=shop)
    VisitStep.objects.update(is_required=False)
    return SimpleNamespace(
        rep=rep, shops=shops, water=ProductFactory(name="纯净水", box_quantity=12, box_unit="箱")
    )


class Phone:
    """One phone: a browser with a profile on disk that outlives being killed."""

    def __init__(self, chromium, url: str, profile: Path) -> None:
        self.chromium, self.url, self.profile = chromium, url, profile
        self.errors: list[str] = []
        self.start()

    def start(self) -> None:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        self.context = self.chromium.launch_persistent_context(
            str(self.profile),
            executable_path=chromium_path(),
            args=[*ARGUMENTS, *sandbox],
            base_url=self.url,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            geolocation={"latitude": STORE[0] + 40 * METRE, "longitude": STORE[1], "accuracy": 10},
            permissions=["geolocation"],
            **PHONE,
        )
        self.context.set_default_timeout(10_000)
        self.page = self.context.pages[0]
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda message: "Content Security Policy" in message.text and self.errors.append(message.text),
        )

    def log_in(self, user) -> None:
        client = Client()
        client.force_login(user, backend="accounts.backends.RoleBackend")
        self.context.clear_cookies()
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        expires = time.time() + 86400
        self.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.url, "expires": expires}]
        )

    def kill(self) -> None:
        """The browser dies without a word, as when the phone's system needs its memory."""
        mark = f"--user-data-dir={self.profile}"
        for process in Path("/proc").iterdir():
            try:
                if process.name.isdecimal() and mark.encode() in (process / "cmdline").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                continue
        with_closed(self.context)

    def ready(self) -> None:
        """Waits until the shell, the day and the kit are on the phone."""
        self.page.goto("/today/")
        self.wait_for(
            "async () => (await caches.keys()).length > 0 && Boolean(await PaodianStore.get('kit'))"
            " && Boolean(navigator.serviceWorker.controller)"
        )

    def wait_for(self, script: str) -> None:
        """Playwright's own wait_for_function takes a promise for an answer."""
        wait_until(lambda: self.page.evaluate(script))

    def unsent(self) -> int:
        return self.page.evaluate("async () => (await PaodianStore.unfinished()).length")

    def synced(self) -> None:
        try:
            wait_until(lambda: self.unsent() == 0)
        except AssertionError:
            pytest.fail(f"{self.page.evaluate('PaodianQueue.state')}: {self.states()}")

    def states(self) -> list[str]:
        return self.page.evaluate(
            "async () => (await PaodianStore.actions()).map((a) => `${a.kind} ${a.state}`)"
        )


def with_closed(context) -> None:
    try:
        context.close()
    except Exception as error:  # playwright has no name for "the browser is gone already"
        if not {"closed", "disconnected"} & set(str(error).lower().split()) and "closed" not in str(error):
            raise


@pytest.fixture
def phone(browser, live_server, tmp_path):
    found = Phone(browser.browser_type, live_server.url, tmp_path / "phone")
    yield found
    with_closed(found.context)
    wait_for_silence()
    assert not found.errors, "\n".join(found.errors)


# --- what a rep does
def shot(name: str = "shop.jpg", noise: int = 1):
    return {"name": name, "mimeType": "image/jpeg", "buffer": photo(size=(900, 700), noise=noise).read()}


def check_in(page, shop, *, noise: int) -> str:
    page.locator(f"li[data-customer='{shop.pk}']").get_by_role("link", name="打卡").click()
    expect(page.locator(".vs-place")).to_contain_text("距门店")
    page.set_input_files("input[type=file]", shot(noise=noise))
    expect(page.locator(".vs-preview")).to_have_count(1)
    page.get_by_role("button", name="打卡进店").click()
    expect(page.locator(".vs-clock")).to_be_visible()
    return page.url


def order(page, product, boxes: int) -> None:
    page.locator(".fa-steps a", has_text="销售订单").click()
    page.get_by_role("searchbox").fill(product.name)
    page.get_by_role("button", name=product.name, exact=True).click()
    for _ in range(boxes):
        page.get_by_role("button", name="+1 箱").last.click()
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".fa-steps")).to_be_visible()


def display(page, *, noise: int) -> None:
    page.locator(".fa-steps a", has_text="铺货上报").click()
    page.set_input_files("input[type=file]", shot("shelf.jpg", noise=noise))
    expect(page.locator(".vs-preview")).to_have_count(1)
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".fa-steps")).to_be_visible()


def check_out(page) -> None:
    page.get_by_role("button", name="签退").click()
    expect(page.locator("ol.fa-list")).to_be_visible()


def whole_stop(page, field, number: int) -> None:
    shop = field.shops[number - 1]
    check_in(page, shop, noise=number)
    order(page, field.water, number)
    display(page, noise=10 + number)
    check_out(page)


def wait_until(check, seconds: float = 60) -> None:
    """The server works in another thread; its database says when it is through."""
    end = time.monotonic() + seconds
    while not _answered(check):
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.2)


def _answered(check) -> bool:
    try:
        return check()
    except OperationalError as error:  # the one database in memory is being written by the server's thread
        if "locked" not in str(error):
            raise
        return False


def everything_once(field) -> None:
    """Each stop once: its visit with two photos, one order, one display, valid, at the times of the doorway."""
    visits = list(Visit.objects.order_by("check_in_at"))
    assert [visit.customer for visit in visits] == field.shops
    assert all(visit.is_valid and visit.task_id and visit.fence == "inside" for visit in visits)
    assert SalesOrder.objects.count() == DisplayReport.objects.count() == STOPS
    assert VisitPhoto.objects.count() == 2 * STOPS
    for number, visit in enumerate(visits, start=1):
        taken = visit.visit_orders.get().order
        assert taken.customer_id == visit.customer_id
        assert taken.lines.get().quantity == 12 * number
        action = ClientAction.objects.get(pk=visit.uuid)
        assert abs(action.occurred_at - visit.check_in_at) < dt.timedelta(seconds=1)
        assert visit.check_in_received_at > visit.check_in_at
        assert visit.check_in_at < visit.check_out_at < visit.check_in_received_at
    assert not Upload.objects.exists()
    assert set(ClientAction.objects.values_list("result", flat=True)) == {"done"}


def test_three_stops_offline_and_the_browser_killed(field, phone):
    phone.log_in(field.rep)
    phone.ready()
    phone.context.set_offline(True)
    page = phone.page
    page.goto("/today/")
    expect(page).to_have_url(f"{phone.url}/field/#/day")
    expect(page.locator(".fa-bar")).to_contain_text("离线")
    whole_stop(page, field, 1)
    whole_stop(page, field, 2)
    assert phone.unsent() == 10
    check_in(page, field.shops[2], noise=3)
    phone.kill()

    phone.start()
    phone.context.set_offline(True)
    page = phone.page
    page.goto("/today/")
    page.get_by_role("link", name="继续").click()  # he stands in the third shop still
    order(page, field.water, 3)
    display(page, noise=13)
    check_out(page)
    page.get_by_role("link", name="队列").click()
    expect(page.locator("li[data-state=queued]")).to_have_count(15)
    assert not Visit.objects.exists()

    phone.log_in(field.rep)  # the cookie of seconds ago may not have reached the disk
    phone.context.set_offline(False)
    phone.synced()
    assert phone.states().count("check_out done") == STOPS
    everything_once(field)
    page.reload()
    expect(page.locator("li[data-state=done]")).to_have_count(15)
    wait_until(lambda: connection.ensure_connection() or Visit.objects.count() == STOPS)
    everything_once(field)


def test_the_answer_lost_after_the_server_committed(field, phone):
    phone.log_in(field.rep)
    phone.ready()
    phone.context.set_offline(True)
    page = phone.page
    page.goto("/field/")
    for number in range(1, STOPS + 1):
        whole_stop(page, field, number)
    lost = []

    def deliver_and_lose(route) -> None:
        if len(lost) >= 2:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    phone.context.route("**/visits/sync/", deliver_and_lose)
    phone.context.set_offline(False)
    phone.wait_for("() => PaodianQueue.state === 'offline'")
    assert lost[0] == 200
    assert Visit.objects.count() == STOPS  # it did happen
    assert phone.unsent() == 15  # and the phone does not know
    page.evaluate("PaodianQueue.sync()")
    page.evaluate("PaodianQueue.sync()")
    phone.synced()
    assert len(lost) == 2
    everything_once(field)


def registration_of(cdp) -> str:
    """The id of our service worker's registration, as the browser's own tools name it."""
    seen: list[dict] = []
    cdp.on("ServiceWorker.workerRegistrationUpdated", lambda event: seen.extend(event["registrations"]))
    cdp.send("ServiceWorker.enable")
    for _turn in range(100):
        cdp.send(
            "Runtime.evaluate",
            {"expression": "new Promise((done) => setTimeout(done, 50))", "awaitPromise": True},
        )
        for one in seen:
            if not one["isDeleted"]:
                return one["registrationId"]
    raise AssertionError("the browser names no registration of our service worker")


def test_background_sync_sends_without_a_page_of_ours(field, phone):
    phone.log_in(field.rep)
    phone.ready()
    phone.context.set_offline(True)
    page = phone.page
    page.goto("/field/")
    whole_stop(page, field, 1)
    assert phone.unsent() == 5
    page.goto("about:blank")  # no page of ours is left that could send
    phone.context.set_offline(False)
    assert not Visit.objects.exists()
    cdp = phone.context.new_cdp_session(page)
    event = {
        "origin": phone.url,
        "registrationId": registration_of(cdp),
        "tag": "paodian-queue",
        "lastChance": False,
    }
    cdp.send("ServiceWorker.dispatchSyncEvent", event)
    wait_until(lambda: ClientAction.objects.filter(result="done").count() == 5)
    assert SalesOrder.objects.count() == DisplayReport.objects.count() == Visit.objects.count() == 1


def test_a_slow_server_leaves_the_day_on_the_phone(field, phone, monkeypatch):
    phone.log_in(field.rep)
    phone.ready()
    let_go = threading.Event()
    monkeypatch.setattr("visits.queries.day_tasks", slowed(visit_queries.day_tasks, let_go))
    begin = time.monotonic()
    try:
        phone.page.goto("/today/", wait_until="commit")
        expect(phone.page.locator(".fa-list li").first).to_be_visible()
        assert time.monotonic() - begin >= 3
        expect(phone.page.locator("h1")).to_have_text("我的一天")
    finally:
        let_go.set()


def slowed(function, let_go):
    def wait(*args, **kwargs):
        let_go.wait(20)
        return function(*args, **kwargs)

    return wait


def test_a_refused_check_in_holds_its_order_back_until_it_is_tried_again(field, phone):
    phone.log_in(field.rep)
    phone.ready()
    phone.context.set_offline(True)
    page = phone.page
    page.goto("/field/")
    whole_stop(page, field, 1)
    shop = field.shops[0]
    shop.owner = UserFactory()
    shop.save()
    phone.context.set_offline(False)
    page.get_by_role("link", name="队列").click()
    expect(page.locator("li[data-kind=check_in][data-state=refused]")).to_contain_text("不是您的")
    expect(page.locator("li[data-kind=order][data-state=waiting]")).to_contain_text("等待")
    assert not SalesOrder.objects.exists()
    with page.expect_download() as saved:
        page.get_by_role("button", name="保存队列到文件").click()
    shop.owner = field.rep
    shop.save()
    page.locator("li[data-kind=check_in]").get_by_role("button", name="重试").click()
    phone.synced()
    assert Visit.objects.get().visit_orders.count() == 1
    # The file brings in what is not here any more, and nothing twice.
    page.evaluate("PaodianStore.wipe()")
    page.goto("/field/#/queue")
    page.evaluate("PaodianQueue.sync()")
    page.set_input_files("input[type=file]", saved.value.path())
    expect(page.locator("li[data-kind=check_in][data-state=refused]")).to_have_count(1)
    assert Visit.objects.count() == SalesOrder.objects.count() == 1


def test_nothing_stays_for_the_next_person(field, phone):
    phone.log_in(field.rep)
    phone.ready()
    page = phone.page
    page.goto("/me/")
    page.get_by_role("button", name="退出").click()
    expect(page).to_have_url(f"{phone.url}/login/")
    assert (
        page.evaluate("async () => (await caches.keys()).length + (await indexedDB.databases()).length") == 0
    )

    other = UserFactory(name="张业务")
    phone.log_in(field.rep)
    phone.ready()
    phone.log_in(other)  # his session ran out, and somebody else took the phone
    phone.page.goto("/today/")
    phone.wait_for("async () => (await PaodianStore.get('name')) === '张业务'")
    assert phone.page.evaluate("async () => (await PaodianStore.get('day')).tasks.length") == 0


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
    assert page.evaluate("async () => await PaodianStore.get('day')") is None
    assert not Visit.objects.exists()


def test_the_pages_of_the_field_are_accessible_and_fit(field, phone):
    phone.log_in(field.rep)
    phone.ready()
    page = phone.page
    page.goto("/field/")
    axe = AXE.read_text(encoding="utf-8")
    wrong = []

    def look(name: str) -> None:
        page.wait_for_timeout(300)
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
    page.wait_for_timeout(600)
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
