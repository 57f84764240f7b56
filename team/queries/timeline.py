"""What team work adds to a customer's timeline (B7): tasks, the contacts inside them, instructions; one statement."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q, QuerySet, TextField, Value
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from crm.enums import TimelineKind
from crm.models import Customer
from crm.queries.timeline import page_rows
from crm.rules.timeline import TimelineEvent, Wish
from team.enums import CustomerTaskKind, TaskContactResult
from team.models import CustomerTask, Instruction, TaskContact

_PARTS = ("sort", "row", "when", "page", "name", "code", "who", "who_name", "said")


def timeline_events(customer: Customer, user: User, wish: Wish) -> list[TimelineEvent]:
    """What of it `user` may see, as `page_rows` cuts it."""
    parts: list[QuerySet[Any]] = []
    if wish.wants(TimelineKind.TASK) and user.has_perm("team.view_customertask"):
        parts += _tasks(customer, user, wish)
    if wish.wants(TimelineKind.INSTRUCTION) and user.has_perm("team.view_instruction"):
        parts.append(_instructions(customer, user, wish))
    if not parts:
        return []
    return [_EVENTS[row.sort](row) for row in parts[0].union(*parts[1:], all=True)]


def _tasks(customer: Customer, user: User, wish: Wish) -> list[QuerySet[Any]]:
    tasks = CustomerTask.objects.visible_to(user).filter(customer=customer)
    contacts = TaskContact.objects.filter(task__in=tasks.order_by().values("pk"))
    if wish.person_id is not None:
        tasks, contacts = tasks.filter(creator=wish.person_id), contacts.filter(author=wish.person_id)
    return [
        _part(page_rows(tasks, "created_at", wish), "task", when="created_at", page="pk", name="title",
              code="kind", who="creator_id", who_name="creator__name", said="outcome"),
        _part(page_rows(contacts, "at", wish), "contact", when="at", page="task_id", name="task__title",
              code="result", who="author_id", who_name="author__name", said="text"),
    ]  # fmt: skip


def _instructions(customer: Customer, user: User, wish: Wish) -> QuerySet[Any]:
    """Those on visits, follow-ups and orders of the customer."""
    about = Q(visit__customer=customer) | Q(order__customer=customer) | Q(follow_up__customer=customer)
    rows = Instruction.objects.filter(pk__in=Instruction.objects.filter(about).values("pk")).visible_to(user)
    if wish.person_id is not None:
        rows = rows.filter(author_id=wish.person_id)
    return _part(page_rows(rows, "created_at", wish), "instruction", when="created_at", page="pk", name="person__name",
                 who="author_id", who_name="author__name", said="text")  # fmt: skip


def _part(rows: QuerySet[Any], sort: str, *, code: str = "", **columns: str) -> QuerySet[Any]:
    named: dict[str, Any] = {name: F(path) for name, path in columns.items()}
    named["code"] = F(code) if code else Value("", TextField())
    part: QuerySet[Any] = (
        rows.order_by()
        .annotate(sort=Value(sort, TextField()), row=F("pk"), **named)
        .values_list(*_PARTS, named=True)
    )
    return part


def _task(row: Any) -> TimelineEvent:
    return _event(
        row,
        TimelineKind.TASK,
        f"customer-task-{row.row}",
        title=_("Customer task: %(title)s") % {"title": row.name},
        text=" · ".join(part for part in (str(CustomerTaskKind(row.code).label), row.said) if part),
        url=reverse("team:customer_task", args=[row.page]),
    )


def _contact(row: Any) -> TimelineEvent:
    return _event(
        row,
        TimelineKind.TASK,
        f"customer-contact-{row.row}",
        title=" · ".join((row.name, str(TaskContactResult(row.code).label))),
        text=row.said,
        url=reverse("team:customer_task", args=[row.page]),
    )


def _instruction(row: Any) -> TimelineEvent:
    return _event(
        row,
        TimelineKind.INSTRUCTION,
        f"instruction-{row.row}",
        title=_("Instruction for %(name)s") % {"name": row.name},
        text=row.said,
        url=reverse("team:instruction", args=[row.page]),
    )


def _event(row: Any, kind: TimelineKind, ref: str, *, title: str, text: str, url: str) -> TimelineEvent:
    return TimelineEvent(
        at=row.when,
        ref=ref,
        kind=kind,
        title=title,
        text=text,
        url=url,
        person=row.who_name,
        person_id=row.who,
    )


_EVENTS = {"task": _task, "contact": _contact, "instruction": _instruction}
