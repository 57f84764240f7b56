"""The phone's side of Web Push: a message wakes the service worker, is shown once, and the page hears of it.

No push service is reached from here: Chromium's own door for developers hands the message to the worker.
"""

import json

from playwright.sync_api import expect

from comms.enums import NoticeKind
from comms.services import Notice, notify
from tests.browser.waiting import until
from tests.factories import UserFactory

CONTROLLED = """() => navigator.serviceWorker.controller ? null :
  new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve)).then(() => null)"""
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  let found = [];
  for (let tries = 0; tries < 400 && !found.length; tries += 1) {
    found = await registration.getNotifications();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return found.map((shown) => [shown.title, shown.body, shown.tag, shown.data.url]);
}"""


def push(session, origin, registration, **said):
    session.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": origin, "registrationId": registration, "data": json.dumps(said)},
    )


def test_a_message_is_shown_once_and_the_page_asks_anew(open_page, live_server):
    page = open_page(UserFactory(), phone=True)
    page.context.grant_permissions(["notifications"])
    page.goto("/notices/settings/")
    session = page.context.new_cdp_session(page)
    found = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    page.evaluate("navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready)")
    page.reload()  # under the worker now
    page.evaluate(CONTROLLED)
    until(page, lambda: found)
    registration = found[-1]["registrationId"]
    said = {"title": "王经理：在吗", "body": "马上回电", "url": "/threads/7/", "tag": "notice:1:push:1"}
    with page.expect_response("**/messages/unread/"):
        push(session, live_server.url, registration, **said)
    push(session, live_server.url, registration, **said)  # the worker was killed before it marked: sent again
    assert page.evaluate(SHOWN) == [["王经理：在吗", "马上回电", "notice:1:push:1", "/threads/7/"]]


def test_the_numbers_rest_while_the_server_is_silent(open_page, live_server):
    """Nothing is thrown on a page whose server answers with errors, and the number comes when it answers again."""
    user = UserFactory()
    notify([Notice(user.pk, NoticeKind.SYSTEM, "到了")])
    page = open_page(user)
    page.route("**/messages/unread/", lambda route: route.fulfill(status=503))
    with page.expect_response("**/messages/unread/") as answer:
        page.goto("/messages/")
    assert answer.value.status == 503
    expect(page.locator(".pd-nav [data-unread=total]")).to_have_text("")
    page.unroute("**/messages/unread/")
    page.goto("/todo/")
    expect(page.locator(".pd-nav [data-unread=total]")).to_have_text("1")
