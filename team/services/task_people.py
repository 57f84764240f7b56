"""Who has a customer task (H1) and who may see it: handing over and sharing."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day
from team.enums import CustomerTaskEventKind
from team.models import CustomerTask, TaskShare
from team.services.task_basics import check_assignee, locked, record, tell


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

    def title() -> str:
        return _("Customer task handed over to you: %(task)s") % {"task": stored.title}

    def lost() -> str:
        return _("Your customer task went to %(person)s: %(task)s") % {"person": to, "task": stored.title}

    told = [(to, title), (before, lost)]
    tell(stored, [(who, text, note) for who, text in told if who.pk != actor.pk], f"e{event.pk}", now)
    return stored


# --- sharing
@transaction.atomic
def share_task(
    *,
    actor: User,
    task: CustomerTask,
    user: User,
    can_write: bool,
    last_day: dt.date | None = None,
    now: dt.datetime | None = None,
) -> TaskShare:
    """Let a colleague see the task, or work on it, up to and on `last_day` (None: until revoked); sharing again
    replaces the terms. Raises ValidationError for a last day in the past."""
    now = now or timezone.now()
    stored = locked(actor, task)
    if last_day is not None and last_day < business_day(now):
        raise ValidationError({"last_day": _("The end of sharing lies in the past.")})
    if not user.is_active:
        raise ValidationError({"user": _("%(person)s is no longer active.") % {"person": user}})
    if user.pk in (stored.assignee_id, stored.creator_id):
        raise ValidationError({"user": _("%(person)s has this task in any case.") % {"person": user}})
    share, _made = TaskShare.objects.update_or_create(
        task=stored, user=user, defaults={"can_write": can_write, "last_day": last_day, "created_by": actor}
    )
    terms = "write" if can_write else "read"
    terms = f"{terms} {last_day.isoformat()}" if last_day else terms
    event = record(stored, CustomerTaskEventKind.SHARED, by=actor, person=user, new=terms, at=now)

    def title() -> str:
        words = _("%(person)s shares a customer task with you: %(task)s")
        return words % {"person": actor, "task": stored.title}

    tell(stored, [(user, title, "")] if user.pk != actor.pk else [], f"e{event.pk}", now)
    return share


@transaction.atomic
def revoke_share(*, actor: User, share: TaskShare, now: dt.datetime | None = None) -> None:
    """Stop showing the task; it is no error when somebody else was faster."""
    stored = locked(actor, share.task)
    if TaskShare.objects.filter(pk=share.pk).delete()[0]:
        record(stored, CustomerTaskEventKind.UNSHARED, by=actor, person=share.user, at=now or timezone.now())
