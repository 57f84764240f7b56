"""The iCalendar feed (H2): a secret address for calendar apps, and what stands under it."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from team.enums import EntryVisibility, InvitationAnswer
from team.models import ScheduleEntry, ScheduleFeed
from team.queries.schedule import OTHER_SOURCES, aware, local
from team.rules.icalendar import Event, calendar_text

_BACK = dt.timedelta(days=60)
_AHEAD = dt.timedelta(days=366)
_HOUR = dt.timedelta(hours=1)


def token_hash(token: str) -> str:
    """What is kept of a token: 32 random bytes need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def make_feed(*, actor: User, now: dt.datetime | None = None) -> str:
    """A new secret address for oneself; the token, which cannot be read again. The one before stops at once."""
    at = now or timezone.now()
    if not actor.has_perm("team.view_scheduleentry"):
        raise PermissionDenied
    # Two at once: the second waits here (PostgreSQL), and switches the first one's address off again.
    User.objects.select_for_update().get(pk=actor.pk)
    revoke_feed(actor=actor, now=at)
    token = secrets.token_urlsafe(32)
    ScheduleFeed.objects.create(
        person=actor, token_hash=token_hash(token), token_hint=token[:4], created_at=at
    )
    return token


def revoke_feed(*, actor: User, now: dt.datetime | None = None) -> bool:
    """Switch one's address off; False when there is none."""
    mine = ScheduleFeed.objects.filter(person=actor, revoked_at__isnull=True)
    return bool(mine.update(revoked_at=now or timezone.now()))


def feed_of(token: str) -> ScheduleFeed | None:
    """The feed of a token, of somebody who still works here and may see a schedule."""
    rows = ScheduleFeed.objects.filter(token_hash=token_hash(token), revoked_at__isnull=True)
    feed: ScheduleFeed | None = rows.filter(person__is_active=True).select_related("person__role").first()
    return feed if feed is not None and feed.person.has_perm("team.view_scheduleentry") else None


def note_reading(*, feed: ScheduleFeed, now: dt.datetime) -> None:
    """When it was read last, to the hour: an app that asks each minute writes nothing."""
    old = Q(read_at__isnull=True) | Q(read_at__lt=now - _HOUR)
    ScheduleFeed.objects.filter(old, pk=feed.pk).update(read_at=now)


def feed_text(*, person: User, now: dt.datetime) -> str:
    """The whole calendar: what he sees himself from two months ago to a year ahead; series as series."""
    zone = timezone.get_default_timezone()
    assert isinstance(zone, ZoneInfo)
    with override(person.language or settings.LANGUAGE_CODE):
        name = _("Schedule of %(name)s") % {"name": person}
        events = [*_entries(person, now - _BACK, now + _AHEAD), *_others(person, now - _BACK, now + _AHEAD)]
        return calendar_text(name, events, zone)


def _entries(person: User, since: dt.datetime, until: dt.datetime) -> Iterator[Event]:
    rows = ScheduleEntry.objects.visible_to(person).on_schedule_of(person).touching(since, until)
    for entry in rows.select_related("customer", "owner").prefetch_related("exceptions", "invitations"):
        changed = list(entry.exceptions.all()) if entry.rule else []
        main = _event(entry, person, [aware(_by_rule(entry, row.day)) for row in changed if row.is_cancelled])
        yield main
        for row in changed:
            if row.starts_at is not None and row.ends_at is not None:
                yield Event(
                    uid=main.uid,
                    stamp=main.stamp,
                    title=main.title,
                    starts=row.starts_at,
                    ends=row.ends_at,
                    is_all_day=main.is_all_day,
                    place=main.place,
                    notes=main.notes,
                    url=main.url,
                    version=main.version,
                    instead_of=aware(_by_rule(entry, row.day)),
                    status=main.status,
                    is_private=main.is_private,
                )


def _event(entry: ScheduleEntry, person: User, without: list[dt.datetime]) -> Event:
    answers = {row.person_id: row.answer for row in entry.invitations.all()}
    unsure = answers.get(person.pk) in (InvitationAnswer.WAITING, InvitationAnswer.MAYBE)
    lines = [entry.notes]
    if entry.customer is not None:
        lines.insert(0, _("Customer: %(name)s") % {"name": entry.customer.name})
    if entry.owner_id != person.pk:
        lines.insert(0, _("Invited by %(name)s") % {"name": entry.owner})
    return Event(
        uid=f"{entry.uuid}@{_host()}",
        stamp=entry.updated_at,
        title=entry.title,
        starts=entry.starts_at,
        ends=entry.ends_at,
        is_all_day=entry.is_all_day,
        place=entry.place,
        notes="\n".join(line for line in lines if line),
        url=settings.SITE_URL + entry.get_absolute_url(),
        version=entry.version,
        rule=entry.rule,
        without=tuple(without),
        status="TENTATIVE" if unsure else "CONFIRMED",
        is_private=entry.visibility == EntryVisibility.PRIVATE,
    )


def _others(person: User, since: dt.datetime, until: dt.datetime) -> Iterator[Event]:
    """Visits, visit tasks, contacts and customer tasks, each by itself."""
    for source in OTHER_SOURCES:
        for item in source(person, person, since, until):
            yield Event(
                uid=f"{item.key}@{_host()}",
                # They keep no time of change; the same text for the same facts lets a reader ask "anything new?".
                stamp=item.starts_at,
                title=f"{item.about}: {item.title}" if item.about else item.title,
                starts=item.starts_at,
                ends=item.ends_at,
                is_all_day=item.is_all_day,
                url=settings.SITE_URL + item.url,
            )


def _by_rule(entry: ScheduleEntry, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, local(entry.starts_at).time())


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "paodian"
