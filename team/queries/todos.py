"""What of team work waits for a person (H5): all families in one statement."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import day_bounds
from common.counts import counts
from comms.rules.todos import Todo
from team.models import CustomerTask, Document, Instruction
from team.queries import reports
from team.queries.schedule import waiting_invitations


def todos(user: User, today: dt.date, now: dt.datetime) -> list[Todo]:
    """Customer tasks due by the end of the day, reports to read or to send, instructions and invitations to answer,
    documents to confirm."""
    rows: list[tuple[str, QuerySet[Any]]] = []
    asked: dict[str, dt.date] = {}
    if user.has_perm("team.view_customertask"):
        due = CustomerTask.objects.live().filter(assignee=user, due_at__lt=day_bounds(today)[1])
        rows += [("task", due), ("task-late", due.filter(due_at__lt=now))]
    if sees_reports := user.has_perm("team.view_workreport"):
        asked = reports.asked_now(user, today)
        rows += reports.waiting_rows(user, asked)
    if user.has_perm("team.view_instruction"):
        rows.append(("instruction", Instruction.objects.unanswered().filter(person=user)))
    if user.has_perm("team.view_scheduleentry"):
        rows.append(("invitation", waiting_invitations(user, now)))
    if user.has_perm("team.view_document"):
        rows.append(("document", Document.objects.waiting_for(user, today)))
    found = counts(rows)
    lines = reports.todo_lines(found, asked, today) if sees_reports else []
    return [*lines, *_lines(found)]


def _lines(found: dict[str, int]) -> list[Todo]:
    n = found.get
    return [
        Todo(
            "customer_tasks",
            _("Customer tasks due"),
            n("task", 0),
            reverse("team:customer_task_list"),
            "clipboard-check",
            late=n("task-late", 0),
            order=22,
        ),
        Todo(
            "instructions",
            _("Instructions to answer"),
            n("instruction", 0),
            f"{reverse('team:instruction_list')}?box=in&state=unanswered",
            "message-exclamation",
            order=59,
        ),
        Todo(
            "schedule",
            _("Invitations to answer"),
            n("invitation", 0),
            f"{reverse('team:schedule_invitations')}?answer=waiting",
            "calendar-question",
            order=61,
        ),
        Todo(
            "documents",
            _("Documents to read and confirm"),
            n("document", 0),
            f"{reverse('team:document_list')}?state=to_confirm",
            "books",
            order=62,
        ),
    ]
