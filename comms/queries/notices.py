"""Reads of the unread centre."""

from dataclasses import dataclass

from django.db.models import Count, Q

from accounts.models import User
from comms.enums import NoticeKind
from comms.models import Notification

# Told by a notice like everything, and read where they stand: a section of their own on the pages.
SECTIONS = {NoticeKind.MESSAGE: "messages", NoticeKind.ANNOUNCEMENT: "announcements"}


@dataclass(frozen=True, slots=True)
class KindCount:
    kind: NoticeKind
    total: int
    unread: int


@dataclass(frozen=True, slots=True)
class Unread:
    """What is unread, by section: conversations, announcements, and all other notices."""

    messages: int = 0
    announcements: int = 0
    notices: int = 0

    @property
    def total(self) -> int:
        return self.messages + self.announcements + self.notices


def unread(user: User) -> Unread:
    """The numbers on the bell: one statement that reads the index of unread notices and nothing else.

    Every page asks every half minute. A counter kept beside the notices would be as quick to read, but each transaction
    that tells somebody something would hold its row until it commits, and all that tell the boss would wait in line.
    """
    rows = (
        Notification.objects.visible_to(user).unread().order_by().values_list("kind").annotate(n=Count("*"))
    )
    counts = {"messages": 0, "announcements": 0, "notices": 0}
    for kind, n in rows:
        counts[SECTIONS.get(kind, "notices")] += n
    return Unread(**counts)


def counts_by_kind(user: User) -> list[KindCount]:
    """All and unread notices of each kind that the user has any of, in the order of the kinds; one query."""
    rows = (
        Notification.objects.visible_to(user)
        .order_by()
        .values_list("kind")
        .annotate(total=Count("pk"), unread=Count("pk", filter=Q(read_at__isnull=True)))
    )
    found = {kind: (total, unread) for kind, total, unread in rows}
    return [KindCount(kind, *found[kind]) for kind in NoticeKind if kind in found]
