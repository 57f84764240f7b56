"""What goes into the outbox: in the transaction that writes the notices, and nothing of it touches a network."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterator

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import SystemOptions, User
from common.business_calendar import is_working_day
from comms.enums import Channel, Frequency, NoticeKind, OutboxState
from comms.models import Notification, OutboxItem
from comms.queries.channels import group_bots
from comms.queries.reach import Reach, hours_of, local, reach, reach_of
from comms.rules import delivery, preferences
from comms.rules.words import Words, say
from comms.signals import outbox_filled


def plan(*, batch: uuid.UUID, recipients: Collection[int], now: dt.datetime) -> int:
    """Write the rows for the notices of one call of notify(): for each recipient the channels he wants, when he wants
    them. Notices whose key was told before are not in the batch and go out no second time. Answers how many rows."""
    people = reach_of(recipients)
    if not people:
        return 0
    options = SystemOptions.load()
    new = Notification.objects.filter(batch=batch, created_at=now, recipient__in=list(people))
    rows = [
        item
        for pk, recipient, kind in new.order_by().values_list("pk", "recipient_id", "kind")
        for item in _rows_of(pk, NoticeKind(kind), people[recipient], options, now)
    ]
    OutboxItem.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    if rows:
        outbox_filled.send(sender=OutboxItem)
    return len(rows)


def _rows_of(
    notice_id: int, kind: NoticeKind, person: Reach, options: SystemOptions, now: dt.datetime
) -> Iterator[OutboxItem]:
    hours = hours_of(person, options)
    for channel in person.channels:
        frequency = preferences.chosen(person.choices, kind, channel)
        due = delivery.due_at(local(now), frequency, hours, is_working_day)
        if due is None:
            continue
        digest = frequency == Frequency.DIGEST
        # A summary goes to all phones of a person; one notice at once has a row for each.
        for device in person.devices if channel == Channel.PUSH and not digest else (None,):
            yield OutboxItem(
                key=f"notice:{notice_id}:{channel.value}" + (f":{device}" if device else ""),
                notification_id=notice_id,
                recipient_id=person.user_id,
                channel=channel,
                device_id=device,
                digest=digest,
                due_at=due,
                created_at=now,
            )


def add_test(*, user: User, channel: Channel, now: dt.datetime | None = None) -> list[int]:
    """A test message to oneself, due at once whatever the hours; ids of the rows (one for each phone)."""
    now = now or timezone.now()
    person = reach(user)
    if channel not in person.addresses:
        return []
    mark = uuid.uuid4().hex[:12]
    rows = [
        OutboxItem.objects.create(
            key=f"test:{mark}:{device or ''}",
            recipient=user,
            channel=channel,
            device_id=device,
            title=_("Test message from Paodian"),
            body=_("It arrived: this way to you works."),
            url="/notices/settings/",
            due_at=now,
            created_at=now,
        )
        for device in (person.devices if channel == Channel.PUSH else (None,))
    ]
    return [row.pk for row in rows]


def add_to_groups(*, key: str, title: Words, body: str, url: str, now: dt.datetime) -> int:
    """A message to each of the company's own channels (NOTIFY_URLS), in its language, once under this key."""
    rows = [
        OutboxItem(
            key=f"{key}:bot:{mark}",
            channel=Channel.CHAT,
            title=say(title, settings.LANGUAGE_CODE)[:120],
            body=body,
            url=url,
            due_at=now,
            created_at=now,
        )
        for mark in group_bots()
    ]
    OutboxItem.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        outbox_filled.send(sender=OutboxItem)
    return len(rows)


def resend(*, rows: QuerySet[OutboxItem], now: dt.datetime | None = None) -> int:
    """Put dead letters back into the outbox: somebody looked at them and decided. Answers how many.

    It is a new sending with a new idempotency key, so that a gateway that has the first one sends again.
    """
    changed = rows.filter(state__in=[OutboxState.FAILED, OutboxState.UNSURE]).update(
        state=OutboxState.WAITING,
        due_at=now or timezone.now(),
        attempts=0,
        resends=F("resends") + 1,
        claim=None,
        lease_until=None,
        error="",
    )
    if changed:
        outbox_filled.send(sender=OutboxItem)
    return int(changed)


def discard(*, rows: QuerySet[OutboxItem]) -> int:
    """Dead letters that nobody needs any more. Answers how many."""
    dead = rows.filter(state__in=[OutboxState.FAILED, OutboxState.UNSURE])
    return int(dead.update(state=OutboxState.DROPPED))
