"""Which ways to the outside this installation has: by its settings, no database."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from comms.enums import Channel

CONSOLE = "console://"
# Bots a person may name himself: the host is the service's own, so nobody makes our server call another address.
PERSONAL_BOTS = {"wecombot": "企业微信", "dingtalk": "钉钉", "feishu": "飞书", "lark": "Lark"}


def installed() -> frozenset[Channel]:
    """Channels that can carry anything here; whether they reach somebody is told by `comms.queries.reach`."""
    found = {Channel.EMAIL, Channel.CHAT}
    if push_key():
        found.add(Channel.PUSH)
    if settings.SMS_URL:
        found.add(Channel.SMS)
    if CONSOLE in settings.NOTIFY_URLS:
        found.add(Channel.CONSOLE)
    return frozenset(found)


def group_bots() -> dict[str, str]:
    """{short hash: address} of the company's own channels (NOTIFY_URLS). The addresses hold secrets: rows and logs
    name them by the hash."""
    return {
        hashlib.sha256(url.encode()).hexdigest()[:12]: url for url in settings.NOTIFY_URLS if url != CONSOLE
    }


def is_personal_bot(url: str) -> bool:
    return urlsplit(url).scheme.lower() in PERSONAL_BOTS


def push_key() -> str:
    """The private key that signs for push services (base64url, 32 bytes): VAPID_PRIVATE_KEY, else the file that
    `manage.py make_push_key` wrote; "" when there is none, and then phones show nothing."""
    return settings.VAPID_PRIVATE_KEY or _key_in(settings.VAPID_KEY_FILE)


@lru_cache(maxsize=4)
def _key_in(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def forget_push_key() -> None:
    """Read the key file again: it was written just now."""
    _key_in.cache_clear()


def may_repeat(channel: str) -> bool:
    """Whether a message may be handed over again when nobody knows whether it arrived (docs/architecture.md, "Messages").

    A phone replaces a notice by one of the same tag; an SMS gateway that knows idempotency keys drops the second.
    """
    return channel == Channel.PUSH or (channel == Channel.SMS and settings.SMS_IDEMPOTENT)
