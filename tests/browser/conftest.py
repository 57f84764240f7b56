"""A real Chromium against a live server: phone and desktop, mocked position, offline switch.

The server runs in a thread of the test process, so a browser test commits (see tests/conftest.py).
"""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.staticfiles.finders import get_finder
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import OperationalError, connection
from django.http import HttpRequest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from accounts.models import SystemOptions
from tests.browser.whole_transactions import keep_transactions_whole
from tests.one_at_a_time import take_turns

AXE = Path(settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
CANDIDATES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
]
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
DESKTOP = {"viewport": {"width": 1440, "height": 900}}


def chromium_path() -> str | None:
    if path := os.environ.get("CHROMIUM"):
        return path
    return next((path for name in CANDIDATES if (path := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def _kept_files() -> None:
    """Files do not change while tests run: a browser asks for each once, as it does of a server with hashed names.

    axe is served beside them: so the browser keeps it, too, and what it has compiled of it."""
    settings.STATICFILES_DIRS = [*settings.STATICFILES_DIRS, ("axe", AXE.parent)]
    get_finder.cache_clear()  # who asked for a file before has made finders of the folders before
    serve = StaticFilesHandler.serve

    def kept(handler: StaticFilesHandler, request: HttpRequest) -> Any:
        answer = serve(handler, request)
        answer["Cache-Control"] = "max-age=3600"
        return answer

    StaticFilesHandler.serve = kept


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing and CI is set; install it (Debian: apt-get install chromium)")
        pytest.skip("Chromium is missing (Debian: apt-get install chromium)")
    if connection.vendor == "sqlite":
        take_turns()
        keep_transactions_whole()
    served.watch()
    expect.set_options(timeout=20_000)  # two browsers beside two servers on two slow cores
    # Playwright runs its own event loop in this thread, and Django refuses its ORM where one runs.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *sandbox])
        yield browser
        browser.close()
    if before is None:
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


class _Served:
    """Connections the live server's threads are at work on. Each ends with its browser's context; one that outlives its
    test would write while the database is emptied for the next, or find the server stopped."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.number = 0

    def count(self, by: int) -> None:
        with self.lock:
            self.number += by

    def watch(self) -> None:
        """From now on the servers of this process count."""
        begin, work = ThreadedWSGIServer.process_request, ThreadedWSGIServer.process_request_thread

        def begun(*args: Any) -> None:
            self.count(1)
            begin(*args)

        def worked(*args: Any) -> None:
            try:
                work(*args)
            finally:
                self.count(-1)

        ThreadedWSGIServer.process_request = begun
        ThreadedWSGIServer.process_request_thread = worked

    def wait_for_silence(self, seconds: float = 20) -> None:
        time.sleep(0.1)  # what was asked a moment ago may not have come to a thread yet
        end = time.monotonic() + seconds
        while self.number > 0 and time.monotonic() < end:
            time.sleep(0.05)
        self.number = 0


served = _Served()


@pytest.fixture(autouse=True)
def _silence(transactional_db):
    """After the pages are closed, before the database is emptied."""
    yield
    served.wait_for_silence()


def session_of(user: Any, seconds: float = 20) -> str:
    """The key of a new session of his. While the server is at work for another page, the one database in memory is
    refused to us at times."""
    end = time.monotonic() + seconds
    while True:
        client = Client()
        try:
            client.force_login(user, backend="accounts.backends.RoleBackend")
        except (OperationalError, UpdateError):
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture(autouse=True)
def _patient_worker(monkeypatch):
    """For a slow page of the server the service worker brings up the phone's own one: on a busy machine that would be by
    chance, under any test of a page on a phone."""
    monkeypatch.setattr("visits.views.field.PAGE_WAIT_MS", 60_000)


@pytest.fixture
def open_page(browser: Browser, live_server, request) -> Iterator[Callable[..., Page]]:
    """open_page(user, phone=True, position=(31.82, 117.23)) → a page logged in as `user`, or as nobody.

    What the page's scripts throw fails the test at its end: a page with a broken script is broken.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def _open(user=None, *, phone: bool = False, position: tuple[float, float] | None = None) -> Page:
        # Whoever finds no row makes one; two requests at once cannot on SQLite's one connection in memory.
        SystemOptions.load()
        options = {**(PHONE if phone else DESKTOP), "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
        if position:
            options["geolocation"] = {"latitude": position[0], "longitude": position[1], "accuracy": 10}
            options["permissions"] = ["geolocation"]
        context = browser.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(20_000)
        context.set_default_navigation_timeout(60_000)  # the first page of a process finds everything cold
        contexts.append(context)
        if user is not None:
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session_of(user), "url": live_server.url}
            context.add_cookies([cookie])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda message: (
                "Content Security Policy" in message.text and errors.append(f"{page.url}: {message.text}")
            ),
        )
        return page

    yield _open
    for context in contexts:
        context.close()
    assert not errors, "\n".join(errors)


@pytest.fixture
def field(transactional_db):
    from tests.browser.field_phone import make_field

    return make_field()


@pytest.fixture
def phone(browser, live_server, tmp_path):
    """A phone whose profile outlives its browser; see field_phone.Phone."""
    from tests.browser.field_phone import Phone, with_closed

    found = Phone(browser.browser_type, live_server.url, tmp_path / "phone")
    yield found
    with_closed(found.context)
    assert not found.errors, "\n".join(found.errors)
