"""Notices in the unread centre, in the language of who reads them; one sent twice under a key changes nothing."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.queries import languages_of
from comms.enums import NoticeKind
from comms.models import Notification
from comms.rules.words import Words, say
from comms.services import outbox


@dataclass(frozen=True, slots=True)
class Notice:
    """What to tell one person. `url` is a path of ours; with a `key` it is told once, however often it is sent.
    `reply_to` is the e-mail address of who wrote it, when a person did.

    Title and body are what a person typed, or a function (`lambda: _("…") % values`): notify() asks it in the
    recipient's language. One function given to many is asked once for each language, so it is best made once.
    """

    recipient_id: int
    kind: NoticeKind
    title: Words
    body: Words = ""
    url: str = ""
    key: str = ""
    reply_to: str = ""


def notify(notices: Iterable[Notice], *, now: dt.datetime | None = None) -> int:
    """Write these notices, 1,000 rows an INSERT, and with them what goes out to e-mail, phones and the rest, in the
    caller's transaction; returns how many were sent to the database. Each is worded in its recipient's language.

    Long titles and texts are cut to the column, never refused: a notice must not break the job that sends it. Nothing
    here waits for a channel: a worker sends after the commit.
    """
    at = now or timezone.now()
    batch = uuid.uuid4()
    sent = list(notices)
    said = _in_readers_languages(sent)
    rows = [
        Notification(
            recipient_id=notice.recipient_id,
            kind=notice.kind,
            title=_cut(title, 120),
            body=_cut(body, 500),
            url=notice.url[:300],
            reply_to=notice.reply_to,
            key=notice.key[:120],
            batch=batch,
            created_at=at,
        )
        for notice, (title, body) in zip(sent, said, strict=True)
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


def _in_readers_languages(notices: Sequence[Notice]) -> list[tuple[str, str]]:
    """(title, body) of each; one statement, whatever their number, and none when all are typed texts."""
    if all(isinstance(words, str) for notice in notices for words in (notice.title, notice.body)):
        return [(str(notice.title), str(notice.body)) for notice in notices]
    languages = languages_of({notice.recipient_id for notice in notices})
    known: dict[tuple[int, str], str] = {}

    def worded(words: Words, language: str) -> str:
        key = (id(words), language)  # all of them live as long as the notices do
        if key not in known:
            known[key] = say(words, language)
        return known[key]

    return [
        (worded(notice.title, language), worded(notice.body, language))
        for notice in notices
        for language in [languages.get(notice.recipient_id, settings.LANGUAGE_CODE)]
    ]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
