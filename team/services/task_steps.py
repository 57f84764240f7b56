"""Steps of a customer task (H1), and how far it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from team.models import CustomerTask, TaskStep
from team.rules import tasks as rules
from team.services.task_basics import clean_steps, live, locked, progress_of
from team.services.tasks import begin


@transaction.atomic
def add_steps(*, actor: User, task: CustomerTask, texts: Sequence[str]) -> CustomerTask:
    """Add steps behind those there are."""
    stored = live(locked(actor, task))
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
    stored = live(locked(actor, step.task))
    open_or_not = TaskStep.objects.filter(pk=step.pk, done_at__isnull=done)
    open_or_not.update(done_at=now if done else None, done_by=actor if done else None)
    return begin(actor, _refresh(stored), now) if done else _refresh(stored)


@transaction.atomic
def remove_step(*, actor: User, step: TaskStep) -> CustomerTask:
    """Drop a step that is not needed."""
    stored = live(locked(actor, step.task))
    TaskStep.objects.filter(pk=step.pk).delete()
    return _refresh(stored)


@transaction.atomic
def set_progress(
    *, actor: User, task: CustomerTask, percent: int, now: dt.datetime | None = None
) -> CustomerTask:
    """Type how far a task without steps is."""
    now = now or timezone.now()
    stored = live(locked(actor, task))
    if stored.steps.exists():
        raise ValidationError(_("The progress of this task follows from its steps."))
    if not 0 <= percent <= 100:
        raise ValidationError(_("Progress is between 0 and 100 percent."))
    CustomerTask.objects.filter(pk=stored.pk).update(progress=percent, updated_at=now)
    stored.progress = percent
    return begin(actor, stored, now) if percent else stored


def _refresh(task: CustomerTask) -> CustomerTask:
    task.progress = progress_of(task, typed=0)
    task.save(update_fields=["progress", "updated_at"])
    return task
