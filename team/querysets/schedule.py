"""Whose entries of the schedule (H2) somebody sees, and how much of them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.querysets import scope_q

if TYPE_CHECKING:
    from accounts.models import User


def _rows(model: str) -> models.QuerySet[Any]:
    # By name, because the models import this module.
    found: models.QuerySet[Any] = apps.get_model("team", model)._default_manager.all()
    return found


class ScheduleEntryQuerySet(models.QuerySet[Any]):
    """One's own, those one is invited to, and those that people in one's scope have or are invited to, the private
    ones left out.

    Of a `busy` entry a superior sees the time alone, so pages that tell more start from `readable_by`.
    """

    def visible_to(self, user: User) -> Self:
        return self.filter(self._own(user) | (self._of_people(user) & ~Q(visibility="private")))

    def readable_by(self, user: User) -> Self:
        """Those whose words `user` may read."""
        return self.filter(self._own(user) | (self._of_people(user) & Q(visibility="open")))

    def on_schedule_of(self, person: User) -> Self:
        """What stands in this person's calendar: his own, and invitations that he has not declined."""
        invited = _rows("ScheduleInvitation").filter(person=person).exclude(answer="declined")
        return self.filter(Q(owner=person) | Q(pk__in=invited.values("entry_id")))

    def touching(self, since: dt.datetime, until: dt.datetime) -> Self:
        """What may take place between these moments: a series by its ends, an occurrence that was moved by its own."""
        within = Q(starts_at__lt=until) & (Q(last_end_at__isnull=True) | Q(last_end_at__gt=since))
        moved = _rows("ScheduleException").filter(
            entry=OuterRef("pk"), starts_at__lt=until, ends_at__gt=since
        )
        return self.filter(within | Exists(moved))

    @staticmethod
    def _own(user: User) -> Q:
        return Q(owner=user) | Q(pk__in=_rows("ScheduleInvitation").filter(person=user).values("entry_id"))

    @staticmethod
    def _of_people(user: User) -> Q:
        asked = _rows("ScheduleInvitation").filter(scope_q(user, "person"))
        return scope_q(user, "owner") | Q(pk__in=asked.values("entry_id"))
