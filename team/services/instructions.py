"""A leader's instructions (批示, H4): given, read, answered, done. The person is told at once, the author of answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day
from comms.enums import NoticeKind
from comms.services import Notice, Words, mark_keys_read, mark_url_read, notify, withdraw
from team.models import Instruction, InstructionAnswer
from team.models.supervision import LONGEST
from team.queries.instructions import Target, about_words, may_instruct


@transaction.atomic
def give_instruction(
    *, actor: User, target: Target, text: str, now: dt.datetime | None = None
) -> Instruction:
    """Write to the person whose day, visit, follow-up or order it is; he is told in the same transaction.

    The caller has found the target in the actor's scope. Raises PermissionDenied for who does not lead the person,
    ValidationError without text, with too much of it, or on a day that is still to come.
    """
    at = now or timezone.now()
    if not may_instruct(actor, target.person):
        raise PermissionDenied
    if target.day > business_day(at):
        raise ValidationError(_("That day is still to come."))
    instruction = Instruction.objects.create(
        author=actor,
        person=target.person,
        day=target.day,
        text=clean_text(text),
        created_at=at,
        **target.fields,
    )

    def title() -> str:
        return _("Instruction from %(name)s: %(about)s") % {"name": actor, "about": about_words(instruction)}

    notify(
        [_notice(instruction, target.person.pk, title, instruction.text, _key(instruction), actor)], now=at
    )
    return instruction


@transaction.atomic
def answer_instruction(
    *, actor: User, instruction: Instruction, text: str, now: dt.datetime | None = None
) -> InstructionAnswer:
    """Write below an instruction; the other of the two is told. The person's answer ends his owing one, a further
    word of the author asks for another.

    Raises PermissionDenied for others than the two, ValidationError without text or when it is done.
    """
    at = now or timezone.now()
    if actor.pk not in (instruction.person_id, instruction.author_id):
        raise PermissionDenied
    words = clean_text(text)
    is_person = actor.pk == instruction.person_id
    changes = {"answered_at": at if is_person else None}
    # The row is claimed before the answer is written: one that was done meanwhile takes no more words.
    if not Instruction.objects.open().filter(pk=instruction.pk).update(**changes):
        raise ValidationError(_("It is done already. Take it up again to write more."))
    if is_person:
        mark_read(user=actor, instructions=[instruction], now=at)
    instruction.answered_at = changes["answered_at"]
    answer = InstructionAnswer.objects.create(
        instruction=instruction, author=actor, text=words, created_at=at
    )
    other = instruction.author if is_person else instruction.person

    def title() -> str:
        words = _("%(name)s on your instruction") if is_person else _("%(name)s on the instruction to you")
        return words % {"name": actor}

    notify([_notice(instruction, other.pk, title, words, f"instruction-answer:{answer.pk}", actor)], now=at)
    return answer


@transaction.atomic
def mark_read(*, user: User, instructions: Collection[Instruction], now: dt.datetime | None = None) -> int:
    """Note when the person saw these first; those for others stay as they are. Answers how many were new to him."""
    mine = [row.pk for row in instructions if row.person_id == user.pk and row.read_at is None]
    if not mine:
        return 0
    at = now or timezone.now()
    count = Instruction.objects.unread().filter(pk__in=mine, person=user).update(read_at=at)
    mark_keys_read(user=user, keys=[f"instruction:{pk}" for pk in mine], now=at)
    for row in instructions:
        if row.pk in mine:
            row.read_at = at
    return count


@transaction.atomic
def mark_seen(*, user: User, instruction: Instruction, now: dt.datetime | None = None) -> None:
    """The user has opened it: read, when it is for him, and his notices of it and of its answers are read as well."""
    at = now or timezone.now()
    mark_read(user=user, instructions=[instruction], now=at)
    mark_url_read(user=user, url=instruction.get_absolute_url(), now=at)


@transaction.atomic
def set_done(
    *, actor: User, instruction: Instruction, done: bool, now: dt.datetime | None = None
) -> Instruction:
    """Close it, or take it up again. Raises PermissionDenied for others than the two, ValidationError when it stands
    so already."""
    if actor.pk not in (instruction.person_id, instruction.author_id):
        raise PermissionDenied
    at = now or timezone.now()
    values = {"done_at": at if done else None, "done_by": actor if done else None}
    rows = Instruction.objects.filter(pk=instruction.pk, done_at__isnull=done)
    if not rows.update(**values):
        raise ValidationError(_("It is done already.") if done else _("It is open already."))
    if done:
        mark_read(user=actor, instructions=[instruction], now=at)
    instruction.done_at, instruction.done_by = values["done_at"], values["done_by"]  # type: ignore[assignment]
    return instruction


@transaction.atomic
def withdraw_instruction(*, actor: User, instruction: Instruction) -> None:
    """Take back one's own instruction, with its notice, as long as the person has not read it.

    Raises PermissionDenied for others than its author, ValidationError once it was read or answered.
    """
    if actor.pk != instruction.author_id:
        raise PermissionDenied
    # Claimed first: who opens it at this moment waits, and then finds it gone.
    if not Instruction.objects.unread().filter(pk=instruction.pk).update(read_at=timezone.now()):
        raise ValidationError(_("It was read already and cannot be taken back."))
    Instruction.objects.filter(pk=instruction.pk).delete()
    withdraw(key=_key(instruction))


def clean_text(text: str) -> str:
    """Raises ValidationError for nothing and for too much."""
    words = text.strip().replace("\r\n", "\n")
    if not words:
        raise ValidationError({"text": _("Write something.")})
    if len(words) > LONGEST:
        raise ValidationError({"text": _("At most %(n)s characters.") % {"n": LONGEST}})
    return words


def _key(instruction: Instruction) -> str:
    return f"instruction:{instruction.pk}"


def _notice(
    instruction: Instruction, recipient_id: int, title: Words, text: str, key: str, actor: User
) -> Notice:
    return Notice(
        recipient_id=recipient_id,
        kind=NoticeKind.INSTRUCTION,
        title=title,
        body=" ".join(text.split()),
        url=instruction.get_absolute_url(),
        key=key,
        reply_to=actor.email,
    )
