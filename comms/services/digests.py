"""The morning's summary: one message for each person and channel, made of the notices that wait for it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import SystemOptions, User
from common.business_calendar import is_working_day
from comms.enums import Channel, NoticeKind, OutboxState
from comms.models import OutboxItem, PushDevice
from comms.queries.reach import hours_of, local
from comms.rules import delivery
from comms.signals import outbox_filled


def gather_due(*, now: dt.datetime | None = None) -> int:
    """Make the summaries that are due; answers how many messages they became. Several workers may do it at once."""
    at = now or timezone.now()
    waiting = OutboxItem.objects.due(at).filter(digest=True)
    pairs = waiting.order_by("recipient_id", "channel").values_list("recipient_id", "channel").distinct()
    made = sum(
        gather(recipient_id=person, channel=Channel(channel), now=at) for person, channel in list(pairs)
    )
    if made:
        outbox_filled.send(sender=OutboxItem)
    return made


@transaction.atomic
def gather(*, recipient_id: int, channel: Channel, now: dt.datetime) -> int:
    """One person's summary over one channel, of what he has not read; 0 when nothing is left or he is left alone."""
    person = User.objects.select_related("notify_settings").get(pk=recipient_id)
    rows = OutboxItem.objects.due(now).filter(digest=True, recipient=person, channel=channel)
    hours = hours_of(getattr(person, "notify_settings", None), SystemOptions.load())
    loud = delivery.next_loud(local(now), hours, is_working_day)
    if loud > now:
        rows.update(due_at=loud)
        return 0
    claim = uuid.uuid4()
    # Of two workers the second finds nothing waiting when the first has committed.
    rows.update(state=OutboxState.GATHERED, claim=claim)
    mine = OutboxItem.objects.filter(claim=claim)
    dropped = mine if not person.is_active else mine.filter(notification__read_at__isnull=False)
    dropped.update(state=OutboxState.DROPPED)
    kinds = Counter(
        mine.filter(state=OutboxState.GATHERED).order_by().values_list("notification__kind", flat=True)
    )
    if not kinds:
        return 0
    items = _messages(person, channel, kinds, claim, now)
    OutboxItem.objects.bulk_create(items)
    if items:
        mine.filter(state=OutboxState.GATHERED).update(gathered_in=items[0])
    return len(items)


def _messages(
    person: User, channel: Channel, kinds: Counter[str], claim: uuid.UUID, now: dt.datetime
) -> list[OutboxItem]:
    with translation.override(person.language or settings.LANGUAGE_CODE):
        total = kinds.total()
        title = ngettext("%(n)s notice for you", "%(n)s notices for you", total) % {"n": total}
        body = _body(channel, kinds)
    devices: list[int | None] = [None]
    if channel == Channel.PUSH:
        devices = list(PushDevice.objects.filter(user=person).values_list("pk", flat=True))
    return [
        OutboxItem(
            key=f"digest:{claim.hex}" + (f":{device}" if device else ""),
            recipient=person,
            channel=channel,
            device_id=device,
            title=title,
            body=body,
            url="/messages/?unread=1",
            due_at=now,
            created_at=now,
        )
        for device in devices
    ]


def _body(channel: Channel, kinds: Counter[str]) -> str:
    """A line for each kind; with its address where there is room for one."""
    lines = [
        (_("%(kind)s: %(n)s") % {"kind": kind.label, "n": kinds[kind.value]}, kind.value)
        for kind in NoticeKind
        if kinds[kind.value]
    ]
    if channel in (Channel.PUSH, Channel.SMS):
        return " · ".join(words for words, _kind in lines)
    return "\n".join(f"{words}  {settings.SITE_URL}/messages/?kind={kind}&unread=1" for words, kind in lines)
