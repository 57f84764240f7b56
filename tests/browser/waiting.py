"""Waiting for a page: Playwright's own wait_for_function evaluates a text inside the page, which our pages' policy refuses."""

import time
from collections.abc import Callable
from typing import Any

from django.db import OperationalError
from playwright.sync_api import Error


def wait_for(page: Any, script: str, arg: Any = None, seconds: float = 20) -> None:
    """Until the script, an expression or a function of `arg`, is true. AssertionError with the script after `seconds`."""
    end = time.monotonic() + seconds
    while not _evaluated(page, script, arg):
        assert time.monotonic() < end, f"never true: {script}"
        page.wait_for_timeout(50)


def no_row_glides(page: Any) -> None:
    """Until rows that gave way to a dragged one stand in their new places: before, none gives way again."""
    wait_for(page, "![...document.querySelectorAll('[data-stop], [data-shop]')].some((row) => row.animated)")


def _evaluated(page: Any, script: str, arg: Any) -> Any:
    """What the script says; nothing while one page gives way to the next."""
    try:
        return page.evaluate(script, arg)
    except Error as error:
        if "context was destroyed" not in str(error):
            raise
        return None


def until(page: Any, holds: Callable[[], Any], seconds: float = 20) -> None:
    """Until the test's own `holds` is true, while the page's events (held requests, dialogs, answers) come in and the
    server writes what it was sent. AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while not answered(holds):
        assert time.monotonic() < end, "never true"
        page.wait_for_timeout(50)


def answered(holds: Callable[[], Any]) -> Any:
    """What `holds` says; nothing while the server's thread is writing the one database in memory."""
    try:
        return holds()
    except OperationalError as error:
        if "locked" not in str(error):
            raise
        return None
