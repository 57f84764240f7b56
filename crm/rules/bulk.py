"""Bulk actions: how many rows wait for a worker, and how long one may take them back."""

import datetime as dt

from crm.enums import BulkState

INLINE_ROWS = 500  # up to here the request does it; more goes to a worker with a progress bar
UNDO_DAYS = 30


def runs_in_request(rows: int) -> bool:
    return rows <= INLINE_ROWS


def undo_ends(finished_at: dt.datetime) -> dt.datetime:
    """The moment from which on a finished action stays."""
    return finished_at + dt.timedelta(days=UNDO_DAYS)


def may_undo(
    *,
    state: str,
    finished_at: dt.datetime | None,
    changed: int,
    undo_began: bool,
    now: dt.datetime,
    for_good: bool = False,
) -> bool:
    """Whether an action that is over, or broke off on the way, can still be taken back; `for_good` ones cannot."""
    if for_good or state not in (BulkState.DONE, BulkState.FAILED) or undo_began or not changed:
        return False
    return finished_at is not None and now < undo_ends(finished_at)
