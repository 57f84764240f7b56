"""A real Chromium against a live server: phone and desktop, mocked position, offline switch.

The server runs in a thread of the test process, so a browser test commits (see tests/conftest.py).
"""

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.dispatch import receiver
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from accounts.models import SystemOptions

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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing and CI is set; install it (Debian: apt-get install chromium)")
        pytest.skip("Chromium is missing (Debian: apt-get install chromium)")
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


# Requests the live server is at work on: what a closed page asked for last is still written while the database is
# emptied for the next test.
_at_work: Counter[str] = Counter()


@receiver(request_started, dispatch_uid="tests.browser.started")
def _begun(**kwargs: Any) -> None:
    _at_work["requests"] += 1


@receiver(request_finished, dispatch_uid="tests.browser.finished")
def _ended(**kwargs: Any) -> None:
    _at_work["requests"] -= 1


def wait_for_silence(seconds: float = 10) -> None:
    time.sleep(0.1)  # what was asked a moment ago has not begun yet
    end = time.monotonic() + seconds
    while _at_work["requests"] > 0 and time.monotonic() < end:
        time.sleep(0.05)
    _at_work.clear()


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
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user, backend="accounts.backends.RoleBackend")
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
            )
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
    wait_for_silence()
    assert not errors, "\n".join(errors)
