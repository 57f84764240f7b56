"""Customer tasks (H1): making and changing them. `set_status` alone moves a status."""

from __future__ import annotations

import datetime as dt
import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day
from common.punctuation import listed, named
from crm.models import Customer
from crm.services import next_numbers
from team.enums import (
    CustomerTaskEventKind,
    CustomerTaskKind,
    CustomerTaskSource,
    CustomerTaskStatus,
    TaskPriority,
)
from team.models import CustomerTask, TaskStep
from team.rules import tasks as rules
from team.services.task_basics import check_assignee, clean_steps, locked, progress_of, record, tell


@dataclass(frozen=True, slots=True)
class TaskTerms:
    """What a task says, whoever's it is. Times are aware; `remind_minutes` before `due_at`."""

    title: str
    kind: str = CustomerTaskKind.SALES
    notes: str = ""
    priority: int = TaskPriority.NORMAL
    starts_at: dt.datetime | None = None
    due_at: dt.datetime | None = None
    remind_minutes: int | None = None


def check_terms(terms: TaskTerms) -> None:
    """Raise ValidationError by field for terms that make no sense."""
    if not terms.title.strip():
        raise ValidationError({"title": _("Say what is to be done.")})
    if terms.starts_at and terms.due_at and terms.due_at < terms.starts_at:
        raise ValidationError({"due_at": _("The task is due before it begins.")})
    if terms.remind_minutes is not None and terms.due_at is None:
        raise ValidationError({"due_at": _("A reminder needs the time until which it is to be done.")})


def draft(terms: TaskTerms) -> CustomerTask:
    """An unsaved task of these terms."""
    return CustomerTask(
        title=terms.title.strip(),
        kind=terms.kind,
        notes=terms.notes,
        priority=terms.priority,
        starts_at=terms.starts_at,
        due_at=terms.due_at,
        remind_minutes=terms.remind_minutes if terms.due_at else None,
        remind_at=rules.remind_at(terms.due_at, terms.remind_minutes),
    )


def numbers(*, count: int, now: dt.datetime) -> list[str]:
    """The next numbers of this business day: CT20261128-0001 …"""
    day = f"CT{business_day(now):%Y%m%d}"
    return [f"{day}-{number:04}" for number in next_numbers(name=day, count=count)]


def create_task(
    *,
    actor: User,
    customer: Customer,
    assignee: User,
    terms: TaskTerms,
    steps: Sequence[str] = (),
    source: CustomerTaskSource = CustomerTaskSource.MANUAL,
    is_complaint: bool = False,
    uuid: uuids.UUID | None = None,
    now: dt.datetime | None = None,
) -> CustomerTask:
    """Make one task for a customer the actor sees, and tell the one who gets it.

    A `uuid` that this actor sent before answers the task it made. Raises ValidationError by field.
    """
    now = now or timezone.now()
    check_terms(terms)
    check_assignee(actor, assignee)
    texts = clean_steps(steps)
    if not Customer.objects.visible_to(actor).filter(pk=customer.pk).exists():
        raise ValidationError({"customer": _("This customer is not among those you see.")})
    task = draft(terms)
    task.uuid, task.customer, task.assignee, task.creator = (
        uuid or uuids.uuid4(),
        customer,
        assignee,
        actor,
    )
    task.source, task.is_complaint, task.created_at = source, is_complaint, now
    try:
        return _create(actor, task, texts, now)
    except IntegrityError as error:
        raise ValidationError(_("This task is being saved already.")) from error


@transaction.atomic
def _create(actor: User, task: CustomerTask, steps: Sequence[str], now: dt.datetime) -> CustomerTask:
    known: CustomerTask | None = CustomerTask.objects.filter(uuid=task.uuid, creator=actor).first()
    if known is not None:
        return known
    [task.number] = numbers(count=1, now=now)
    task.save(force_insert=True)
    TaskStep.objects.bulk_create(
        TaskStep(task=task, position=place, text=text) for place, text in enumerate(steps)
    )
    record(task, CustomerTaskEventKind.CREATED, by=actor, person=task.assignee, at=now)
    _tell_assignee(actor, task, now)
    return task


@transaction.atomic
def update_task(
    *, actor: User, task: CustomerTask, terms: TaskTerms, now: dt.datetime | None = None
) -> CustomerTask:
    """Change what a task says. A new due time is reminded of, and told to the superior, anew."""
    now = now or timezone.now()
    check_terms(terms)
    stored = locked(actor, task)
    new = draft(terms)
    if stored.is_complaint and new.kind != CustomerTaskKind.SERVICE:
        raise ValidationError({"kind": _("A complaint stays a service task.")})
    names = ["title", "kind", "notes", "priority", "starts_at", "due_at", "remind_minutes", "remind_at"]
    changed = [name for name in names if getattr(stored, name) != getattr(new, name)]
    if not changed:
        return stored
    if "remind_at" in changed:
        stored.reminded_at = None
    if "due_at" in changed:
        stored.escalated_at = None
    for name in changed:
        setattr(stored, name, getattr(new, name))
    stored.save(update_fields=[*changed, "reminded_at", "escalated_at", "updated_at"])
    words = listed(CustomerTask._meta.get_field(name).verbose_name for name in changed if name != "remind_at")  # type: ignore[union-attr]  # fmt: skip
    record(stored, CustomerTaskEventKind.CHANGED, by=actor, note=words[:300], at=now)
    return stored


@transaction.atomic
def set_status(
    *,
    actor: User,
    task: CustomerTask,
    status: CustomerTaskStatus,
    outcome: str = "",
    satisfaction: int | None = None,
    now: dt.datetime | None = None,
) -> CustomerTask:
    """Move a task: the one door of its state machine (team.rules.tasks.MOVES).

    `outcome` says what came of it, or why it is cancelled; `satisfaction` (1–5) is kept when it is done. Raises ValidationError for a move that is not there
    (any more), and for a task with open steps that is to be done.
    """
    now = now or timezone.now()
    stored = locked(actor, task)
    old = stored.status
    if not rules.may_move(old, status):
        raise ValidationError(
            _("The task is “%(status)s” by now."),
            params={"status": stored.get_status_display()},
            code="state",
        )
    if status == CustomerTaskStatus.DONE:
        if left := stored.steps.filter(done_at__isnull=True).count():
            raise ValidationError(_("Steps that are still open: %(n)s. Tick or remove them first."), params={"n": left})  # fmt: skip
        stored.done_at, stored.progress, stored.satisfaction = now, 100, satisfaction
    else:
        stored.done_at = stored.satisfaction = None
        if old == CustomerTaskStatus.DONE:
            stored.progress = progress_of(stored, typed=0)
    stored.status, stored.outcome = status, outcome.strip()
    fields = ["status", "done_at", "progress", "satisfaction", "outcome", "updated_at"]
    stored.save(update_fields=fields)
    record(stored, CustomerTaskEventKind.STATUS, by=actor, old=old, new=status, note=outcome[:300], at=now)
    _tell_status(actor, stored, now)
    return stored


def begin(actor: User, task: CustomerTask, now: dt.datetime) -> CustomerTask:
    """The first thing done at a task begins it."""
    if task.status != CustomerTaskStatus.OPEN:
        return task
    return set_status(actor=actor, task=task, status=CustomerTaskStatus.DOING, now=now)


def _tell_assignee(actor: User, task: CustomerTask, now: dt.datetime) -> None:
    if task.assignee_id == actor.pk:
        return

    def title() -> str:
        words = _("New complaint: %(task)s") if task.is_complaint else _("New customer task: %(task)s")
        return words % {"task": task.title}

    tell(task, [(task.assignee, title, f"{task.customer.name} · {actor}")], "new", now)


def _tell_status(actor: User, task: CustomerTask, now: dt.datetime) -> None:
    """Who gave it hears that it is finished, who has it that it is cancelled or taken up again."""

    def title() -> str:
        return named(task.title, task.get_status_display())

    people = {task.creator_id: task.creator, task.assignee_id: task.assignee}
    if task.status == CustomerTaskStatus.DOING and task.done_at is None and actor.pk == task.assignee_id:
        return  # that work begins is no news
    told = [(who, title, task.outcome) for who in people.values() if who.pk != actor.pk]
    tell(task, told, f"s{int(now.timestamp())}", now)
