"""Reads of the unread centre."""

from dataclasses import dataclass

from django.db.models import Count, Q

from accounts.models import User
from comms.enums import NoticeKind
from comms.models import Notification


@dataclass(frozen=True, slots=True)
class KindCount:
    kind: NoticeKind
    total: int
    unread: int


def unread_count(user: User) -> int:
    return Notification.objects.visible_to(user).unread().count()


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
