"""The one door for work reports (H3): written, sent, taken back, read, copied, and followed from the day's end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day
from comms.enums import NoticeKind
from comms.services import Notice, mark_url_read, notify, withdraw
from sales.services.agreement_files import PreparedFile
from team.enums import WorkReportKind, WorkReportStatus
from team.models import WorkReport, WorkReportCopy
from team.queries.report_figures import period_figures
from team.queries.reports import closes_day_on_phone, last_copied, template_sections
from team.rules import reports as rules
from team.rules.report_words import period_words
from team.services.report_files import add_files, drop_files, remove_stored
from visits import services as visits_services
from visits.enums import ReportStatus
from visits.models import DailyReport
from visits.rules.day_end import thaw as thaw_day


@dataclass(frozen=True, slots=True)
class Written:
    """What a person typed: texts by the keys of their sections, who reviews it, who gets a copy, files to add and drop."""

    texts: Mapping[str, str]
    reviewer: User | None = None
    copies: Collection[int] = ()
    files: Sequence[PreparedFile] = ()
    dropped: Collection[int] = ()


def save_report(
    *,
    actor: User,
    kind: str,
    first: dt.date,
    written: Written,
    send: bool = False,
    now: dt.datetime | None = None,
) -> WorkReport:
    """Keep the actor's report of a period, or send it: then the figures are frozen and those concerned are told.

    Raises ValidationError, by field where it has one: for a period that has no report, one that is sent already, a
    required section without text, too many copies or files.
    """
    at = now or timezone.now()
    check_period(actor=actor, kind=kind, first=first, today=business_day(at))
    with transaction.atomic():
        report = _locked(actor, kind, first)
        if not report.is_draft:
            raise ValidationError(_("This report is sent already."), code="sent")
        parts = _parts(report, written.texts, actor, required=send)
        if not written.files and not any(part.text for part in parts):
            raise ValidationError(_("There is nothing in it yet."), code="empty")
        report.reviewer = _reviewer(actor, written.reviewer)
        report.texts, report.words = rules.keep_parts(parts), rules.in_one_line(parts)
        report.save(update_fields=["texts", "words", "reviewer", "updated_at"])
        copied = _copied(report, written.copies)
        _set_copies(report, copied)
        drop_files(report=report, keys=written.dropped)
        names = add_files(report=report, files=written.files)
        try:
            if send:
                _send(report, actor, at)
        except Exception:
            remove_stored(names)
            raise
    return report


def check_period(*, actor: User, kind: str, first: dt.date, today: dt.date) -> None:
    """Raises ValidationError for a period that this person cannot write a report of."""
    if kind not in WorkReportKind.values or first != rules.first_day(kind, first):
        raise ValidationError(_("There is no such report."), code="period")
    if kind == WorkReportKind.DAY and closes_day_on_phone(actor):
        raise ValidationError(_("Your day is told by its end: close it there."), code="day_end")
    if first > today:
        raise ValidationError(_("That period is still to come."), code="period")
    if (today - rules.last_day(kind, first)).days > rules.BACK_DAYS:
        raise ValidationError(
            _("A work report can be written for %(days)s days back at most.") % {"days": rules.BACK_DAYS},
            code="period",
        )


def take_back(*, actor: User, report: WorkReport) -> WorkReport:
    """Make one's own sent report a draft again, as long as nobody has read it. Raises ValidationError else.

    A day that came from the day's end is taken back there, and the report follows.
    """
    daily = report.daily_report
    with transaction.atomic():
        if daily is not None and daily.status == ReportStatus.SENT and daily.sent_at == report.sent_at:
            # Before the report's own lock: the day's end is always locked first.
            _check_unread(report)
            visits_services.unsend_report(actor=actor, report=daily)
        else:
            row = WorkReport.objects.select_for_update(of=("self",)).get(pk=report.pk, person=actor)
            _check_unread(row)
            _back_to_draft(row, actor)
    report.refresh_from_db()
    return report


def _check_unread(report: WorkReport) -> None:
    if report.status != WorkReportStatus.SENT or report.copies.filter(read_at__isnull=False).exists():
        raise ValidationError(_("It was read already and cannot be taken back."), code="read")


def discard(*, actor: User, report: WorkReport) -> None:
    """Delete one's own draft with its files. Raises ValidationError for one that was sent."""
    with transaction.atomic():
        row = WorkReport.objects.select_for_update(of=("self",)).get(pk=report.pk, person=actor)
        if not row.is_draft or row.daily_report_id is not None:
            raise ValidationError(_("Only a draft of your own can be deleted."), code="sent")
        names = [str(file.file.name) for file in row.files.all()]
        row.delete()
        transaction.on_commit(lambda: remove_stored(names))


def read_report(*, actor: User, report: WorkReport, now: dt.datetime | None = None) -> bool:
    """Note that this person opened a sent report; answers whether it was new to him as reviewer or by copy."""
    at = now or timezone.now()
    reviews = report.reviewer_id == actor.pk and report.status == WorkReportStatus.SENT
    copies = [copy for copy in report.copies.all() if copy.person_id == actor.pk and copy.read_at is None]
    with transaction.atomic():
        if not reviews and not copies:
            mark_url_read(user=actor, url=report.get_absolute_url(), now=at)
            return False
        if reviews and report.daily_report is not None:
            # Before the report's own lock: the day's end is always locked first.
            visits_services.read_report(actor=actor, report=report.daily_report, now=at)
        row = WorkReport.objects.select_for_update(of=("self",)).get(pk=report.pk)
        # Notices after the report, as whoever takes it back does: the other way round the two wait for each other.
        mark_url_read(user=actor, url=report.get_absolute_url(), now=at)
        if row.status == WorkReportStatus.SENT and row.reviewer_id == actor.pk:
            row.status, row.read_at = WorkReportStatus.READ, at
            row.save(update_fields=["status", "read_at", "updated_at"])
        if copies and not row.is_draft:
            # Opened on two devices at once, the first opening counts.
            first = WorkReportCopy.objects.filter(pk__in=[copy.pk for copy in copies], read_at__isnull=True)
            first.update(read_at=at)
            for copy in copies:
                copy.read_at = at
    report.status, report.read_at = row.status, row.read_at
    return not row.is_draft


def read_all(*, actor: User, now: dt.datetime | None = None) -> int:
    """Mark all reports that were sent or copied to this person read; answers how many."""
    at = now or timezone.now()
    unread = list(
        WorkReport.objects.unread_by(actor).select_related("daily_report").prefetch_related("copies")
    )
    with transaction.atomic():
        for report in unread:
            read_report(actor=actor, report=report, now=at)
    return len(unread)


def add_copies(
    *, actor: User, report: WorkReport, people: Collection[int], now: dt.datetime | None = None
) -> int:
    """Send one's own report to more colleagues; answers how many are new. Raises ValidationError for too many."""
    with transaction.atomic():
        row = WorkReport.objects.select_for_update(of=("self",)).get(pk=report.pk, person=actor)
        if row.is_draft:
            raise ValidationError(_("Send the report first."), code="draft")
        present = set(row.copies.values_list("person_id", flat=True))
        new = [person for person in _copied(row, people) if person not in present]
        if len(present) + len(new) > rules.MAX_COPIES:
            raise _too_many()
        WorkReportCopy.objects.bulk_create(WorkReportCopy(report=row, person_id=pk) for pk in new)
        _tell(row, new, now or timezone.now())
    return len(new)


# --- the day's end
def follow_day_end(*, daily: DailyReport, now: dt.datetime) -> WorkReport:
    """Make the day's report from the day's end that was just sent, or bring it up to date.

    One that its writer had sent by hand before keeps its texts, its reviewer and its times, and takes the figures.
    """
    report = _locked(daily.rep, WorkReportKind.DAY, daily.day)
    report.daily_report, report.figures = daily, rules.freeze(day_figures(daily))
    if not report.is_draft:
        report.save(update_fields=["daily_report", "figures", "updated_at"])
        return report
    report.texts = _with_remark(report, daily)
    report.words = rules.in_one_line(report.parts)
    report.reviewer, report.sent_at, report.status = daily.reader, daily.sent_at, WorkReportStatus.SENT
    report.is_late = business_day(now) > rules.due_on(WorkReportKind.DAY, daily.day)
    report.save()
    _tell(report, report.copies.values_list("person_id", flat=True), now)
    return report


def follow_day_taken_back(*, daily: DailyReport, sent_at: dt.datetime | None) -> None:
    """The report of that day is a draft again, unless its writer had sent it by hand."""
    report = WorkReport.objects.select_for_update(of=("self",)).filter(daily_report=daily).first()
    if report is not None and not report.is_draft and report.sent_at == sent_at:
        _back_to_draft(report, daily.rep)


def follow_day_read(*, daily: DailyReport, now: dt.datetime) -> None:
    """Who read the day's end has read the day's report."""
    rows = WorkReport.objects.filter(
        daily_report=daily, reviewer=daily.reader_id, status=WorkReportStatus.SENT
    )
    rows.update(status=WorkReportStatus.READ, read_at=now)


def day_figures(daily: DailyReport) -> rules.WorkFigures:
    """The figures of a day's end, as far as those of all kinds of reports go."""
    day = thaw_day(daily.figures)
    same = (
        "planned",
        "done",
        "closed",
        "visits",
        "valid",
        "new_customers",
        "follow_ups",
        "orders",
        "ordered",
    )
    more = ("receipts", "received", "returns", "returned", "mileage_m")
    return rules.WorkFigures(**{name: getattr(day, name) for name in (*same, *more)}, ahead=len(day.tomorrow))


def _with_remark(report: WorkReport, daily: DailyReport) -> list[dict[str, str]]:
    """The rep's line is the first section's text; what else was written stays."""
    sections = template_sections(user=daily.rep, kind=WorkReportKind.DAY)
    first = sections[0] if sections else rules.Section("done", _("Day's end"))
    rest = [part for part in report.parts if part.key != first.key]
    return rules.keep_parts([rules.Part(first.key, first.label, daily.remark), *rest])


# --- inside
def _locked(person: User, kind: str, first: dt.date) -> WorkReport:
    """The person's report of the period, made when there is none: the constraint lets one of two at once through."""
    made, is_new = WorkReport.objects.get_or_create(person=person, kind=kind, first=first)
    if is_new:
        if kind == WorkReportKind.DAY and closes_day_on_phone(person):
            _set_copies(made, last_copied(user=person, kind=kind, before=first))
        return made
    return WorkReport.objects.select_for_update(of=("self",)).get(pk=made.pk)


def _parts(report: WorkReport, texts: Mapping[str, str], actor: User, *, required: bool) -> list[rules.Part]:
    """The texts in the order of the sections. Raises ValidationError by `text_<key>` for what is missing or too long."""
    sections = rules.sections_for(template_sections(user=actor, kind=report.kind), report.parts)
    parts, wrong = [], {}
    for section in sections:
        text = rules.clean(texts.get(section.key, ""))
        if len(text) > rules.MAX_TEXT:
            wrong[f"text_{section.key}"] = _("At most %(count)s characters.") % {"count": rules.MAX_TEXT}
        if required and section.required and not text:
            wrong[f"text_{section.key}"] = _("Write something here before you send it.")
        parts.append(rules.Part(section.key, section.label, text))
    if wrong:
        raise ValidationError(wrong)
    return parts


def _reviewer(actor: User, reviewer: User | None) -> User | None:
    if reviewer is not None and (reviewer.pk == actor.pk or not reviewer.is_active):
        raise ValidationError({"reviewer": _("Choose a colleague who works here.")})
    return reviewer


def _copied(report: WorkReport, people: Collection[int]) -> list[int]:
    """Those who work here, without the writer and his reviewer. Raises ValidationError for too many."""
    wanted = User.objects.active().filter(pk__in=set(people) - {report.person_id, report.reviewer_id})
    found = list(wanted.order_by("pk").values_list("pk", flat=True))
    if len(found) > rules.MAX_COPIES:
        raise _too_many()
    return found


def _too_many() -> ValidationError:
    return ValidationError(
        {"copies": _("At most %(count)s people get a copy.") % {"count": rules.MAX_COPIES}}
    )


def _set_copies(report: WorkReport, people: Collection[int]) -> None:
    report.copies.exclude(person__in=people).delete()
    WorkReportCopy.objects.bulk_create(
        [WorkReportCopy(report=report, person_id=pk) for pk in people], ignore_conflicts=True
    )


def _send(report: WorkReport, actor: User, at: dt.datetime) -> None:
    today = business_day(at)
    daily = report.daily_report
    if daily is None or daily.status != ReportStatus.SENT:
        figures = period_figures(user=actor, kind=report.kind, first=report.first, today=today)
        report.figures = rules.freeze(figures)
    report.status, report.sent_at, report.read_at = WorkReportStatus.SENT, at, None
    report.is_late = today > rules.due_on(report.kind, report.first)
    report.save(update_fields=["figures", "status", "sent_at", "read_at", "is_late", "updated_at"])
    _audit(report, actor, WorkReportStatus.DRAFT, WorkReportStatus.SENT)
    copies = list(report.copies.values_list("person_id", flat=True))
    _tell(report, [*([report.reviewer_id] if report.reviewer_id else []), *copies], at)


def _back_to_draft(report: WorkReport, actor: User) -> None:
    key = _key(report)
    report.status, report.sent_at, report.read_at = WorkReportStatus.DRAFT, None, None
    report.is_late, report.figures = False, {}
    report.save()
    report.copies.update(read_at=None)
    withdraw(key=key)
    _audit(report, actor, WorkReportStatus.SENT, WorkReportStatus.DRAFT)


def _key(report: WorkReport) -> str:
    """Names the notices of this sending; sent again after it was taken back, they are others."""
    at = int(report.sent_at.timestamp() * 1000) if report.sent_at else 0
    return f"work-report-{report.pk}-{at}"


def _tell(report: WorkReport, people: Collection[int], at: dt.datetime) -> None:
    """Reviewer and copied hear of it at once."""
    recipients = User.objects.active().filter(pk__in=people)
    notify([_notice(report, person) for person in recipients], now=at)


def _notice(report: WorkReport, person: User) -> Notice:
    def title() -> str:
        is_copy = person.pk != report.reviewer_id
        words = (
            _("Copy to you: %(kind)s of %(person)s, %(period)s")
            if is_copy
            else _("%(kind)s of %(person)s, %(period)s")
        )
        return words % {
            "kind": report.get_kind_display(),
            "person": report.person,
            "period": period_words(report.kind, report.first),
        }

    return Notice(
        recipient_id=person.pk,
        kind=NoticeKind.REPORT,
        title=title,
        body=report.words,
        url=reverse("team:work_report", args=[report.pk]),
        key=_key(report),
    )


def _audit(report: WorkReport, actor: User, before: str, after: str) -> None:
    LogEntry.objects.log_create(
        report,
        force_log=True,
        action=LogEntry.Action.UPDATE,
        changes={"status": [str(before), str(after)]},
        actor=actor,
    )
