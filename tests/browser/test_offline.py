"""The phone without network (D8): a whole morning offline, the browser killed in between, and everything arrives once."""

import threading
import time

from django.db import connection
from playwright.sync_api import expect

from sales.models import SalesOrder
from tests.browser.field_phone import (
    STOPS,
    check_in,
    check_out,
    display,
    everything_once,
    order,
    wait_until,
    whole_stop,
)
from tests.browser.waiting import until
from tests.factories import UserFactory
from visits import queries as visit_queries
from visits.models import ClientAction, DisplayReport, Visit


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
    bad_line = True

    def deliver_and_lose(route) -> None:
        if not bad_line:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    phone.context.route("**/visits/sync/", deliver_and_lose)
    phone.context.set_offline(False)
    until(page, lambda: lost)  # the queue says "offline" from before, too
    phone.wait_for("() => PaodianQueue.state === 'offline'")
    assert lost[0] == 200
    assert Visit.objects.count() == STOPS  # it did happen
    assert phone.unsent() == 15  # and the phone does not know
    page.evaluate("PaodianQueue.sync()")
    assert len(lost) >= 2  # the phone may have tried once more by itself
    bad_line = False
    page.evaluate("PaodianQueue.sync()")
    phone.synced()
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
    monkeypatch.setattr("visits.views.field.PAGE_WAIT_MS", 3000)
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
