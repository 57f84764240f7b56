"""Scheduled reports as their pages show them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.dates import WEEKDAYS
from django.utils.formats import time_format
from django.utils.translation import gettext as _

import reports.queries.catalogue  # noqa: F401 - fills the register
from accounts.models import User
from common.punctuation import named
from reports.enums import ConditionKind, Rhythm, RunState
from reports.models import ScheduledReport, ScheduledRun
from reports.queries.asking import question
from reports.queries.report import REPORTS


def schedules_of(user: User) -> QuerySet[ScheduledReport]:
    """One's own and those of one's people, with `last_state` and `last_due` of the newest run."""
    newest = ScheduledRun.objects.filter(schedule=OuterRef("pk")).order_by("-due_at", "-pk")
    found: QuerySet[ScheduledReport] = (
        ScheduledReport.objects.visible_to(user)
        .select_related("owner")
        .annotate(
            last_state=Subquery(newest.values("state")[:1]), last_due=Subquery(newest.values("due_at")[:1])
        )
    )
    return found


def schedule_line(schedule: Any) -> dict[str, Any]:
    state = getattr(schedule, "last_state", None)
    return {
        "schedule": schedule,
        "report": report_label(schedule),
        "rhythm": rhythm_text(schedule),
        "last": RunState(state).label if state else "",
        "stopped": stopped_text(schedule),
    }


def stopped_text(schedule: ScheduledReport) -> str:
    """Why nothing goes out any more, for who could put it in order; "" while its owner is here."""
    if schedule.owner.is_active:
        return ""
    return _("%(name)s, who set it up, has left.") % {"name": schedule.owner}


def recipient_lines(schedule: ScheduledReport) -> list[tuple[User, str]]:
    """Who gets it, by name, and why somebody among them gets nothing."""
    return [(person, _no_mail(person)) for person in schedule.recipients.order_by("name", "pk")]


def _no_mail(person: User) -> str:
    if not person.is_active:
        return _("has left, gets nothing")
    return "" if person.email else _("no e-mail address, gets nothing")


def report_label(schedule: ScheduledReport) -> str:
    report = REPORTS.get(schedule.report)
    return str(report.label) if report else schedule.report


def rhythm_text(schedule: ScheduledReport) -> str:
    """每周 星期一 08:00"""
    parts = [str(Rhythm(schedule.rhythm).label)]
    if schedule.rhythm == Rhythm.WEEKLY:
        parts.append(str(WEEKDAYS[schedule.weekday - 1]))
    elif schedule.rhythm == Rhythm.MONTHLY:
        parts.append(_("on day %(day)d") % {"day": schedule.month_day})
    return " ".join([*parts, time_format(schedule.at, "H:i")])


def condition_text(schedule: ScheduledReport, user: User, today: dt.date) -> str:
    kind = ConditionKind(schedule.condition)
    if kind == ConditionKind.ALWAYS or schedule.limit is None:
        return str(kind.label)
    names = dict(measure_choices(schedule, user, today))
    return named(
        names.get(schedule.measure, schedule.measure), f"{kind.label} {schedule.limit.normalize():f}"
    )


def measure_choices(schedule: ScheduledReport, user: User, today: dt.date) -> list[tuple[str, str]]:
    """The columns that a condition may be about; none for who may not open the report, or a query that fits no more."""
    report = REPORTS.get(schedule.report)
    if report is None or not report.is_open_to(user):
        return []
    try:
        heads = question(user, report, schedule.query, today).table().heads
    except ValueError:
        return []
    return [(head.code, str(head.label)) for head in heads]


def run_lines(schedule: ScheduledReport, most: int = 50) -> list[dict[str, Any]]:
    """The newest runs with what became of each recipient."""
    runs = list(schedule.runs.all()[:most])
    ids = {int(pk) for run in runs for pk in run.recipients}
    names = dict(User.objects.filter(pk__in=ids).values_list("pk", "name"))
    return [
        {
            "run": run,
            "took": run.finished_at - run.started_at if run.finished_at and run.started_at else None,
            "people": [
                (names.get(int(pk), f"#{pk}"), outcome_text(word)) for pk, word in run.recipients.items()
            ],
        }
        for run in runs
    ]


def outcome_text(word: str) -> str:
    known = {
        "sent": _("mail sent"),
        "skipped": _("condition not met"),
        "denied": _("may not open this report"),
        "gone": _("left, or has no e-mail address"),
        "sending": _("being sent"),
        "unsure": _("sent or not: no answer was heard; not sent again"),
    }
    if word.startswith("again"):
        return _("will be tried again%(why)s") % {"why": word.removeprefix("again")}
    return known.get(word, word)
