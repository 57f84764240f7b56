"""The back-test of alerts as a job: queued → running → done or failed; only this file assigns its state (E5).

It reads history in batches of customers and writes nothing but its own rows.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from array import array
from collections.abc import Callable, Iterator, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.enums import RunState
from alerts.models import BacktestLine, BacktestRun
from alerts.models.backtest import STALE_AFTER
from alerts.queries import backtest as reads
from alerts.queries.rhythm_source import levels_of, measure_spreads, open_days, orders_of
from alerts.rules.backtest import HORIZON, Question, Silence, Tally, all_parameters, judge, replay, silences
from alerts.rules.order_history import order_days

MAX_ATTEMPTS = 3
BATCH = 2_000
Progress = Callable[[int, int], None]
Tallies = dict[tuple[str, str], Tally]
logger = logging.getLogger(__name__)


class LostClaim(Exception):
    """Another worker has taken this job over."""


def request_backtest(
    *,
    actor: User | None,
    first: dt.date,
    last: dt.date,
    horizon: int = HORIZON,
    wanted: Sequence[tuple[str, str]] = (),
) -> tuple[BacktestRun, bool]:
    """Queue a back-test of the days first … last; one on its way is returned instead, and the flag is then False.

    Raises ValidationError when the days are not in order or the horizon is below one day.
    """
    if first > last:
        raise ValidationError(_("The first day must not be after the last."), code="days")
    if horizon < 1:
        raise ValidationError(_("At least one day late."), code="horizon")
    sweep_backtests()
    busy = BacktestRun.objects.filter(state__in=[RunState.QUEUED, RunState.RUNNING]).first()
    if busy is not None:
        return busy, False
    run = BacktestRun.objects.create(
        first=first,
        last=last,
        horizon=horizon,
        wanted=[list(each) for each in wanted],
        requested_by=actor,
        heartbeat_at=timezone.now(),
    )
    return run, True


def run_backtest(run_id: int, progress: Progress | None = None) -> BacktestRun | None:
    """Replay a queued back-test and keep its lines; None when somebody else has it or it is over."""
    taken = BacktestRun.objects.filter(pk=run_id, state=RunState.QUEUED).update(
        state=RunState.RUNNING, attempts=F("attempts") + 1, heartbeat_at=timezone.now()
    )
    if not taken:
        return None
    run = BacktestRun.objects.get(pk=run_id)
    began = time.monotonic()
    try:
        tallies = _replay(run, progress)
        with transaction.atomic():
            _move(run, RunState.DONE, finished_at=timezone.now(), seconds=round(time.monotonic() - began, 2))
            BacktestLine.objects.bulk_create(_line(run, key, tally) for key, tally in tallies.items())
    except LostClaim:
        logger.warning("back-test %s was taken over", run_id)
        return None
    except BaseException as error:
        fail_backtest(run=run, message=f"{type(error).__name__}: {error}")
        raise
    run.refresh_from_db()
    logger.info("back-test %s … %s in %.1f s", run.first, run.last, run.seconds)
    return run


def fail_backtest(*, run: BacktestRun, message: str) -> None:
    """Mark a back-test on its way as failed, with the reason."""
    rows = BacktestRun.objects.filter(pk=run.pk, state__in=[RunState.QUEUED, RunState.RUNNING])
    rows.update(state=RunState.FAILED, finished_at=timezone.now(), message=message[:400])


def sweep_backtests(now: dt.datetime | None = None) -> list[int]:
    """Queue again what a killed worker left or whose message was lost, up to three times; returns their keys."""
    stale = (now or timezone.now()) - STALE_AFTER
    rows = BacktestRun.objects.filter(state__in=[RunState.QUEUED, RunState.RUNNING], heartbeat_at__lt=stale)
    rows.filter(attempts__gte=MAX_ATTEMPTS).update(
        state=RunState.FAILED, finished_at=timezone.now(), message=_("Stopped in the middle several times.")
    )
    keys = list(rows.values_list("pk", flat=True))
    BacktestRun.objects.filter(pk__in=keys, heartbeat_at__lt=stale).update(
        state=RunState.QUEUED, heartbeat_at=timezone.now()
    )
    return keys


def _move(run: BacktestRun, state: RunState, **fields: object) -> None:
    """For the worker that holds the claim; raises LostClaim for one that was given up."""
    rows = BacktestRun.objects.filter(pk=run.pk, state=RunState.RUNNING, attempts=run.attempts)
    if not rows.update(state=state, heartbeat_at=timezone.now(), **fields):
        raise LostClaim


def _replay(run: BacktestRun, progress: Progress | None) -> Tallies:
    question = _question(run)
    keys = reads.judged_customers(question.last)
    # In the order in which they are shown. A kind without any alert of a customer still has the orders he left out.
    tallies: Tallies = {key: Tally() for key in (*reads.actual_kinds(question), *question.wanted)}
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        for found, spans in _customers(part, question):
            for key, tally in tallies.items():
                judge(found, spans.get(key, ()), question.first, question.last, tally)
        _move(run, RunState.RUNNING, done=start + len(part), total=len(keys))
        if progress:
            progress(start + len(part), len(keys))
    return tallies


def _question(run: BacktestRun) -> Question:
    wanted = [(kind, parameter) for kind, parameter in run.wanted] or all_parameters()
    asked = sorted({parameter for kind, parameter in wanted if kind == "rhythm"})
    return Question(
        first=run.first.toordinal(),
        last=run.last.toordinal(),
        horizon=run.horizon,
        calendar=open_days(run.last.year),
        wanted=wanted,
        # What was known of the peers before the first day.
        spreads={each: measure_spreads(float(each), run.last, before=run.first) for each in asked},
    )


def _customers(
    keys: array[int], question: Question
) -> Iterator[tuple[list[Silence], dict[tuple[str, str], list[tuple[int, int | None]]]]]:
    """Silences and alerts of each, those really opened among them."""
    levels, actual = levels_of(keys), reads.actual_alerts(keys, question)
    visits = reads.visit_days(keys) if any(kind == "unvisited" for kind, _p in question.wanted) else {}
    for customer, orders in orders_of(keys):
        days = order_days(orders)
        found = list(silences(days, question.first, question.last, question.calendar, question.horizon))
        if not found:
            continue
        spans = dict(replay(days, visits.get(customer, []), found, levels.get(customer, ""), question))
        yield found, spans | actual.get(customer, {})


def _line(run: BacktestRun, key: tuple[str, str], tally: Tally) -> BacktestLine:
    return BacktestLine(
        run=run,
        kind=key[0],
        parameter=key[1],
        alerts=tally.alerts,
        right=tally.right,
        undecided=tally.undecided,
        missed_orders=tally.missed_orders,
        caught=tally.caught,
        in_time=tally.in_time,
        lead_days=tally.lead_days,
    )
