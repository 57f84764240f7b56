"""The alert job: one transaction under one lock, its outcome on an AlertRun row."""

from __future__ import annotations

import datetime as dt
import logging
import time

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.enums import RunState
from alerts.models import AlertRun
from alerts.models.run import STALE_AFTER
from alerts.services.engine import judge_customers
from alerts.services.reps import judge_reps

logger = logging.getLogger(__name__)
# Any number that no other advisory lock of ours has.
_LOCK = 0x616C657274


def compute_alerts(*, today: dt.date, actor: User | None = None, run: AlertRun | None = None) -> AlertRun:
    """Open and close customer and rep alerts as of the business day `today` (domain-rules §3–4).

    All changes are one transaction: killed in the middle, nothing has happened. Two at once run one after the other,
    and the second finds nothing to do. Returns the AlertRun with its counts; on an error the run is marked failed
    with the reason and the error goes on. `run` is one already claimed by `claim_run`.
    """
    if run is None:
        _bury_the_dead()
        run = AlertRun.objects.create(date=today, state=RunState.RUNNING, requested_by=actor)
    began = time.monotonic()
    try:
        with transaction.atomic():
            _one_at_a_time()
            opened, closed = judge_customers(today)
            reps_opened, reps_closed = judge_reps(today)
            run.opened, run.closed = opened + reps_opened, closed + reps_closed
            run.state, run.finished_at = RunState.DONE, timezone.now()
            run.seconds = round(time.monotonic() - began, 3)
            # In the same transaction: a run that says "done" has been done.
            run.save(update_fields=["state", "finished_at", "opened", "closed", "seconds"])
    except BaseException as error:
        fail_run(run=run, message=f"{type(error).__name__}: {error}")
        raise
    logger.info("alerts of %s: %s opened, %s closed in %.2f s", today, run.opened, run.closed, run.seconds)
    return run


def request_run(*, actor: User, today: dt.date) -> tuple[AlertRun, bool]:
    """The run a user asked for, waiting for a worker; one that is already on its way is returned instead.

    The flag says whether it is new, that is, whether a worker must be told.
    """
    _bury_the_dead()
    busy = AlertRun.objects.filter(state__in=[RunState.QUEUED, RunState.RUNNING]).first()
    if busy is not None:
        return busy, False
    return AlertRun.objects.create(date=today, state=RunState.QUEUED, requested_by=actor), True


def claim_run(*, run_id: int) -> AlertRun | None:
    """Take a waiting run; None when somebody else has it or it is over."""
    taken = AlertRun.objects.filter(pk=run_id, state=RunState.QUEUED).update(state=RunState.RUNNING)
    return AlertRun.objects.get(pk=run_id) if taken == 1 else None


def fail_run(*, run: AlertRun, message: str) -> None:
    """Mark a run as failed, with the reason."""
    run.state, run.finished_at, run.message = RunState.FAILED, timezone.now(), message[:400]
    run.opened = run.closed = 0
    run.save(update_fields=["state", "finished_at", "message", "opened", "closed"])


def _bury_the_dead() -> None:
    """A run that was killed or whose message was lost is marked failed, or it would look busy for ever."""
    now = timezone.now()
    stale = AlertRun.objects.filter(
        state__in=[RunState.QUEUED, RunState.RUNNING], started_at__lt=now - STALE_AFTER
    )
    stale.update(
        state=RunState.FAILED,
        finished_at=now,
        message=_("Stopped in the middle, or never started. Nothing was changed."),
    )


def _one_at_a_time() -> None:
    """Wait for another run's transaction to end. SQLite needs nothing: it has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
