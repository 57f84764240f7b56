"""The alert job: one transaction under one lock, its outcome on an AlertRun row."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.enums import RunMode, RunState
from alerts.models import AlertMark, AlertRun
from alerts.models.run import STALE_AFTER
from alerts.queries.rules import rule_lines
from alerts.services.engine import (
    RuleSet,
    follow_owners,
    judge_customers,
    plan_for_whole_tables,
    touch,
    untouch,
)
from alerts.services.reps import judge_reps
from alerts.services.snoozes import carry_over
from alerts.services.telling import tell_owners, tell_superiors
from alerts.services.versions import keep_versions

logger = logging.getLogger(__name__)
# Any number that no other advisory lock of ours has.
_LOCK = 0x616C657274
# From here on one scan of everybody costs less than looking up each of those who changed.
MANY = 20_000
# Every minute one at most: the newest say what happened, the nightly ones stay.
KEEP_CHANGES = dt.timedelta(days=14)


def compute_alerts(
    *, today: dt.date, actor: User | None = None, run: AlertRun | None = None, full: bool | None = None
) -> AlertRun:
    """Open and close customer and rep alerts as of the business day `today` (domain-rules §3–4).

    All changes are one transaction: killed in the middle, nothing has happened. Two at once run one after the other,
    and the second finds nothing to do. Returns the AlertRun with its counts; on an error the run is marked failed
    with the reason and the error goes on. `run` is one already claimed by `claim_run`.

    `full`: judge everybody; False: only who changed since the last run. None: only who changed when everybody was
    judged as of this day already. Both end in the same alerts.
    """
    if run is None:
        _bury_the_dead()
        run = AlertRun.objects.create(date=today, state=RunState.RUNNING, requested_by=actor)
    return _carry_out(run, lambda: _judge(run, full=full, with_reps=True))


def judge_changes(*, today: dt.date) -> AlertRun | None:
    """Judge the customers that changed since the last run; None when nobody did. The job of every minute.

    Everybody, when a rule or an exemption changed.
    """
    if not AlertMark.objects.exists():
        return None
    _bury_the_dead()
    run = AlertRun.objects.create(date=today, mode=RunMode.CHANGES, state=RunState.RUNNING)
    return _carry_out(run, lambda: _judge(run, full=False, with_reps=False))


def forget_runs(*, today: dt.date) -> int:
    """Delete the runs over changes that are older than two weeks; returns how many."""
    old = AlertRun.objects.filter(mode=RunMode.CHANGES, date__lt=today - KEEP_CHANGES)
    return int(old.delete()[0])


def _carry_out(run: AlertRun, action: Callable[[], None]) -> AlertRun:
    began = time.monotonic()
    try:
        with transaction.atomic():
            _one_at_a_time()
            action()
            run.state, run.finished_at = RunState.DONE, timezone.now()
            run.seconds = round(time.monotonic() - began, 3)
            # In the same transaction: a run that says "done" has been done.
            run.save()
    except BaseException as error:
        fail_run(run=run, message=f"{type(error).__name__}: {error}")
        raise
    logger.info("alerts of %s: %s opened, %s closed in %.2f s", run.date, run.opened, run.closed, run.seconds)
    return run


def _judge(run: AlertRun, *, full: bool | None, with_reps: bool) -> None:
    today = run.date
    rules = RuleSet.of(today, rule_lines(today, keep_versions()))
    if full is None:
        full = not AlertRun.objects.filter(date=today, mode=RunMode.FULL, state=RunState.DONE).exists()
    touched = touch()
    follow_owners()
    run.mode = RunMode.FULL if full or touched is None or touched > MANY else RunMode.CHANGES
    run.judged = None if run.mode == RunMode.FULL else touched
    if run.mode == RunMode.FULL:
        plan_for_whole_tables()
    outcome = judge_customers(rules, only_touched=run.mode == RunMode.CHANGES)
    untouch()
    opened, closed = outcome.opened, outcome.closed
    counts = {kind: [opened[kind], closed[kind]] for kind in {*opened, *closed}}
    if with_reps:
        counts["reps"] = list(judge_reps(today))
    run.counts = {kind: both for kind, both in sorted(counts.items()) if any(both)}
    run.opened = sum(opened for opened, _closed in counts.values())
    run.closed = sum(closed for _opened, closed in counts.values())
    if opened and closed:
        carry_over(today=today)
    if opened:
        tell_owners(run_id=run.pk, outcome=outcome, today=today)
        if with_reps:
            tell_superiors(run_id=run.pk, outcome=outcome)


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
    run.counts = {}
    run.save(update_fields=["state", "finished_at", "message", "opened", "closed", "counts"])


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
