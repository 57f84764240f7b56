"""Scheduled reports: kept, made due, claimed by one worker, sent to each recipient once, and logged (J6).

The row of a run is the job. A recipient is marked "sending" before his mail is handed over and "sent" after it; a worker
killed between the two leaves nobody knowing, so the next one marks him "unsure" and sends no second mail.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day, is_working_day
from comms.services.channels import Refused, Unavailable, Unsure
from reports.enums import Comparison, ConditionKind, RunState
from reports.models import ScheduledReport, ScheduledRun
from reports.queries.asking import question
from reports.queries.report import REPORTS, Report
from reports.rules import schedules as rules
from reports.services.report_mails import NotForHim, figures_of, send_report

SENT, SKIPPED, DENIED, GONE, SENDING, UNSURE, AGAIN = (
    "sent",
    "skipped",
    "denied",
    "gone",
    "sending",
    "unsure",
    "again",
)
FINAL = (SENT, SKIPPED, DENIED, GONE, UNSURE)
_QUERY_WORDS = ("period", "by", "across", "measure", "sort", "compare", "most", "chart")
_LONGEST_ERROR = 300
log = logging.getLogger(__name__)


class TakenOver(Exception):
    """Another worker has the run now: this one says nothing more about it."""


# --- keeping
def kept_query(report: Report, data: Any) -> dict[str, str]:
    """What of an address is kept. ValidationError for days of its own: every mail would tell of the same ones."""
    if rules.fixed_days(data):
        raise ValidationError(
            _(
                "Days of your own stay the same in every mail. Choose this month, last month or another period."
            )
        )
    names = (*_QUERY_WORDS, *report.filter_codes())
    return {name: str(data[name]) for name in names if data.get(name)}


@transaction.atomic
def save_schedule(
    *, actor: User, schedule: ScheduledReport, recipients: list[User], now: dt.datetime | None = None
) -> ScheduledReport:
    """Create or change one; the next time follows. ValidationError with a text for the person."""
    report = REPORTS.get(schedule.report)
    if report is None or not report.is_open_to(actor):
        raise ValidationError(_("You may not open this report."))
    _take_over(actor, schedule)
    schedule.query = kept_query(report, schedule.query)
    _check_condition(actor, report, schedule, now or timezone.now())
    if not recipients:
        raise ValidationError({"recipients": _("Choose at least one recipient.")})
    if not any(person.email for person in recipients):
        raise ValidationError({"recipients": _("None of them has an e-mail address.")})
    schedule.next_at = next_at(schedule, now or timezone.now())
    schedule.save()
    schedule.recipients.set(recipients)
    return schedule


def _check_condition(actor: User, report: Report, schedule: ScheduledReport, now: dt.datetime) -> None:
    try:
        asked = question(actor, report, schedule.query, business_day(now))
        codes = [head.code for head in asked.table().heads]
    except ValueError as error:
        raise ValidationError(_("This report cannot be filtered so.")) from error
    if asked.problem:  # the page falls back to the usual period and says so; a mail would not
        raise ValidationError(str(asked.problem))
    if schedule.condition == ConditionKind.ALWAYS:
        schedule.measure, schedule.limit = "", None
        return
    if schedule.limit is None:
        raise ValidationError({"limit": _("A condition needs a number.")})
    if schedule.measure not in codes:
        raise ValidationError({"measure": _("Choose the figure that the condition is about.")})
    if schedule.condition in rules.COMPARING and asked.compare == Comparison.NONE:
        raise ValidationError({"condition": _("This report is compared with nothing: choose another one.")})


@transaction.atomic
def switch(*, actor: User, schedule: ScheduledReport, on: bool, now: dt.datetime | None = None) -> None:
    """Off: nothing goes out. On again: from the next time on, what was missed is not made up for; whoever switches on
    what somebody who left had set up takes it over. ValidationError when he may not open the report."""
    report = REPORTS.get(schedule.report)
    if on and not schedule.owner.is_active and (report is None or not report.is_open_to(actor)):
        raise ValidationError(_("You may not open this report."))
    if on:
        _take_over(actor, schedule)
    schedule.is_active = on
    schedule.next_at = next_at(schedule, now or timezone.now())
    schedule.save(update_fields=["is_active", "next_at", "owner"])


def _take_over(actor: User, schedule: ScheduledReport) -> None:
    """What nobody answers for any more is the one's who puts it in order."""
    if not schedule.owner.is_active:
        schedule.owner = actor


@transaction.atomic
def delete_schedule(*, actor: User, schedule: ScheduledReport) -> None:
    """With its history; a run under way ends at its next note."""
    schedule.delete()


def next_at(schedule: ScheduledReport, now: dt.datetime) -> dt.datetime | None:
    if not schedule.is_active:
        return None
    return rules.next_time(
        timezone.localtime(now, timezone.get_default_timezone()),
        rhythm=schedule.rhythm,
        at=schedule.at,
        weekday=schedule.weekday,
        month_day=schedule.month_day,
        works=is_working_day,
    )


def send_to_me(*, actor: User, schedule: ScheduledReport, now: dt.datetime | None = None) -> None:
    """A trial: one's own figures, whatever the condition. ValidationError when it did not go out."""
    now = now or timezone.now()
    if not actor.email:
        raise ValidationError(_("You have no e-mail address: enter one in your profile."))
    try:
        figures = figures_of(schedule, actor, business_day(now), whatever=True)
        send_report(schedule, actor, figures, key=f"trial:{schedule.pk}:{actor.pk}:{now.isoformat()}")
    except NotForHim as error:
        raise ValidationError(_("You may not open this report.")) from error
    except (Refused, Unavailable, Unsure, ValueError) as error:
        raise ValidationError(_("It did not go out: %(why)s") % {"why": error}) from error


# --- becoming due
def make_due_runs(*, now: dt.datetime | None = None) -> int:
    """A run for each schedule whose time has come; answers how many. Two beats make one, and of the times that were
    missed while nothing ran there is one run."""
    now = now or timezone.now()
    made = 0
    # Nobody answers for what somebody who left had set up: it stops, and the list says why (queries.schedules).
    ScheduledReport.objects.filter(is_active=True, owner__is_active=False).update(
        is_active=False, next_at=None
    )
    waiting = ScheduledReport.objects.filter(is_active=True).filter(Q(next_at__lte=now) | Q(next_at=None))
    for schedule in waiting.order_by("next_at", "pk"):
        made += _make_due(schedule, now)
    return made


@transaction.atomic
def _make_due(schedule: ScheduledReport, now: dt.datetime) -> int:
    due = schedule.next_at
    mine = ScheduledReport.objects.filter(pk=schedule.pk, is_active=True, next_at=due)
    if not mine.update(next_at=next_at(schedule, now)) or due is None:
        return 0
    _run, made = ScheduledRun.objects.get_or_create(
        schedule=schedule, due_at=due, defaults={"heartbeat_at": now}
    )
    return int(made)


# --- running
def run_due(*, now: dt.datetime | None = None) -> int:
    """Run what waits and what got stuck; answers how many runs this worker took. Several may do it at once."""
    taken = 0
    _give_up(now or timezone.now())
    for pk in list(_open(now or timezone.now()).order_by("due_at", "pk").values_list("pk", flat=True)):
        run = claim(pk, now=now)
        if run is not None:
            taken += 1
            _run_one(run, now)
    return taken


def _give_up(now: dt.datetime) -> None:
    """A run that killed its worker each time kills no further one."""
    stuck = ScheduledRun.objects.filter(state=RunState.RUNNING, heartbeat_at__lt=now - rules.LEASE)
    stuck.filter(attempts__gte=rules.MAX_ATTEMPTS).update(
        state=RunState.FAILED, finished_at=now, error=_("The worker was stopped again and again.")
    )


def _open(now: dt.datetime) -> Any:
    # Of a waiting run the heartbeat is the moment before which it is not tried (again).
    return ScheduledRun.objects.filter(
        Q(state=RunState.WAITING, heartbeat_at__lte=now)
        | Q(state=RunState.RUNNING, heartbeat_at__lt=now - rules.LEASE)
    )


def claim(pk: int, *, now: dt.datetime | None = None) -> ScheduledRun | None:
    """The run for this worker alone, None when another one has it. `attempts` is the token of the claim."""
    now = now or timezone.now()
    run: ScheduledRun | None = _open(now).select_related("schedule__owner").filter(pk=pk).first()
    if run is None:
        return None
    claimed = (
        _open(now)
        .filter(pk=pk, attempts=run.attempts)
        .update(
            state=RunState.RUNNING,
            attempts=run.attempts + 1,
            started_at=run.started_at or now,
            heartbeat_at=now,
        )
    )
    if not claimed:
        return None
    run.attempts += 1
    run.started_at = run.started_at or now
    return run


def _run_one(run: ScheduledRun, now: dt.datetime | None) -> None:
    try:
        if problem := _stopped(run.schedule):
            _write(run, state=RunState.SKIPPED, finished_at=now or timezone.now(), error=problem)
            return
        for user in run.schedule.recipients.order_by("pk"):
            state = run.recipients.get(str(user.pk), "")
            if state == SENDING:
                _note(run, user, UNSURE, now)
            elif state == "" or state.startswith(AGAIN):
                _serve(run, user, now)
        _finish(run, now)
    except TakenOver:
        log.warning("Run %s was taken over by another worker", run.pk)


def _stopped(schedule: ScheduledReport) -> str:
    """Why nothing goes out; "" when it does."""
    if not schedule.owner.is_active:
        return _("%(name)s, who set it up, has left.") % {"name": schedule.owner}
    return "" if schedule.is_active else _("Switched off in the meantime.")


def _serve(run: ScheduledRun, user: User, now: dt.datetime | None) -> None:
    """One recipient; whatever goes wrong is his and not the others'."""
    if not user.is_active or not user.email:
        return _note(run, user, GONE, now)
    try:
        figures = figures_of(run.schedule, user, business_day(now or timezone.now()))
        if not figures.goes_out:
            return _note(run, user, SKIPPED, now)
        _note(run, user, SENDING, now)
        send_report(run.schedule, user, figures, key=f"report:{run.pk}:{user.pk}")
    except TakenOver:
        raise
    except NotForHim:
        return _note(run, user, DENIED, now)
    except Unsure:
        return _note(run, user, UNSURE, now)
    except Unavailable as error:
        return _note(run, user, f"{AGAIN}: {error}"[:_LONGEST_ERROR], now)
    except (
        Exception
    ) as error:  # whatever a report or a library throws: the log says so, and the others get theirs
        log.exception("Scheduled report %s to %s", run.schedule_id, user.pk)
        return _note(run, user, f"{type(error).__name__}: {error}"[:_LONGEST_ERROR], now)
    return _note(run, user, SENT, now)


def _note(run: ScheduledRun, user: User, state: str, now: dt.datetime | None) -> None:
    run.recipients[str(user.pk)] = state
    sent = sum(1 for value in run.recipients.values() if value == SENT)
    _write(run, recipients=run.recipients, sent=sent, heartbeat_at=now or timezone.now())


def _finish(run: ScheduledRun, now: dt.datetime | None) -> None:
    now = now or timezone.now()
    found = list(run.recipients.values())
    waiting = any(state.startswith(AGAIN) for state in found)
    trouble = "\n".join(sorted({state for state in found if state not in FINAL}))
    if waiting and run.attempts < rules.MAX_ATTEMPTS:
        _write(run, state=RunState.WAITING, heartbeat_at=now + rules.backoff(run.attempts), error=trouble)
        return
    if trouble or UNSURE in found:
        state = RunState.FAILED
    elif SENT in found:
        state = RunState.DONE
    else:
        state = RunState.SKIPPED if SKIPPED in found else RunState.FAILED
    _write(run, state=state, finished_at=now, error=trouble)


def _write(run: ScheduledRun, **fields: Any) -> None:
    mine = ScheduledRun.objects.filter(pk=run.pk, state=RunState.RUNNING, attempts=run.attempts)
    if not mine.update(**fields):
        raise TakenOver
