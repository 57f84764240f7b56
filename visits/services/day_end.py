"""The day's end (D9): what becomes of unserved stops, and the report to the superior."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day
from common.templatetags.paodian import day as day_words
from common.templatetags.paodian import money
from comms.enums import NoticeKind
from comms.services import Notice, mark_key_read, notify, withdraw
from visits import queries
from visits.enums import ReportStatus
from visits.models import DailyReport, Visit, VisitTask
from visits.rules.day_end import AHEAD_DAYS, BACK_DAYS, Figures, freeze
from visits.services.tasks import move_task, skip_task
from visits.signals import daily_report_read, daily_report_sent, daily_report_taken_back


@dataclass(frozen=True, slots=True)
class StopChoice:
    """What becomes of one unserved stop: skipped with a reason, or moved to a day."""

    task: VisitTask
    reason: str = ""
    move_to: dt.date | None = None


def close_stops(*, actor: User, choices: Sequence[StopChoice], now: dt.datetime | None = None) -> int:
    """Skip or move unserved stops, all of them or none; answers how many.

    Raises ValidationError, with the task's id as `params["task"]`, when one cannot be done.
    """
    today = business_day(now or timezone.now())
    with transaction.atomic():
        for choice in choices:
            try:
                if choice.move_to is None:
                    skip_task(actor=actor, task=choice.task, reason=choice.reason)
                    continue
                check_move(day=choice.task.date, move_to=choice.move_to, today=today)
                move_task(actor=actor, task=choice.task, date=choice.move_to)
            except ValidationError as error:
                error.params = {**(error.params or {}), "task": choice.task.pk}
                raise
    return len(choices)


def check_move(*, day: dt.date, move_to: dt.date, today: dt.date) -> None:
    """Raises ValidationError for a day that is over, the same day, or one too far ahead."""
    if move_to <= day or move_to < today:
        raise ValidationError(_("Move it to a day that is still to come."), code="move_to")
    if (move_to - today).days > AHEAD_DAYS:
        raise ValidationError(_("Move it by %(days)s days at most.") % {"days": AHEAD_DAYS}, code="move_to")


def save_remark(*, actor: User, day: dt.date, remark: str, now: dt.datetime | None = None) -> DailyReport:
    """Keep the rep's line of a report that is not sent yet. Raises ValidationError for a wrong day or a sent one."""
    with transaction.atomic():
        report = _draft(actor, day, now or timezone.now())
        text = _clean(remark)
        if not DailyReport.objects.filter(pk=report.pk, status=ReportStatus.DRAFT).update(remark=text):
            raise _already_sent()
    report.remark = text
    return report


def send_report(*, actor: User, day: dt.date, remark: str, now: dt.datetime | None = None) -> DailyReport:
    """Freeze the figures of the actor's day and send them to his superior; without one it is there for his scope.

    Of two sendings at once one is told that it came late. Raises ValidationError while a stop is left without a
    reason, a visit is still on, or for a day that is to come or long gone.
    """
    now = now or timezone.now()
    with transaction.atomic():
        report = _draft(actor, day, now)
        if Visit.objects.open().filter(rep=actor, day=day).exists():
            raise ValidationError(_("You are still in a store. Check out first."), code="open_visit")
        found = queries.rep_day(rep=actor, day=day)
        if found.stops:
            raise ValidationError(
                _("Say for each unserved stop why, or move it to another day."), code="stops"
            )
        values = {
            "status": ReportStatus.SENT,
            "figures": freeze(found.figures),
            "remark": _clean(remark),
            "reader": actor.superior,
            "sent_at": now,
            "read_at": None,
            "updated_at": now,
        }
        if not DailyReport.objects.filter(pk=report.pk, status=ReportStatus.DRAFT).update(**values):
            raise _already_sent()
        report.refresh_from_db()
        _audit(actor, report, ReportStatus.DRAFT, ReportStatus.SENT)
        if report.reader is not None:
            notify([_notice(report, found.figures, report.reader)], now=now)
        daily_report_sent.send(sender=DailyReport, report=report, now=now)
    return report


def unsend_report(*, actor: User, report: DailyReport) -> DailyReport:
    """Take one's own report back, as long as it was not read. Raises ValidationError when it was, or is not sent."""
    key, sent_at = _key(report), report.sent_at
    with transaction.atomic():
        unread = DailyReport.objects.filter(
            pk=report.pk, rep=actor, status=ReportStatus.SENT, read_at__isnull=True
        )
        if not unread.update(status=ReportStatus.DRAFT, sent_at=None, reader=None, figures={}):
            raise ValidationError(_("It was read already and cannot be taken back."), code="read")
        _audit(actor, report, ReportStatus.SENT, ReportStatus.DRAFT)
        withdraw(key=key)
        daily_report_taken_back.send(sender=DailyReport, report=report, sent_at=sent_at)
    report.refresh_from_db()
    return report


def read_report(*, actor: User, report: DailyReport, now: dt.datetime | None = None) -> bool:
    """Mark a report read when it was sent to `actor`; answers whether it was unread."""
    at = now or timezone.now()
    mine = DailyReport.objects.filter(
        pk=report.pk, reader=actor, status=ReportStatus.SENT, read_at__isnull=True
    )
    with transaction.atomic():
        was_unread = bool(mine.update(read_at=at))
        if was_unread:
            mark_key_read(user=actor, key=_key(report), now=now)
            daily_report_read.send(sender=DailyReport, report=report, now=at)
    return was_unread


def _draft(actor: User, day: dt.date, now: dt.datetime) -> DailyReport:
    """The actor's report of that day, made when there is none: the constraint lets one of two at once through."""
    today = business_day(now)
    if day > today:
        raise ValidationError(_("That day is still to come."), code="day")
    if (today - day).days > BACK_DAYS:
        raise ValidationError(
            _("A report can be written for %(days)s days back at most.") % {"days": BACK_DAYS}, code="day"
        )
    return DailyReport.objects.get_or_create(rep=actor, day=day)[0]


def _clean(remark: str) -> str:
    text = " ".join(remark.split())
    most = DailyReport._meta.get_field("remark").max_length or 300
    if len(text) > most:
        raise ValidationError(_("At most %(count)s characters.") % {"count": most}, code="remark")
    return text


def _already_sent() -> ValidationError:
    return ValidationError(_("The report of this day is sent already."), code="sent")


def _key(report: DailyReport) -> str:
    """Names the notice of this sending; sent again after it was taken back, it is another one."""
    at = int(report.sent_at.timestamp() * 1000) if report.sent_at else 0
    return f"daily-report-{report.pk}-{at}"


def _notice(report: DailyReport, figures: Figures, reader: User) -> Notice:
    def title() -> str:
        return _("Daily report of %(rep)s, %(day)s") % {"rep": report.rep, "day": day_words(report.day)}

    def body() -> str:
        words = _("Visits %(done)s of %(planned)s, orders %(orders)s %(amount)s.") % {
            "done": figures.done,
            "planned": figures.planned,
            "orders": figures.orders,
            "amount": money(figures.ordered),
        }
        return f"{words} {report.remark}".strip()

    url = reverse("visits:daily_report", args=[report.pk])
    return Notice(reader.pk, NoticeKind.REPORT, title, body, url, _key(report))


def _audit(actor: User, report: DailyReport, before: str, after: str) -> None:
    LogEntry.objects.log_create(
        report,
        force_log=True,
        action=LogEntry.Action.UPDATE,
        changes={"status": [str(before), str(after)]},
        actor=actor,
    )
