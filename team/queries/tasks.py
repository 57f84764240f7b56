"""Reads for the screens of customer tasks (H1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    When,
)
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.querysets import scope_q
from common.punctuation import named
from common.templatetags.paodian import day as day_words
from crm.enums import DictionaryKind
from crm.models import Customer, Dictionary
from team.enums import (
    CustomerTaskEventKind,
    CustomerTaskStatus,
)
from team.models import (
    CustomerTask,
    CustomerTaskEvent,
    TaskContact,
    TaskContactFile,
    TaskShare,
    TaskStep,
)
from team.querysets.tasks import LIVE, CustomerTaskQuerySet, live_share_q

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
    rows = rows.annotate(
        no_due=Case(When(due_at__isnull=True, then=True), default=False, output_field=BooleanField()),
    )
    return rows


def people_of(user: User) -> QuerySet[User]:
    """Whose tasks `user` may filter by."""
    people: QuerySet[User] = User.objects.visible_to(user).active().order_by("name", "pk")
    return people


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
    rows = rows.annotate(may_change=Exists(mine), sees_customer=Exists(customers))
    return rows


def detail_rows(user: User) -> CustomerTaskQuerySet:
    """Tasks `user` sees, with what their page reads."""
    rows = with_rights(CustomerTask.objects.visible_to(user), user)
    contacts = TaskContact.objects.select_related("author", "contact", "method").prefetch_related(
        "materials", "files"
    )
    return rows.select_related("customer__owner", "assignee", "creator").prefetch_related(
        Prefetch("steps", TaskStep.objects.select_related("done_by")),
        Prefetch("shares", TaskShare.objects.filter(live_share_q()).select_related("user")),
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
        return named(label, f"{person} · {_terms_words(event.new)}")
    return named(label, person) if person else label


def _terms_words(terms: str) -> str:
    """ "write 2026-11-30" in words, as services.task_people notes it."""
    right, _space, last_day = terms.partition(" ")
    words = _("may change it") if right == "write" else _("may read it")
    return (
        f"{words} · {_('until %(time)s') % {'time': day_words(dt.date.fromisoformat(last_day))}}"
        if last_day
        else words
    )


# --- what waits
