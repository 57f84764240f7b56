"""Where an instruction stands (H4). Pure."""

from __future__ import annotations

import datetime as dt

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What it may be about besides the day as a whole.
TARGETS = ("visit", "follow_up", "order")

STATES: dict[str, tuple[str | Promise, str]] = {
    "unread": (_("Unread"), "red"),
    "unanswered": (_("Not answered"), "yellow"),
    "answered": (_("Answered"), "blue"),
    "done": (_("Done"), "green"),
}


def state_of(
    read_at: dt.datetime | None, answered_at: dt.datetime | None, done_at: dt.datetime | None
) -> str:
    """A key of STATES. Answered means that the person's answer is the last word."""
    if done_at is not None:
        return "done"
    if answered_at is not None:
        return "answered"
    return "unread" if read_at is None else "unanswered"
