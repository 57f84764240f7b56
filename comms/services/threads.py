"""Writing to each other (寻呼, H5): whoever is active in the company may write to everybody who is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries import branch_ids, department_tree
from comms.enums import NoticeKind
from comms.models import Message, MessageReading, Thread, ThreadMember
from comms.rules.links import own_path
from comms.services.notifications import Notice, mark_url_read, notify

MAX_PEOPLE = 300
LONGEST = 2000


@transaction.atomic
def start_thread(
    *,
    actor: User,
    subject: str,
    body: str,
    people: Collection[int] = (),
    departments: Collection[int] = (),
    link: str = "",
    now: dt.datetime | None = None,
) -> Thread:
    """Write to these people and to everybody in these departments and those under them; oneself always belongs to it.

    `link` is a path of ours; its page asks itself who may see it. Raises ValidationError when there is nobody, more
    than MAX_PEOPLE, no text, or the link is not ours.
    """
    at = now or timezone.now()
    ids = set(people) | _members(departments)
    others = User.objects.active().filter(pk__in=ids).exclude(pk=actor.pk)
    members = list(others.order_by("pk").values_list("pk", flat=True))
    if not members:
        raise ValidationError({"people": _("Choose at least one person who works here.")})
    if len(members) > MAX_PEOPLE:
        raise ValidationError(
            {"people": _("At most %(n)s people; publish an announcement for more.") % {"n": MAX_PEOPLE}}
        )
    if link and own_path(link) is None:
        raise ValidationError({"link": _("This is not the address of a page of ours.")})
    subject = " ".join(subject.split()) or " ".join(body.split())[:40]
    thread = Thread.objects.create(
        subject=subject[:80], link=own_path(link) or "", created_by=actor, created_at=at, last_at=at
    )
    ThreadMember.objects.bulk_create(
        [ThreadMember(thread=thread, user_id=pk) for pk in (actor.pk, *members)], batch_size=1000
    )
    _write(thread, actor, body, members, at)
    return thread


@transaction.atomic
def reply(*, actor: User, thread: Thread, body: str, now: dt.datetime | None = None) -> Message:
    """Answer in a conversation one belongs to; it comes back to everybody who had put it away.

    Raises PermissionDenied for others, ValidationError without text.
    """
    at = now or timezone.now()
    members = list(
        ThreadMember.objects.filter(thread=thread, user__is_active=True).values_list("user_id", flat=True)
    )
    if actor.pk not in members:
        raise PermissionDenied
    ThreadMember.objects.filter(thread=thread, archived_at__isnull=False).update(archived_at=None)
    return _write(thread, actor, body, [pk for pk in members if pk != actor.pk], at)


def _write(thread: Thread, actor: User, body: str, others: Collection[int], at: dt.datetime) -> Message:
    text = body.strip().replace("\r\n", "\n")
    if not text:
        raise ValidationError({"body": _("Write something.")})
    if len(text) > LONGEST:
        raise ValidationError({"body": _("At most %(n)s characters.") % {"n": LONGEST}})
    message = Message.objects.create(thread=thread, author=actor, body=text, created_at=at)
    thread.last_at, thread.last_text = at, " ".join(text.split())[:120]
    thread.save(update_fields=["last_at", "last_text"])

    def title() -> str:
        return _("%(person)s: %(subject)s") % {"person": actor, "subject": thread.subject}

    notify(
        [
            Notice(
                recipient_id=pk,
                kind=NoticeKind.MESSAGE,
                title=title,
                body=" ".join(text.split()),
                url=thread.get_absolute_url(),
                key=f"message:{message.pk}",
                reply_to=actor.email,
            )
            for pk in others
        ],
        now=at,
    )
    return message


def _members(departments: Collection[int]) -> set[int]:
    if not departments:
        return set()
    tree = department_tree()
    branches = {pk for department in departments for pk in branch_ids(tree, department)}
    return set(User.objects.active().filter(department__in=branches).values_list("pk", flat=True))


@transaction.atomic
def mark_thread_read(*, user: User, thread: Thread, now: dt.datetime | None = None) -> int:
    """Note when this person read what is new to him; answers how many messages that were."""
    at = now or timezone.now()
    mark_url_read(user=user, url=thread.get_absolute_url(), now=at)
    new = Message.objects.filter(thread=thread).exclude(author=user).exclude(readings__user=user)
    readings = [
        MessageReading(message_id=pk, user=user, read_at=at) for pk in new.values_list("pk", flat=True)
    ]
    MessageReading.objects.bulk_create(readings, ignore_conflicts=True)
    return len(readings)


def archive_thread(*, user: User, thread: Thread, archived: bool, now: dt.datetime | None = None) -> None:
    """Put a conversation away for oneself, or take it back."""
    ThreadMember.objects.filter(thread=thread, user=user).update(
        archived_at=(now or timezone.now()) if archived else None
    )
