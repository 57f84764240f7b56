"""How long an alert may be put off, and what days are offered for it."""

from __future__ import annotations

import datetime as dt

LONGEST_DAYS = 180
OFFERED = (3, 7, 14, 30)  # days ahead that one tap puts an alert off


def latest_until(today: dt.date) -> dt.date:
    """The farthest day until which an alert may be put off."""
    return today + dt.timedelta(days=LONGEST_DAYS)


def is_snoozed(until: dt.date | None, today: dt.date) -> bool:
    """Whether an alert put off until a day is still away: on that day it is back."""
    return until is not None and today < until
