"""Customer tasks (H1): making, changing, handing over, sharing, steps. `set_status` alone moves a status."""

from __future__ import annotations

import datetime as dt
import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day
from comms.enums import NoticeKind
from comms.services import Notice, notify
from crm.models import Customer
from crm.services import next_numbers
from team.enums import (
    CustomerTaskEventKind,
    CustomerTaskKind,
    CustomerTaskSource,
    CustomerTaskStatus,
    TaskPriority,
)
from team.models import CustomerTask, CustomerTaskEvent, TaskShare, TaskStep
from team.queries import tasks as queries
from team.rules import tasks as rules


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
    words = ", ".join(str(CustomerTask._meta.get_field(name).verbose_name) for name in changed if name != "remind_at")  # type: ignore[union-attr]  # fmt: skip
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
            stored.progress = _progress(stored, typed=0)
    stored.status, stored.outcome = status, outcome.strip()
    fields = ["status", "done_at", "progress", "satisfaction", "outcome", "updated_at"]
    stored.save(update_fields=fields)
    record(stored, CustomerTaskEventKind.STATUS, by=actor, old=old, new=status, note=outcome[:300], at=now)
    _tell_status(actor, stored, now)
    return stored


@transaction.atomic
def hand_over(
    *, actor: User, task: CustomerTask, to: User, note: str = "", now: dt.datetime | None = None
) -> CustomerTask:
    """Give a task to somebody else; both the one who had it and the one who gets it are told."""
    now = now or timezone.now()
    check_assignee(actor, to)
    stored = locked(actor, task)
    if not stored.is_live:
        raise ValidationError(_("A finished task is not handed over."), code="state")
    before = stored.assignee
    if before.pk == to.pk:
        raise ValidationError({"assignee": _("%(person)s has it already.") % {"person": to}})
    stored.assignee = to
    stored.save(update_fields=["assignee", "updated_at"])
    TaskShare.objects.filter(task=stored, user=to).delete()
    event = record(stored, CustomerTaskEventKind.HANDED_OVER, by=actor, person=to, note=note, at=now)
    title = _("Customer task handed over to you: %(task)s") % {"task": stored.title}
    lost = _("Your customer task went to %(person)s: %(task)s") % {"person": to, "task": stored.title}
    told = [(to, title), (before, lost)]
    _tell(stored, [(who, text, note) for who, text in told if who.pk != actor.pk], f"e{event.pk}", now)
    return stored


# --- sharing
@transaction.atomic
def share_task(
    *, actor: User, task: CustomerTask, user: User, can_write: bool, now: dt.datetime | None = None
) -> TaskShare:
    """Let a colleague see the task, or work on it; sharing again replaces the right."""
    now = now or timezone.now()
    stored = locked(actor, task)
    if not user.is_active:
        raise ValidationError({"user": _("%(person)s is no longer active.") % {"person": user}})
    if user.pk in (stored.assignee_id, stored.creator_id):
        raise ValidationError({"user": _("%(person)s has this task in any case.") % {"person": user}})
    share, _made = TaskShare.objects.update_or_create(
        task=stored, user=user, defaults={"can_write": can_write, "created_by": actor}
    )
    right = "write" if can_write else "read"
    event = record(stored, CustomerTaskEventKind.SHARED, by=actor, person=user, new=right, at=now)
    title = _("%(person)s shares a customer task with you: %(task)s") % {
        "person": actor,
        "task": stored.title,
    }
    _tell(stored, [(user, title, "")] if user.pk != actor.pk else [], f"e{event.pk}", now)
    return share


@transaction.atomic
def revoke_share(*, actor: User, share: TaskShare, now: dt.datetime | None = None) -> None:
    """Stop showing the task; it is no error when somebody else was faster."""
    stored = locked(actor, share.task)
    if TaskShare.objects.filter(pk=share.pk).delete()[0]:
        record(stored, CustomerTaskEventKind.UNSHARED, by=actor, person=share.user, at=now or timezone.now())


# --- steps and progress
def clean_steps(texts: Sequence[str]) -> list[str]:
    """Steps as they are kept. Raises ValidationError for too many, or one that is too long."""
    steps = [text.strip() for text in texts if text.strip()]
    if len(steps) > rules.MAX_STEPS:
        raise ValidationError({"steps": _("At most %(n)s steps.") % {"n": rules.MAX_STEPS}})
    if any(len(text) > rules.MAX_STEP_TEXT for text in steps):
        raise ValidationError(
            {"steps": _("A step has at most %(n)s characters.") % {"n": rules.MAX_STEP_TEXT}}
        )
    return steps


@transaction.atomic
def add_steps(*, actor: User, task: CustomerTask, texts: Sequence[str]) -> CustomerTask:
    """Add steps behind those there are."""
    stored = _live(locked(actor, task))
    steps = clean_steps(texts)
    if not steps:
        raise ValidationError({"steps": _("Write at least one step.")})
    if stored.steps.count() + len(steps) > rules.MAX_STEPS:
        raise ValidationError({"steps": _("At most %(n)s steps.") % {"n": rules.MAX_STEPS}})
    last = stored.steps.aggregate(last=Max("position"))["last"]
    start = 0 if last is None else last + 1
    TaskStep.objects.bulk_create(
        TaskStep(task=stored, position=start + place, text=text) for place, text in enumerate(steps)
    )
    return _refresh(stored)


@transaction.atomic
def tick_step(*, actor: User, step: TaskStep, done: bool, now: dt.datetime | None = None) -> CustomerTask:
    """Tick a step, or take the tick away; ticking twice changes nothing. Work on it begins the task."""
    now = now or timezone.now()
    stored = _live(locked(actor, step.task))
    open_or_not = TaskStep.objects.filter(pk=step.pk, done_at__isnull=done)
    open_or_not.update(done_at=now if done else None, done_by=actor if done else None)
    return begin(actor, _refresh(stored), now) if done else _refresh(stored)


@transaction.atomic
def remove_step(*, actor: User, step: TaskStep) -> CustomerTask:
    """Drop a step that is not needed."""
    stored = _live(locked(actor, step.task))
    TaskStep.objects.filter(pk=step.pk).delete()
    return _refresh(stored)


@transaction.atomic
def set_progress(
    *, actor: User, task: CustomerTask, percent: int, now: dt.datetime | None = None
) -> CustomerTask:
    """Type how far a task without steps is."""
    now = now or timezone.now()
    stored = _live(locked(actor, task))
    if stored.steps.exists():
        raise ValidationError(_("The progress of this task follows from its steps."))
    if not 0 <= percent <= 100:
        raise ValidationError(_("Progress is between 0 and 100 percent."))
    CustomerTask.objects.filter(pk=stored.pk).update(progress=percent, updated_at=now)
    stored.progress = percent
    return begin(actor, stored, now) if percent else stored


def begin(actor: User, task: CustomerTask, now: dt.datetime) -> CustomerTask:
    """The first thing done at a task begins it."""
    if task.status != CustomerTaskStatus.OPEN:
        return task
    return set_status(actor=actor, task=task, status=CustomerTaskStatus.DOING, now=now)


def _progress(task: CustomerTask, typed: int) -> int:
    ticks = list(task.steps.values_list("done_at", flat=True))
    return rules.step_progress(sum(at is not None for at in ticks), len(ticks)) if ticks else typed


def _refresh(task: CustomerTask) -> CustomerTask:
    task.progress = _progress(task, typed=0)
    task.save(update_fields=["progress", "updated_at"])
    return task


# --- what all of them need
def check_assignee(actor: User, assignee: User) -> None:
    """Raise ValidationError where the actor may not give this person a task."""
    if not queries.assignable_people(actor).filter(pk=assignee.pk).exists():
        raise ValidationError({"assignee": _("You may not give %(person)s a task.") % {"person": assignee}})


def locked(actor: User, task: CustomerTask) -> CustomerTask:
    """The task as it is stored, locked; ValidationError when the actor may not change it."""
    rows = CustomerTask.objects.editable_by(actor).select_for_update(of=("self",))
    stored: CustomerTask | None = rows.select_related("assignee", "creator").filter(pk=task.pk).first()
    if stored is None:
        raise ValidationError(_("You may only read this task."), code="reader")
    return stored


def _live(task: CustomerTask) -> CustomerTask:
    if not task.is_live:
        raise ValidationError(_("The task is finished; take it up again first."), code="state")
    return task


def record(
    task: CustomerTask,
    kind: CustomerTaskEventKind,
    *,
    by: User | None,
    at: dt.datetime,
    person: User | None = None,
    old: str = "",
    new: str = "",
    note: str = "",
) -> CustomerTaskEvent:
    """Add a line to the task's history."""
    return CustomerTaskEvent.objects.create(
        task=task, kind=kind, by=by, person=person, old=old, new=new, note=note, at=at
    )


def _tell_assignee(actor: User, task: CustomerTask, now: dt.datetime) -> None:
    if task.assignee_id == actor.pk:
        return
    words = _("New complaint: %(task)s") if task.is_complaint else _("New customer task: %(task)s")
    body = f"{task.customer.name} · {actor}"
    _tell(task, [(task.assignee, words % {"task": task.title}, body)], "new", now)


def _tell_status(actor: User, task: CustomerTask, now: dt.datetime) -> None:
    """Who gave it hears that it is finished, who has it that it is cancelled or taken up again."""
    title = f"{task.title}: {task.get_status_display()}"
    people = {task.creator_id: task.creator, task.assignee_id: task.assignee}
    if task.status == CustomerTaskStatus.DOING and task.done_at is None and actor.pk == task.assignee_id:
        return  # that work begins is no news
    told = [(who, title, task.outcome) for who in people.values() if who.pk != actor.pk]
    _tell(task, told, f"s{int(now.timestamp())}", now)


def _tell(task: CustomerTask, told: Sequence[tuple[User, str, str]], key: str, now: dt.datetime) -> None:
    notify(
        [
            Notice(
                who.pk,
                NoticeKind.TASK,
                title,
                body=body,
                url=task.get_absolute_url(),
                key=f"task-{task.pk}-{key}",
            )
            for who, title, body in told
            if who.is_active
        ],
        now=now,
    )
