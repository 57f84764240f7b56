from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from accounts.querysets import scope_q

if TYPE_CHECKING:
    from accounts.models import User


class InstructionQuerySet(models.QuerySet[Any]):
    """Seen by the two it is between, and by whoever leads the person; a wide data scope alone is no reason."""

    def visible_to(self, user: User) -> Self:
        between = Q(person=user) | Q(author=user)
        if user.has_perm("team.view_supervision"):
            return self.filter(between | scope_q(user, "person"))
        return self.filter(between)

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)

    def open(self) -> Self:
        return self.filter(done_at__isnull=True)

    def unanswered(self) -> Self:
        """Those that wait for the person's word."""
        return self.filter(answered_at__isnull=True, done_at__isnull=True)
