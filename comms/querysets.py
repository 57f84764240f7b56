from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from comms.enums import Audience, OutboxState

if TYPE_CHECKING:
    from accounts.models import User


class NotificationQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """One's own only: a superior reads reports, not letters."""
        return self.filter(recipient=user)

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)


class OutboxQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """Everybody's, for those who keep the channels running; the view asks for the permission."""
        return self if user.has_perm("comms.view_outboxitem") else self.none()

    def due(self, now: dt.datetime) -> Self:
        return self.filter(state=OutboxState.WAITING, due_at__lte=now)

    def dead(self) -> Self:
        """Letters that nobody will send any more unless somebody says so."""
        return self.filter(state__in=[OutboxState.FAILED, OutboxState.UNSURE])


class ThreadQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """Conversations one takes part in; a superior reads no letters."""
        return self.filter(Exists(self._membership(user)))

    def archived_by(self, user: User, *, archived: bool) -> Self:
        return self.filter(Exists(self._membership(user).filter(archived_at__isnull=not archived)))

    @staticmethod
    def _membership(user: User) -> models.QuerySet[Any]:
        member = apps.get_model("comms", "ThreadMember")
        return member._default_manager.filter(thread=OuterRef("pk"), user=user)


class AnnouncementQuerySet(models.QuerySet[Any]):
    def current(self, today: dt.date) -> Self:
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=today), starts_on__lte=today, withdrawn_at__isnull=True
        )

    def addressed_to(self, user: User) -> Self:
        """For this person: everybody's, his department's or one above it, his role's, or his own."""
        return self.filter(
            Q(audience=Audience.ALL)
            | Q(audience=Audience.PEOPLE, people=user)
            | Q(audience=Audience.ROLES, roles=user.role_id)
            | Q(audience=Audience.DEPARTMENTS, departments__in=_branch_above(user))
        ).distinct()

    def visible_to(self, user: User, today: dt.date) -> Self:
        """What is valid and addressed to him; who published it, and who looks after all of them, see it at any time."""
        if user.has_perm("comms.change_announcement"):
            return self
        mine = self.current(today).addressed_to(user)
        return self.filter(Q(pk__in=mine.values("pk")) | Q(author=user))


def _branch_above(user: User) -> list[int]:
    """The department of `user` and those above it, read once a request (documents of team work ask for the same)."""
    if not hasattr(user, "_branch_above"):
        department = apps.get_model("accounts", "Department")
        parents = dict(department._default_manager.order_by().values_list("pk", "parent_id"))
        branch: list[int] = []
        here = user.department_id
        while here is not None and here not in branch:
            branch.append(here)
            here = parents.get(here)
        user._branch_above = branch  # type: ignore[attr-defined]
    return user._branch_above  # type: ignore[attr-defined, no-any-return]
