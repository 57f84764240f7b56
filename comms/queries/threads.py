"""Reads of conversations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts.models import User
from comms.models import Message, MessageReading, Notification, Thread, ThreadMember

NEWEST = 200  # messages of a conversation on its page


def threads_of(user: User, *, archived: bool = False) -> QuerySet[Thread]:
    """The user's conversations, each with `unread`: something in it is new to him."""
    address = Concat(Value("/threads/"), Cast(OuterRef("pk"), CharField()), Value("/"))
    new = Notification.objects.visible_to(user).unread().filter(kind="message", url=address)
    rows = Thread.objects.archived_by(user, archived=archived)
    return rows.annotate(unread=Exists(new)).select_related("created_by").prefetch_related("people")


def search_threads(rows: QuerySet[Thread], words: str) -> QuerySet[Thread]:
    """Those that hold these words in the subject, in a message or in the name of somebody who takes part."""
    said = Message.objects.filter(thread=OuterRef("pk"), body__icontains=words)
    people = ThreadMember.objects.filter(thread=OuterRef("pk"), user__name__icontains=words)
    return rows.filter(Q(subject__icontains=words) | Exists(said) | Exists(people))


@dataclass(slots=True)
class Line:
    """One message on the page: `read_by` are the names and times of its readers, `waiting` who has not read it."""

    message: Message
    mine: bool
    read_by: list[tuple[str, dt.datetime]] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


def lines_of(thread: Thread, user: User, members: Iterable[User]) -> list[Line]:
    """The newest messages, oldest first, each with its receipts; two statements."""
    newest = list(thread.messages.select_related("author").order_by("-pk")[:NEWEST])[::-1]
    readings: dict[int, list[tuple[int, str, dt.datetime]]] = {}
    rows = MessageReading.objects.filter(message__in=[message.pk for message in newest])
    for message_id, user_id, name, at in rows.values_list("message_id", "user_id", "user__name", "read_at"):
        readings.setdefault(message_id, []).append((user_id, name, at))
    people = list(members)
    lines = []
    for message in newest:
        found = readings.get(message.pk, [])
        done = {user_id for user_id, _name, _at in found} | {message.author_id}
        lines.append(
            Line(
                message=message,
                mine=message.author_id == user.pk,
                read_by=[(name, at) for _user, name, at in found],
                waiting=[person.name for person in people if person.pk not in done],
            )
        )
    return lines
