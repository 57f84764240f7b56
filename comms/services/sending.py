"""From the outbox to the outside: claim, hand over, mark; and what got stuck.

Only this file moves a row's state. A row is claimed by a conditional UPDATE with a lease before anything is handed
over, so of two workers one sends. Between handing over and marking lies the window in which a killed worker leaves
nobody knowing whether the message went out; the sweeper decides by channel (comms.queries.channels.may_repeat): what
the other side tells apart goes out again, everything else becomes "sent or not" and waits for a person.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import SystemOptions
from common.business_calendar import is_working_day
from comms.enums import Channel, OutboxState
from comms.models import OutboxItem, PushDevice
from comms.queries.channels import group_bots, may_repeat
from comms.queries.reach import hours_of, local
from comms.rules import delivery
from comms.services import channels
from comms.services.channels import Gone, Outgoing, Refused, Unavailable, Unsure

LEASE = dt.timedelta(minutes=5)  # every channel gives up within half a minute
BATCH = 200
_ILL_AFTER = 3  # failures of one channel in a run, after which the rest of it waits for the next run
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row; `ill`: its channel did not take it, and may not take the next one either."""

    state: OutboxState
    error: str = ""
    ill: bool = False


def send_due(*, now: dt.datetime | None = None, limit: int = BATCH) -> int:
    """Send what is due, oldest first, up to `limit` rows of each channel; answers how many were taken up.

    Several workers may do it at once. A channel that is down holds up no other one.
    """
    at = now or timezone.now()
    taken = 0
    for channel in Channel.values:
        due = OutboxItem.objects.due(at).filter(digest=False, channel=channel).order_by("due_at", "pk")
        failures = 0
        for pk in list(due.values_list("pk", flat=True)[:limit]):
            outcome = deliver(pk, now=now)
            if outcome is None:
                continue
            taken += 1
            failures = failures + 1 if outcome.ill else 0
            if failures == _ILL_AFTER:
                break
    return taken


def deliver(pk: int, *, now: dt.datetime | None = None, in_quiet_hours: bool = False) -> Outcome | None:
    """Send one row that is due; what became of it, None when another worker has it. Never raises on a channel."""
    at = now or timezone.now()
    claim = _claim(pk, at)
    if claim is None:
        return None
    related = ("notification", "recipient__notify_settings", "device")
    item: OutboxItem = OutboxItem.objects.select_related(*related).get(pk=pk)
    if reason := _why_not(item):
        return _mark(item, claim, OutboxState.DROPPED, error=reason)
    if not in_quiet_hours and item.recipient_id and (later := _until_loud(item, at)):
        return _mark(item, claim, OutboxState.WAITING, due_at=later, attempts=item.attempts - 1)
    return _hand_over(item, claim, at)


def _claim(pk: int, now: dt.datetime) -> uuid.UUID | None:
    claim = uuid.uuid4()
    claimed = (
        OutboxItem.objects.due(now)
        .filter(pk=pk, digest=False)
        .update(
            state=OutboxState.SENDING,
            claim=claim,
            lease_until=now + LEASE,
            attempts=F("attempts") + 1,
            error="",
        )
    )
    return claim if claimed == 1 else None


def _why_not(item: OutboxItem) -> str:
    """Why nobody needs this message any more; "" when he does."""
    if item.recipient is not None and not item.recipient.is_active:
        return _("The person does not work here any more.")
    if item.notification is not None and item.notification.read_at is not None:
        return _("Read in the meantime.")
    if not _address(item):
        return _("There is no address any more.")
    return ""


def _address(item: OutboxItem) -> str:
    if item.recipient is None:
        return group_bots().get(item.key.rsplit(":", 1)[-1], "")
    match item.channel:
        case Channel.EMAIL:
            return item.recipient.email
        case Channel.SMS:
            return item.recipient.phone
        case Channel.CHAT:
            wishes = getattr(item.recipient, "notify_settings", None)
            return wishes.chat_url if wishes else ""
        case Channel.PUSH:
            return item.device.name or "phone" if item.device else ""
    return item.recipient.username


def _until_loud(item: OutboxItem, now: dt.datetime) -> dt.datetime | None:
    hours = hours_of(getattr(item.recipient, "notify_settings", None), SystemOptions.load())
    here = local(now)
    loud = delivery.next_loud(here, hours, is_working_day)
    return loud if loud > here else None


def _message(item: OutboxItem) -> Outgoing:
    notice = item.notification
    path = notice.url if notice else item.url
    return Outgoing(
        key=f"{item.key}-{item.resends}" if item.resends else item.key,
        to=_address(item),
        title=item.title or (notice.title if notice else ""),
        body=item.body or (notice.body if notice else ""),
        url=f"{settings.SITE_URL}{path}" if path.startswith("/") else "",
        reply_to=notice.reply_to if notice else "",
        device=item.device,
    )


def _hand_over(item: OutboxItem, claim: uuid.UUID, now: dt.datetime) -> Outcome | None:
    try:
        channels.sender_of(item.channel)(_message(item))
    except Gone as error:
        if item.device_id:
            PushDevice.objects.filter(pk=item.device_id).delete()
        return _mark(item, claim, OutboxState.DROPPED, error=str(error))
    except Refused as error:
        return _mark(item, claim, OutboxState.FAILED, error=str(error))
    except Unsure as error:
        if may_repeat(item.channel):
            return _put_off(item, claim, now, str(error))
        return _mark(item, claim, OutboxState.UNSURE, error=str(error), ill=True)
    except Unavailable as error:
        return _put_off(item, claim, now, str(error))
    except Exception as error:  # whatever a library throws: the row says so, and the other rows go on
        log.exception("Message %s over %s", item.key, item.channel)
        return _mark(item, claim, OutboxState.UNSURE, error=f"{type(error).__name__}: {error}")
    if item.device_id:
        PushDevice.objects.filter(pk=item.device_id).update(sent_at=now)
    return _mark(item, claim, OutboxState.SENT, sent_at=now)


def _put_off(item: OutboxItem, claim: uuid.UUID, now: dt.datetime, reason: str) -> Outcome | None:
    if delivery.gives_up(item.attempts):
        return _mark(item, claim, OutboxState.FAILED, error=reason, ill=True)
    wait = delivery.backoff(item.attempts, random.random())  # noqa: S311 - spreads load, keeps no secret
    return _mark(item, claim, OutboxState.WAITING, error=reason, ill=True, due_at=now + wait)


def _mark(
    item: OutboxItem,
    claim: uuid.UUID,
    state: OutboxState,
    *,
    error: str = "",
    ill: bool = False,
    **fields: Any,
) -> Outcome | None:
    """The way out of SENDING, for the worker that holds the claim. One that was so slow that the sweeper gave it up
    still tells what it knows: "sent or not" becomes what it is."""
    held = OutboxItem.objects.filter(
        pk=item.pk, claim=claim, state__in=[OutboxState.SENDING, OutboxState.UNSURE]
    )
    changed = held.update(state=state, error=error[:300], lease_until=None, **fields)
    if not changed:
        log.warning("Message %s was taken over by another worker", item.key)
    return Outcome(state, error, ill) if changed else None


def sweep(*, now: dt.datetime | None = None) -> tuple[int, int]:
    """Rows whose worker died: (how many go out again, how many wait for a person)."""
    now = now or timezone.now()
    stuck = OutboxItem.objects.filter(state=OutboxState.SENDING, lease_until__lt=now)
    repeatable = [channel for channel in Channel.values if may_repeat(channel)]
    again = stuck.filter(channel__in=repeatable, attempts__lt=delivery.MAX_ATTEMPTS).update(
        state=OutboxState.WAITING, due_at=now, claim=None, lease_until=None
    )
    given_up = stuck.update(
        state=OutboxState.UNSURE, lease_until=None, error=_("The worker was stopped while it sent this.")
    )
    return int(again), int(given_up)


def purge(*, now: dt.datetime | None = None, days: int = 90) -> int:
    """Delete rows that are done with, after a while; dead letters stay until somebody decides. Answers how many."""
    before = (now or timezone.now()) - dt.timedelta(days=days)
    done = [OutboxState.SENT, OutboxState.DROPPED, OutboxState.GATHERED]
    return int(OutboxItem.objects.filter(state__in=done, created_at__lt=before).delete()[0])
