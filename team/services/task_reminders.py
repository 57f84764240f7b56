"""Reminding of customer tasks, and telling the superior of what is long overdue (H1): each once.

A task is claimed by a conditional UPDATE in the transaction that writes the notice; the notice's key says the same a
second time. The notice stands in the unread centre at once; what goes out over channels waits for the end of the
person's quiet hours (comms.services.outbox), so nothing here looks at the clock on his wall.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import SystemOptions
from common.templatetags.paodian import moment
from comms.enums import NoticeKind
from comms.services import Notice, notify
from team.enums import CustomerTaskEventKind
from team.models import CustomerTask, CustomerTaskEvent
from team.rules.tasks import CATCH_UP

_CHUNK = 500


def remind_of_tasks(*, now: dt.datetime | None = None) -> int:
    """Tell everybody whose unfinished task has reached its reminder; returns how many were told."""
    now = now or timezone.now()
    due = CustomerTask.objects.live().filter(
        remind_at__lte=now, remind_at__gt=now - CATCH_UP, reminded_at__isnull=True, assignee__is_active=True
    )
    return _in_chunks(lambda: _remind(due, now))


def escalate_tasks(*, now: dt.datetime | None = None) -> int:
    """Tell the superiors of tasks that are overdue for the hours of the company's option; returns how many.

    A task whose person has no superior waits until he has one, within the week for which late news is told.
    """
    now = now or timezone.now()
    hours = SystemOptions.load().task_escalation_hours
    if hours is None:
        return 0
    border = now - dt.timedelta(hours=hours)
    late = CustomerTask.objects.live().filter(
        due_at__lte=border,
        due_at__gt=border - CATCH_UP,
        escalated_at__isnull=True,
        assignee__superior__is_active=True,
    )
    return _in_chunks(lambda: _escalate(late, now))


def _in_chunks(step: Callable[[], int]) -> int:
    total = 0
    while done := step():
        total += done
    return total


@transaction.atomic
def _remind(due: QuerySet[CustomerTask], now: dt.datetime) -> int:
    tasks = _claim(due, "reminded_at", now)
    notify([_reminder(task) for task in tasks], now=now)
    return len(tasks)


@transaction.atomic
def _escalate(late: QuerySet[CustomerTask], now: dt.datetime) -> int:
    tasks = _claim(late, "escalated_at", now)
    notify([_escalation(task) for task in tasks], now=now)
    CustomerTaskEvent.objects.bulk_create(
        CustomerTaskEvent(
            task=task, kind=CustomerTaskEventKind.ESCALATED, person_id=task.assignee.superior_id, at=now
        )
        for task in tasks
    )
    return len(tasks)


def _claim(rows: QuerySet[CustomerTask], mark: str, now: dt.datetime) -> Sequence[CustomerTask]:
    """At most a chunk of these tasks, marked by this run alone.

    Two runs at once: on PostgreSQL the rows are locked, and what another run holds is left to it; on SQLite a
    transaction that writes has the database to itself (transaction_mode IMMEDIATE).
    """
    skip = connection.features.has_select_for_update_skip_locked
    wanted = rows.select_for_update(of=("self",), skip_locked=skip).select_related(
        "customer", "assignee__superior"
    )
    tasks = list(wanted.order_by("pk")[:_CHUNK])
    free = CustomerTask.objects.filter(pk__in=[task.pk for task in tasks], **{f"{mark}__isnull": True})
    claimed = free.update(**{mark: now})
    if claimed != len(tasks):
        raise RuntimeError(f"{claimed} of {len(tasks)} locked customer tasks could be claimed")
    return tasks


def _reminder(task: CustomerTask) -> Notice:
    assert task.remind_at is not None

    def title() -> str:
        return _("Customer task due %(time)s: %(task)s") % {"time": moment(task.due_at), "task": task.title}

    return Notice(
        recipient_id=task.assignee_id,
        kind=NoticeKind.TASK,
        title=title,
        body=task.customer.name,
        url=task.get_absolute_url(),
        key=f"task-{task.pk}-remind-{int(task.remind_at.timestamp())}",
    )


def _escalation(task: CustomerTask) -> Notice:
    superior = task.assignee.superior
    assert superior is not None
    assert task.due_at is not None

    def title() -> str:
        values = {"person": task.assignee, "task": task.title}
        return _("Overdue customer task of %(person)s: %(task)s") % values

    def body() -> str:
        return _("%(customer)s, due %(time)s") % {"customer": task.customer.name, "time": moment(task.due_at)}

    return Notice(
        recipient_id=superior.pk,
        kind=NoticeKind.TASK,
        title=title,
        body=body,
        url=task.get_absolute_url(),
        key=f"task-{task.pk}-late-{int(task.due_at.timestamp())}",
    )
