"""Announcements (公告, H5): published to an audience, told to everybody in it, and confirmed where that is asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import today as business_today
from comms.enums import Audience, NoticeKind
from comms.models import Announcement, AnnouncementReading
from comms.queries.announcements import audience_of
from comms.rules.words import Words
from comms.services.notifications import Notice, mark_url_read, notify, withdraw
from comms.services.outbox import add_to_groups

_AUDIENCES = {Audience.DEPARTMENTS: "departments", Audience.ROLES: "roles", Audience.PEOPLE: "people"}


@transaction.atomic
def publish(
    *,
    actor: User,
    announcement: Announcement,
    chosen: dict[str, Collection[int]],
    now: dt.datetime | None = None,
) -> Announcement:
    """Write a new announcement, or one's changes to one; `chosen`: keys of departments, roles or people.

    What starts today is told at once, what starts later on its day. Raises ValidationError, and PermissionDenied without
    comms.add_announcement, or for a colleague's without comms.change_announcement.
    """
    at = now or timezone.now()
    if announcement.pk is None:
        if not actor.has_perm("comms.add_announcement"):
            raise PermissionDenied
        announcement.author, announcement.created_at = actor, at
    elif not may_change(actor, announcement):
        raise PermissionDenied
    announcement.body = announcement.body.replace("\r\n", "\n").strip()
    announcement.full_clean()
    announcement.save()
    for audience, field in _AUDIENCES.items():
        keys = chosen.get(field, ()) if announcement.audience == audience else ()
        getattr(announcement, field).set(keys)
    announce(announcement, now=at)
    return announcement


def may_change(user: User, announcement: Announcement) -> bool:
    """One's own while one may publish, and everybody's with comms.change_announcement."""
    if user.has_perm("comms.change_announcement"):
        return True
    return announcement.author_id == user.pk and user.has_perm("comms.add_announcement")


def announce_due(*, now: dt.datetime | None = None) -> int:
    """Tell what starts today and was not told; answers how many announcements."""
    at = now or timezone.now()
    open_ones = Announcement.objects.current(business_today(at)).filter(announced_at__isnull=True)
    return sum(announce(announcement, now=at) for announcement in open_ones)


@transaction.atomic
def announce(announcement: Announcement, *, now: dt.datetime) -> bool:
    """Write the notices, once: of two workers the second finds it announced. False before its day."""
    if announcement.starts_on > business_today(now):
        return False
    fresh = Announcement.objects.filter(
        pk=announcement.pk, announced_at__isnull=True, withdrawn_at__isnull=True
    )
    if fresh.update(announced_at=now) != 1:
        return False
    announcement.announced_at = now
    key = f"announcement:{announcement.pk}"

    def title() -> str:
        return _("Announcement: %(title)s") % {"title": announcement.title}

    _tell(announcement, audience_of(announcement).exclude(pk=announcement.author_id), title, key, now)
    if announcement.audience == Audience.ALL:
        add_to_groups(
            key=key, title=title, body=announcement.body, url=announcement.get_absolute_url(), now=now
        )
    return True


def _tell(announcement: Announcement, people: object, title: Words, key: str, now: dt.datetime) -> int:
    return notify(
        [
            Notice(
                recipient_id=pk,
                kind=NoticeKind.ANNOUNCEMENT,
                title=title,
                body=" ".join(announcement.body.split()),
                url=announcement.get_absolute_url(),
                key=key,
            )
            for pk in people.values_list("pk", flat=True)  # type: ignore[attr-defined]
        ],
        now=now,
    )


@transaction.atomic
def mark_seen(*, user: User, announcement: Announcement, now: dt.datetime | None = None) -> None:
    """Note that he opened it; the first time stays. Notices of one that has to be confirmed stay unread until it is."""
    at = now or timezone.now()
    AnnouncementReading.objects.bulk_create(
        [AnnouncementReading(announcement=announcement, user=user, read_at=at)], ignore_conflicts=True
    )
    if not announcement.must_confirm:
        mark_url_read(user=user, url=announcement.get_absolute_url(), now=at)


@transaction.atomic
def confirm(*, user: User, announcement: Announcement, now: dt.datetime | None = None) -> bool:
    """ "I have read it"; False when he said so before. Raises PermissionDenied when it is not for him."""
    if not audience_of(announcement).filter(pk=user.pk).exists():
        raise PermissionDenied
    at = now or timezone.now()
    AnnouncementReading.objects.bulk_create(
        [AnnouncementReading(announcement=announcement, user=user, read_at=at)], ignore_conflicts=True
    )
    mark_url_read(user=user, url=announcement.get_absolute_url(), now=at)
    mine = AnnouncementReading.objects.filter(announcement=announcement, user=user, confirmed_at__isnull=True)
    return bool(mine.update(confirmed_at=at))


@transaction.atomic
def remind_unconfirmed(*, actor: User, announcement: Announcement, now: dt.datetime | None = None) -> int:
    """Tell those who have not confirmed, at most once a day; answers how many they are."""
    if not may_change(actor, announcement) or not announcement.must_confirm:
        raise PermissionDenied
    at = now or timezone.now()
    done = AnnouncementReading.objects.filter(announcement=announcement, confirmed_at__isnull=False)
    missing = audience_of(announcement).exclude(pk__in=done.values("user"))
    return _tell(
        announcement,
        missing,
        lambda: _("Please confirm: %(title)s") % {"title": announcement.title},
        f"announcement:{announcement.pk}:{business_today(at)}",
        at,
    )


@transaction.atomic
def withdraw_announcement(*, actor: User, announcement: Announcement, now: dt.datetime | None = None) -> bool:
    """Take it back: nobody sees it any more, and its unread notices go. False when it was withdrawn before."""
    if not may_change(actor, announcement):
        raise PermissionDenied
    open_one = Announcement.objects.filter(pk=announcement.pk, withdrawn_at__isnull=True)
    changed = open_one.update(withdrawn_at=now or timezone.now())
    withdraw(key=f"announcement:{announcement.pk}")
    return bool(changed)
