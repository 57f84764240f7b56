"""Reads of work reports (H3) for their screens, the to-do list and the reminders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, cast

from django.db.models import BooleanField, Case, Count, OuterRef, Prefetch, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.enums import RoleCode
from accounts.models import User
from common.business_calendar import business_day, is_working_day
from common.counts import counts
from comms.rules.todos import Todo
from team.enums import WorkReportKind, WorkReportStatus
from team.models import WorkReport, WorkReportComment, WorkReportCopy, WorkReportFile, WorkReportTemplate
from team.rules.reports import Section, asked_first, due_on, last_day, read_sections

BOXES = ("received", "copied", "mine", "team", "unread")


def role_code(user: User) -> str:
    return str(user.role.code) if user.role is not None else ""


def closes_day_on_phone(user: User) -> bool:
    """Whether his day is told by the day's end, so that he writes no other report of it."""
    return role_code(user) == RoleCode.REP and user.has_perm("visits.add_dailyreport")


# --- templates
def template_sections(*, user: User, kind: str) -> list[Section]:
    """What this person writes in a report of this kind: his role's template, else that of everybody."""
    rows = WorkReportTemplate.objects.filter(kind=kind, role__in=(role_code(user), ""))
    found = rows.order_by("-role").values_list("sections", flat=True).first()
    return read_sections(found or [])


def templates() -> dict[tuple[str, str], WorkReportTemplate]:
    """All templates by role and kind."""
    return {(row.role, row.kind): row for row in WorkReportTemplate.objects.all()}


def due_roles(kind: str, rows: Iterable[WorkReportTemplate] | None = None) -> set[str]:
    """Roles whose people must send a report of this kind."""
    found = {row.role: row.is_due for row in rows or WorkReportTemplate.objects.all() if row.kind == kind}
    general = found.get("", False)
    return {code for code in RoleCode.values if found.get(code, general)}


# --- lists
def in_box(*, user: User, box: str) -> QuerySet[WorkReport]:
    """Reports of one tab, each with `unread` for this person and its number of comments."""
    return with_marks(_boxes(user)[box], user)


def wanted_box(user: User, typed: str) -> str:
    """The tab that an address asks for; without one, what was sent to a leader, and else one's own."""
    if typed in BOXES:
        return typed
    return "received" if user.has_perm("team.read_team_workreport") else "mine"


def _boxes(user: User) -> dict[str, QuerySet[WorkReport]]:
    rows = WorkReport.objects.order_by()
    return {
        "received": rows.received_by(user),
        "copied": rows.copied_to(user),
        "team": rows.of_team(user),
        "mine": rows.filter(person=user),
        "unread": rows.unread_by(user),
    }


def with_marks(rows: QuerySet[WorkReport], user: User) -> QuerySet[WorkReport]:
    comments = WorkReportComment.objects.filter(report=OuterRef("pk")).order_by().values("report")
    unread = Case(
        When(WorkReport.objects.is_unread(user), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )
    marked = rows.annotate(
        unread=unread,
        comment_count=Coalesce(Subquery(comments.annotate(n=Count("pk")).values("n")), 0),
    )
    return cast("QuerySet[WorkReport]", marked.select_related("person", "person__department", "reviewer"))


def unread_counts(*, user: User) -> dict[str, int]:
    """Unread reports by tab, one statement."""
    received = WorkReport.objects.filter(status=WorkReportStatus.SENT, reviewer=user)
    copied = WorkReportCopy.objects.filter(person=user, read_at__isnull=True)
    copied = copied.exclude(report__status=WorkReportStatus.DRAFT)
    return counts([("received", received), ("copied", copied)])


# --- one report
def shown(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With all that its page shows: three statements more."""
    return rows.select_related(
        "person", "person__department", "person__role", "reviewer", "daily_report"
    ).prefetch_related(
        Prefetch("copies", WorkReportCopy.objects.select_related("person")),
        Prefetch("comments", WorkReportComment.objects.select_related("author")),
        "files",
    )


def neighbours(*, report: WorkReport, user: User, most: int = 6) -> list[WorkReport]:
    """The person's latest reports of the same kind that this user may open."""
    rows = WorkReport.objects.visible_to(user).sent()
    return list(rows.filter(person=report.person_id, kind=report.kind).order_by("-first")[:most])


def own_report(*, user: User, kind: str, first: dt.date) -> WorkReport | None:
    rows = WorkReport.objects.filter(person=user, kind=kind, first=first)
    found: WorkReport | None = rows.prefetch_related("copies", "files").first()
    return found


def last_copied(*, user: User, kind: str, before: dt.date) -> list[int]:
    """Whom his last report of this kind was copied to: the usual choice for the next."""
    earlier = WorkReport.objects.filter(person=user, kind=kind, first__lt=before)
    latest = earlier.order_by("-first").values("pk")[:1]
    rows = WorkReportCopy.objects.filter(report__in=latest, person__is_active=True)
    return list(rows.values_list("person_id", flat=True))


def visible_files(user: User) -> QuerySet[WorkReportFile]:
    return WorkReportFile.objects.filter(report__in=WorkReport.objects.visible_to(user).values("pk"))


def people_choices(user: User) -> list[tuple[int, str]]:
    """Everybody else who works here, with his department: a report may go to anybody, as a message may."""
    rows = User.objects.active().exclude(pk=user.pk)
    found = rows.order_by("department__position", "department", "name", "pk")
    return [
        (pk, f"{name} · {department}" if department else name)
        for pk, name, department in found.values_list("pk", "name", "department__name")
    ]


def writers(*, user: User, box: str) -> QuerySet[User]:
    """Whose reports a tab may hold, whoever left included: those in scope, or who sent him one."""
    people = User.objects.order_by("name", "pk")
    if box == "team":
        return cast("QuerySet[User]", people.visible_to(user))
    return cast("QuerySet[User]", people.filter(pk__in=_boxes(user)[box].values("person")))


# --- to-do
def waiting_rows(user: User, asked: dict[str, dt.date]) -> list[tuple[str, QuerySet[Any]]]:
    """Unread reports under "received" and "copied", and what `owes` reads.

    `asked` are the first days of the periods whose own report is asked for, by kind.
    """
    received = WorkReport.objects.filter(status=WorkReportStatus.SENT, reviewer=user)
    copied = WorkReportCopy.objects.filter(person=user, read_at__isnull=True)
    copied = copied.exclude(report__status=WorkReportStatus.DRAFT)
    rows: list[tuple[str, QuerySet[Any]]] = [("received", received), ("copied", copied)]
    for kind, first in asked.items():
        own = WorkReportTemplate.objects.filter(kind=kind, role=role_code(user) or "-")
        general = WorkReportTemplate.objects.filter(kind=kind, role="", is_due=True)
        rows += [
            (kind, WorkReport.objects.sent().filter(person=user, kind=kind, first=first)),
            (f"{kind}-own", own),
            (f"{kind}-due", own.filter(is_due=True)),
            (f"{kind}-general", general),
        ]
    return rows


def asked_now(user: User, today: dt.date) -> dict[str, dt.date]:
    """The first days of the periods whose own report the user may owe today, by kind."""
    kinds = [kind for kind in asked_kinds(user) if kind != WorkReportKind.DAY or is_working_day(today)]
    here_since = business_day(user.date_joined)
    asked = {kind: asked_first(kind, today) for kind in kinds}
    return {kind: first for kind, first in asked.items() if last_day(kind, first) >= here_since}


def todo_lines(found: dict[str, int], asked: dict[str, dt.date], today: dt.date) -> list[Todo]:
    """Reports to read, and the user's own that is due: from the last day of its period, late when it should be there."""
    page = reverse("team:work_report_list")
    unread = found.get("received", 0) + found.get("copied", 0)
    lines = [
        Todo("work-reports", _("Work reports to read"), unread, f"{page}?box=unread", "report", order=57)
    ]
    for kind, first in asked.items():
        if owes(found, kind):
            label = _("%(kind)s to send") % {"kind": WorkReportKind(kind).label}
            url = f"{reverse('team:work_report_new')}?{urlencode({'kind': kind, 'date': first.isoformat()})}"
            late = int(kind != WorkReportKind.DAY and today > due_on(kind, first))
            lines.append(Todo(f"work-report-{kind}", label, 1, url, "send", late=late, order=58))
    return lines


def owes(found: dict[str, int], kind: str) -> bool:
    """Whether `waiting` says that the person's role must send this kind and he has not."""
    must = found.get(f"{kind}-due", 0) if found.get(f"{kind}-own") else found.get(f"{kind}-general", 0)
    return bool(must) and not found.get(kind)


def asked_kinds(user: User) -> list[str]:
    """Kinds whose report he writes himself, if he must."""
    day_too = not closes_day_on_phone(user)
    return [kind for kind in WorkReportKind.values if day_too or kind != WorkReportKind.DAY]
