"""A phone without network (D8), and what a rep does on it. The fixtures `phone` and `field` are in the conftest."""

import datetime as dt
import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from playwright.sync_api import expect

from sales.models import SalesOrder
from tests.browser.conftest import ARGUMENTS, PHONE, chromium_path, session_of
from tests.browser.waiting import answered
from tests.factories import CustomerFactory, ProductFactory, UserFactory, VisitTaskFactory
from tests.visits.conftest import METRE, STORE, photo
from visits.models import ClientAction, DisplayReport, Upload, Visit, VisitPhoto, VisitStep

STOPS = 3


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
        self.context.set_default_timeout(20_000)  # as in the conftest
        self.context.set_default_navigation_timeout(60_000)
        self.page = self.context.pages[0]
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda message: "Content Security Policy" in message.text and self.errors.append(message.text),
        )

    def log_in(self, user) -> None:
        session = session_of(user)
        self.context.clear_cookies()
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
            # savedAt is written last of what the phone takes along.
            "async () => Boolean(await caches.match('/field/')) && Boolean(await PaodianStore.get('savedAt'))"
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
    while not answered(check):
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.2)


def make_field():
    """A rep with three shops of today, side by side, and a product sold in boxes."""
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
