from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.querysets import scope_q
from team.enums import WorkReportStatus

if TYPE_CHECKING:
    from accounts.models import User


def _copies(user: User) -> models.QuerySet[Any]:
    """The copies that went to this person of the report at hand."""
    copies = apps.get_model("team", "WorkReportCopy")._default_manager
    return copies.filter(report=OuterRef("pk"), person=user)


class WorkReportQuerySet(models.QuerySet[Any]):
    """A draft is its writer's alone; once sent, the reviewer, those copied and the writer's leaders see it."""

    def visible_to(self, user: User) -> Self:
        return self.filter(Q(person=user) | (~Q(status=WorkReportStatus.DRAFT) & self._seen_by(user)))

    def _seen_by(self, user: User) -> Q:
        seen = Q(reviewer=user) | Q(Exists(_copies(user)))
        # A wide data scope alone is no reason: finance sees everybody's receipts, not what a rep writes to his boss.
        return seen | scope_q(user, "person") if user.has_perm("team.read_team_workreport") else seen

    def sent(self) -> Self:
        return self.exclude(status=WorkReportStatus.DRAFT)

    def received_by(self, user: User) -> Self:
        """Sent to this person for review."""
        return self.sent().filter(reviewer=user)

    def copied_to(self, user: User) -> Self:
        return self.sent().filter(Exists(_copies(user)))

    def of_team(self, user: User) -> Self:
        """What the people in his scope sent, without himself; nobody's without the permission for it."""
        if not user.has_perm("team.read_team_workreport"):
            return self.none()
        return self.sent().filter(scope_q(user, "person")).exclude(person=user)

    def unread_by(self, user: User) -> Self:
        """Sent to him for review, or as a copy, and not opened yet."""
        return self.filter(self.is_unread(user))

    @staticmethod
    def is_unread(user: User) -> Q:
        """Condition of `unread_by`, for annotations."""
        copied = ~Q(status=WorkReportStatus.DRAFT) & Q(Exists(_copies(user).filter(read_at__isnull=True)))
        return Q(status=WorkReportStatus.SENT, reviewer=user) | copied
