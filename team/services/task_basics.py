"""What every change of a customer task (H1) needs: its locked row, its history, and the words to those concerned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from comms.enums import NoticeKind
from comms.services import Notice, Words, notify
from team.enums import CustomerTaskEventKind
from team.models import CustomerTask, CustomerTaskEvent
from team.queries import tasks as queries
from team.rules import tasks as rules


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


def live(task: CustomerTask) -> CustomerTask:
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


def tell(task: CustomerTask, told: Sequence[tuple[User, Words, str]], key: str, now: dt.datetime) -> None:
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


# --- steps
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


def progress_of(task: CustomerTask, typed: int) -> int:
    ticks = list(task.steps.values_list("done_at", flat=True))
    return rules.step_progress(sum(at is not None for at in ticks), len(ticks)) if ticks else typed
