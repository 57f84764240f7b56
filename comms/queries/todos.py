"""The to-do list: what all apps say waits for a person."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from django.core.cache import cache
from django.db.models import CharField, Value
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from comms.enums import NoticeKind
from comms.models import Notification
from comms.queries.announcements import unconfirmed
from comms.rules.todos import Todo
from comms.signals import collecting_todos

_KEPT = 300  # seconds for which the number beside the link may be out of date


def todos_of(user: User, *, today: dt.date, now: dt.datetime) -> list[Todo]:
    """Everything that waits for this person, in order; lines without anything are left out."""
    found = _own(user, today)
    for _receiver, answer in collecting_todos.send(sender=User, user=user, today=today, now=now):
        if isinstance(answer, list):
            found += answer
    todos = sorted((todo for todo in found if todo.count), key=lambda todo: (todo.order, todo.key))
    cache.set(_key(user), sum(todo.count for todo in todos), _KEPT)
    return todos


def todo_total(user: User, *, today: dt.date, now: dt.datetime) -> int:
    """How much waits, for the number beside the link: counted anew when it is older than five minutes, and whenever
    the list is opened. Asked by every page every half minute, so it must not cost a dozen statements each time."""
    kept = cache.get(_key(user))
    if kept is None:
        return sum(todo.count for todo in todos_of(user, today=today, now=now))
    return int(kept)


def _own(user: User, today: dt.date) -> list[Todo]:
    letters = Notification.objects.visible_to(user).unread().filter(kind=NoticeKind.MESSAGE)
    parts = [
        rows.order_by().annotate(sort=Value(sort, CharField())).values_list("sort", "pk")
        for sort, rows in (("letter", letters), ("announcement", unconfirmed(user, today)))
    ]
    found = Counter(sort for sort, _pk in parts[0].union(parts[1], all=True))  # one statement for both
    return [
        Todo(
            "messages",
            _("Paging to read"),
            found["letter"],
            reverse("comms:thread_list"),
            "message",
            order=60,
        ),
        Todo(
            "announcements",
            _("Announcements to confirm"),
            found["announcement"],
            f"{reverse('comms:announcement_list')}?state=to_confirm",
            "speakerphone",
            order=61,
        ),
    ]


def _key(user: User) -> str:
    return f"todos-{user.pk}"
