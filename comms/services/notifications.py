"""Notices in the unread centre; sending one twice under the same key changes nothing."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from comms.enums import NoticeKind
from comms.models import Notification
from comms.services import outbox


@dataclass(frozen=True, slots=True)
class Notice:
    """What to tell one person. `url` is a path of ours; with a `key` it is told once, however often it is sent.
    `reply_to` is the e-mail address of who wrote it, when a person did."""

    recipient_id: int
    kind: NoticeKind
    title: str
    body: str = ""
    url: str = ""
    key: str = ""
    reply_to: str = ""


def notify(notices: Iterable[Notice], *, now: dt.datetime | None = None) -> int:
    """Write these notices, 1,000 rows an INSERT, and with them what goes out to e-mail, phones and the rest, in the
    caller's transaction; returns how many were sent to the database.

    Long titles and texts are cut to the column, never refused: a notice must not break the job that sends it. Nothing
    here waits for a channel: a worker sends after the commit.
    """
    at = now or timezone.now()
    batch = uuid.uuid4()
    rows = [
        Notification(
            recipient_id=notice.recipient_id,
            kind=notice.kind,
            title=_cut(notice.title, 120),
            body=_cut(notice.body, 500),
            url=notice.url[:300],
            reply_to=notice.reply_to,
            key=notice.key[:120],
            batch=batch,
            created_at=at,
        )
        for notice in notices
    ]
    if not rows:
        return 0
    with transaction.atomic(savepoint=False):
        Notification.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
        outbox.plan(batch=batch, recipients={row.recipient_id for row in rows}, now=at)
    return len(rows)


def withdraw(*, key: str) -> int:
    """Take back the notices under this key that nobody has read; returns how many."""
    if not key:
        return 0
    _all, by_model = Notification.objects.unread().filter(key=key).delete()  # with what waits in the outbox
    return int(by_model.get(Notification._meta.label, 0))


def mark_read(*, user: User, notification_id: int, now: dt.datetime | None = None) -> bool:
    """Mark one of the user's own notices read; returns whether it was unread."""
    mine = Notification.objects.visible_to(user).unread().filter(pk=notification_id)
    return bool(mine.update(read_at=now or timezone.now()))


def mark_key_read(*, user: User, key: str, now: dt.datetime | None = None) -> bool:
    """Mark the user's notice under this key read: he has seen what it is about in another way."""
    mine = Notification.objects.visible_to(user).unread().filter(key=key)
    return bool(key and mine.update(read_at=now or timezone.now()))


def mark_keys_read(*, user: User, keys: Collection[str], now: dt.datetime | None = None) -> int:
    """Like mark_key_read for several keys, in one statement; returns how many were unread."""
    mine = Notification.objects.visible_to(user).unread().filter(key__in=[key for key in keys if key])
    return int(mine.update(read_at=now or timezone.now()))


def mark_url_read(*, user: User, url: str, now: dt.datetime | None = None) -> int:
    """Mark the user's notices that point to this page read: he is looking at it. Returns how many were unread."""
    mine = Notification.objects.visible_to(user).unread().filter(url=url)
    return int(mine.update(read_at=now or timezone.now()))


def mark_all_read(*, user: User, now: dt.datetime | None = None) -> int:
    """Mark all of the user's notices read; returns how many were unread."""
    return int(Notification.objects.visible_to(user).unread().update(read_at=now or timezone.now()))


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
