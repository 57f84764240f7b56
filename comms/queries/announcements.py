"""Reads of announcements: what is for me, and who has confirmed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from accounts.queries import branch_ids, department_tree
from comms.enums import Audience
from comms.models import Announcement, AnnouncementReading


def audience_of(announcement: Announcement) -> QuerySet[User]:
    """The active people it is for, as of now."""
    people: QuerySet[User] = User.objects.active()
    match announcement.audience:
        case Audience.DEPARTMENTS:
            tree = department_tree()
            chosen = announcement.departments.values_list("pk", flat=True)
            branches = {pk for department in chosen for pk in branch_ids(tree, department)}
            return people.filter(department__in=branches)
        case Audience.ROLES:
            return people.filter(role__in=announcement.roles.all())
        case Audience.PEOPLE:
            return people.filter(pk__in=announcement.people.values("pk"))
    return people


@dataclass(frozen=True, slots=True)
class Reader:
    """One person of the audience, and what he did with it."""

    name: str
    department: str
    read_at: dt.datetime | None
    confirmed_at: dt.datetime | None


def readers_of(announcement: Announcement) -> list[Reader]:
    """Everybody it is for: who confirmed, who read, who did neither (these first)."""
    done = {
        user_id: (read_at, confirmed_at)
        for user_id, read_at, confirmed_at in announcement.readings.values_list(
            "user_id", "read_at", "confirmed_at"
        )
    }
    rows = audience_of(announcement).order_by("department__position", "department", "pk")
    readers = [
        Reader(name, department or "", *done.get(pk, (None, None)))
        for pk, name, department in rows.values_list("pk", "name", "department__name")
    ]
    return sorted(readers, key=lambda reader: (reader.confirmed_at is not None, reader.read_at is not None))


def announcements_for(user: User, today: dt.date) -> QuerySet[Announcement]:
    """What this user may see, each with `seen` and `confirmed` (by him)."""
    mine = AnnouncementReading.objects.filter(announcement=OuterRef("pk"), user=user)
    return (
        Announcement.objects.visible_to(user, today)
        .select_related("author")
        .annotate(seen=Exists(mine), confirmed=Exists(mine.filter(confirmed_at__isnull=False)))
    )


def unconfirmed(user: User, today: dt.date) -> QuerySet[Announcement]:
    """Announcements that wait for his confirmation."""
    done = AnnouncementReading.objects.filter(user=user, confirmed_at__isnull=False)
    waiting = Announcement.objects.current(today).addressed_to(user).filter(must_confirm=True)
    return waiting.exclude(pk__in=done.values("announcement"))
