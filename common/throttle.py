"""How often a door may be used, and by whom: counted in the shared cache, a window of one minute."""

import datetime as dt

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def remote_address(request: HttpRequest) -> str:
    """The sender's address; the header is believed only behind our own proxy."""
    if settings.TRUST_PROXY and (chain := request.headers.get("X-Forwarded-For", "")):
        return chain.rsplit(",", 1)[-1].strip()[:45]
    return request.META.get("REMOTE_ADDR", "")


def wait_seconds(key: str, *, a_minute: int, now: dt.datetime) -> int:
    """Count one use of `key`; 0 while it is within the limit, else how many seconds until the next window opens.

    The window is the clock's minute, so that every process counts into the same one without asking.
    """
    counter = f"throttle-{key}-{_window(now)}"
    cache.add(counter, 0, timeout=120)
    try:
        used = cache.incr(counter)
    except ValueError:  # thrown out of the cache between the two calls
        return 0
    return 0 if used <= a_minute else max(1, 60 - int(now.timestamp() % 60))


def _window(now: dt.datetime) -> int:
    return int(now.timestamp() // 60)
