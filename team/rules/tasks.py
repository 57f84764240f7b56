"""Decisions about customer tasks (H1): values and now in, answer out."""

from __future__ import annotations

import datetime as dt

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from team.enums import CustomerTaskStatus as Status

MAX_STEPS = 30
MAX_STEP_TEXT = 200
MAX_FILES = 9  # of one contact
MOST = 2000  # tasks made in one go
# A reminder or an escalation that came due while the jobs were down is told late; older ones only stand in the list.
CATCH_UP = dt.timedelta(days=7)
DELETE_WITHIN = dt.timedelta(days=1)

# Minutes before the due time; the form offers these.
REMINDERS: dict[int, str | Promise] = {
    0: _("At the time"),
    30: _("30 minutes before"),
    120: _("2 hours before"),
    1440: _("A day before"),
    4320: _("3 days before"),
}

# The one state machine: from where to where.
MOVES: dict[str, tuple[Status, ...]] = {
    Status.OPEN: (Status.DOING, Status.DONE, Status.CANCELLED),
    Status.DOING: (Status.DONE, Status.CANCELLED),
    Status.DONE: (Status.DOING,),
    Status.CANCELLED: (Status.OPEN,),
}


def may_move(old: str, new: str) -> bool:
    """Whether a task may go from one status to another."""
    return new in MOVES[old]


def step_progress(done: int, total: int) -> int:
    """Percent of ticked steps, rounded down so that 100 means all; 0 without steps."""
    return done * 100 // total if total else 0


def remind_at(due_at: dt.datetime | None, minutes: int | None) -> dt.datetime | None:
    """When to remind; None without a due time or a wish."""
    if due_at is None or minutes is None:
        return None
    return due_at - dt.timedelta(minutes=minutes)


def read_steps(text: str) -> list[str]:
    """The steps that were typed, a line each; empty lines are none, and list marks before a step are dropped."""
    lines = (line.strip().lstrip("-•·*、 ").strip() for line in text.replace("\r", "\n").split("\n"))
    return [line for line in lines if line]


def share(part: int, whole: int) -> int | None:
    """Whole percent, rounded half up; None of nothing."""
    return (part * 200 + whole) // (whole * 2) if whole else None
