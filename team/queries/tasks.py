"""Reads for the screens of customer tasks (H1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.querysets import scope_q
from crm.enums import DictionaryKind, TimelineKind
from crm.models import Customer, Dictionary
from crm.queries.timeline import page_rows
from crm.rules.timeline import TimelineEvent, Wish
from team.enums import (
    CustomerTaskEventKind,
    CustomerTaskKind,
    CustomerTaskStatus,
    TaskContactResult,
)
from team.models import (
    CustomerTask,
    CustomerTaskEvent,
    TaskContact,
    TaskContactFile,
    TaskShare,
    TaskStep,
)
from team.querysets.tasks import LIVE, CustomerTaskQuerySet

TABS = ("mine", "given", "shared", "team")
PANEL_SIZE = 8


# --- who may
def may_change(user: User, task: CustomerTask) -> bool:
    """Whether `user` may work on a task that he sees."""
    return (
        user.has_perm("team.change_customertask")
        and CustomerTask.objects.editable_by(user).filter(pk=task.pk).exists()
    )


def assignable_people(user: User) -> QuerySet[User]:
    """Active people whom `user` may give a task: himself and those in his scope, his department, his superior, service.

    A task is no customer: a rep asks a colleague or the service to do something, and he sees the task alone.
    """
    near = Q(pk=user.pk) | Q(pk=user.superior_id or 0) | Q(role__code="service") | scope_q(user, "pk")
    if user.department_id:
        near |= Q(department=user.department_id)
    people: QuerySet[User] = User.objects.active().filter(near).order_by("name", "pk")
    return people


def colleagues(user: User, task: CustomerTask) -> QuerySet[User]:
    """Whom a task may be shared with: any active person but those who have it in any case."""
    people: QuerySet[User] = User.objects.active().exclude(
        pk__in={user.pk, task.assignee_id, task.creator_id}
    )
    return people.order_by("name", "pk")


# --- lists
def tab_rows(user: User, tab: str) -> CustomerTaskQuerySet:
    """The tasks of one tab of the list; "all" is everything `user` sees."""
    rows: CustomerTaskQuerySet = CustomerTask.objects.visible_to(user)
    if tab == "given":
        return rows.given_by(user)
    if tab == "shared":
        return rows.shared_with(user)
    if tab == "team":
        return rows.of_team(user)
    return rows.filter(assignee=user) if tab == "mine" else rows


def list_rows(user: User, tab: str) -> CustomerTaskQuerySet:
    """The rows of the list with what its cells read."""
    rows: CustomerTaskQuerySet = tab_rows(user, tab).select_related("customer", "assignee", "creator")
    # Without a due time last, on every database alike.
    return rows.annotate(
        no_due=Case(When(due_at__isnull=True, then=True), default=False, output_field=BooleanField()),
    )


def people_of(user: User) -> QuerySet[User]:
    """Whose tasks `user` may filter by."""
    return User.objects.visible_to(user).active().order_by("name", "pk")


def customer_panel(user: User, customer: Customer, now: dt.datetime) -> dict[str, Any]:
    """What the tab of a customer's page shows: the tasks of his, those not finished first, and how many are late."""
    rows = CustomerTask.objects.visible_to(user).filter(customer=customer)
    live_first = Case(When(status__in=LIVE, then=0), default=1)
    tasks = list(
        rows.select_related("assignee")
        .annotate(
            is_over=live_first,
            no_due=Case(When(due_at__isnull=True, then=True), default=False, output_field=BooleanField()),
        )
        .order_by("is_over", "no_due", "due_at", "-created_at")[: PANEL_SIZE + 1]
    )
    return {
        "tasks": tasks[:PANEL_SIZE],
        "more": len(tasks) > PANEL_SIZE,
        "late": {task.pk for task in tasks if task.is_late(now)},
    }


# --- one task
def with_rights(rows: CustomerTaskQuerySet, user: User) -> CustomerTaskQuerySet:
    """`may_change`: whether `user` may work on the task, his permission aside; `sees_customer`: the customer, too."""
    mine = CustomerTask.objects.editable_by(user).filter(pk=OuterRef("pk"))
    customers = Customer.objects.visible_to(user).filter(pk=OuterRef("customer_id"))
    return rows.annotate(may_change=Exists(mine), sees_customer=Exists(customers))


def detail_rows(user: User) -> CustomerTaskQuerySet:
    """Tasks `user` sees, with what their page reads."""
    rows = with_rights(CustomerTask.objects.visible_to(user), user)
    contacts = TaskContact.objects.select_related("author", "contact", "method").prefetch_related(
        "materials", "files"
    )
    return rows.select_related("customer__owner", "assignee", "creator").prefetch_related(
        Prefetch("steps", TaskStep.objects.select_related("done_by")),
        Prefetch("shares", TaskShare.objects.select_related("user")),
        Prefetch("contacts", contacts),
        "customer__phones",
    )


def visible_files(user: User) -> QuerySet[TaskContactFile]:
    """Attachments of the tasks `user` sees."""
    return TaskContactFile.objects.filter(
        contact__task__in=CustomerTask.objects.visible_to(user).values("pk")
    )


def log_choices() -> dict[str, list[tuple[int, str]]]:
    """{"follow_method" | "material": [(id, name)]} of what is in use, in one statement."""
    kinds = [DictionaryKind.FOLLOW_METHOD, DictionaryKind.MATERIAL]
    choices: dict[str, list[tuple[int, str]]] = {kind.value: [] for kind in kinds}
    rows = Dictionary.objects.filter(kind__in=kinds, is_active=True).order_by("position", "name")
    for kind, pk, name in rows.values_list("kind", "pk", "name"):
        choices[kind].append((pk, name))
    return choices


@dataclass(frozen=True, slots=True)
class EventLine:
    """One line of a task's history in words."""

    at: dt.datetime
    who: str
    text: str
    note: str


def event_lines(events: Iterable[CustomerTaskEvent]) -> list[EventLine]:
    """The history in the reader's language, as it is stored: newest first."""
    return [
        EventLine(event.at, str(event.by) if event.by else _("System"), _event_words(event), event.note)
        for event in events
    ]


def _event_words(event: CustomerTaskEvent) -> str:
    label = event.get_kind_display()
    person = str(event.person) if event.person else ""
    if event.kind == CustomerTaskEventKind.STATUS:
        return f"{CustomerTaskStatus(event.old).label} → {CustomerTaskStatus(event.new).label}"
    if event.kind in (CustomerTaskEventKind.CREATED, CustomerTaskEventKind.HANDED_OVER):
        return f"{label} → {person}" if person else label
    if event.kind == CustomerTaskEventKind.SHARED:
        right = _("may change it") if event.new == "write" else _("may read it")
        return f"{label}: {person}, {right}"
    return f"{label}: {person}" if person else label


# --- what waits
def due_counts(user: User, until: dt.datetime, now: dt.datetime) -> tuple[int, int]:
    """(due before `until`, of these overdue) of the user's own tasks, in one statement."""
    mine = CustomerTask.objects.live().filter(assignee=user, due_at__lt=until)
    found = mine.aggregate(all=Count("pk"), late=Count("pk", filter=Q(due_at__lt=now)))
    return found["all"], found["late"]


# --- the customer's timeline
def timeline_events(customer: Customer, user: User, wish: Wish) -> list[TimelineEvent]:
    """Tasks of the customer as they were made and the contacts inside them, in one statement."""
    if not wish.wants(TimelineKind.TASK) or not user.has_perm("team.view_customertask"):
        return []
    tasks = CustomerTask.objects.visible_to(user).filter(customer=customer)
    contacts = TaskContact.objects.filter(task__in=tasks.order_by().values("pk"))
    if wish.person_id is not None:
        tasks, contacts = tasks.filter(creator=wish.person_id), contacts.filter(author=wish.person_id)
    made = _part(page_rows(tasks, "created_at", wish), "task", when="created_at", task="pk", name="title",
                 code="kind", who="creator_id", who_name="creator__name", said="outcome")  # fmt: skip
    talks = _part(page_rows(contacts, "at", wish), "contact", when="at", task="task_id", name="task__title",
                  code="result", who="author_id", who_name="author__name", said="text")  # fmt: skip
    return [_timeline_event(row) for row in made.union(talks, all=True)]


_PARTS = ("sort", "row", "when", "task_key", "name", "code", "who", "who_name", "said")


def _part(rows: QuerySet[Any], sort: str, *, task: str, **columns: str) -> QuerySet[Any]:
    named = {name: F(path) for name, path in columns.items()}
    part: QuerySet[Any] = (
        rows.order_by()
        .annotate(sort=Value(sort, TextField()), row=F("pk"), task_key=F(task), **named)
        .values_list(*_PARTS, named=True)
    )
    return part


def _timeline_event(row: Any) -> TimelineEvent:
    if row.sort == "task":
        title = _("Customer task: %(title)s") % {"title": row.name}
        text = " · ".join(part for part in (str(CustomerTaskKind(row.code).label), row.said) if part)
    else:
        title = " · ".join((row.name, str(TaskContactResult(row.code).label)))
        text = row.said
    return TimelineEvent(
        at=row.when,
        ref=f"customer-{row.sort}-{row.row}",
        kind=TimelineKind.TASK,
        title=title,
        text=text,
        url=f"/customer-tasks/{row.task_key}/",
        person=row.who_name,
        person_id=row.who,
    )
