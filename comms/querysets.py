from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from accounts.models import User


class NotificationQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """One's own only: a superior reads reports, not letters."""
        return self.filter(recipient=user)

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)
