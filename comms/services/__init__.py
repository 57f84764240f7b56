"""The writers of comms, a file a family."""

from comms.rules.words import Words
from comms.services.notifications import (
    Notice,
    mark_all_read,
    mark_key_read,
    mark_keys_read,
    mark_read,
    mark_url_read,
    notify,
    withdraw,
)

__all__ = [
    "Notice",
    "Words",
    "mark_all_read",
    "mark_key_read",
    "mark_keys_read",
    "mark_read",
    "mark_url_read",
    "notify",
    "withdraw",
]
