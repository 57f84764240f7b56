from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Q

from accounts.querysets import EVERYTHING, scope_q, scope_user_ids
from common.business_calendar import today
from crm.querysets import customer_scope_q
from team.enums import CustomerTaskStatus

if TYPE_CHECKING:
    from accounts.models import User

LIVE = (CustomerTaskStatus.OPEN, CustomerTaskStatus.DOING)


def live_share_q() -> Q:
    """Shares of tasks that have not ended: the last day is the last on which the colleague sees it."""
    return Q(last_day__isnull=True) | Q(last_day__gte=today())


def _shared_with(user: User, *, write: bool = False) -> models.QuerySet[Any]:
    # By name, because the models import this module.
    shares = apps.get_model("team", "TaskShare")._default_manager.filter(live_share_q(), user=user)
    return (shares.filter(can_write=True) if write else shares).values("task_id")


class CustomerTaskQuerySet(models.QuerySet[Any]):
    """Seen through the one who has the task, who gave it, whom it is shared with, and through its customer, so that a
    customer's new owner sees what was done for him."""

    def visible_to(self, user: User) -> Self:
        if scope_user_ids(user) is None:
            return self.filter(EVERYTHING)
        return self.filter(
            scope_q(user, "assignee")
            | Q(creator=user)
            | Q(pk__in=_shared_with(user))
            | customer_scope_q(user, "customer")
        )

    def editable_by(self, user: User) -> Self:
        """Like visible_to, but a share must allow writing, and the customer alone is no reason."""
        if scope_user_ids(user) is None:
            return self.filter(EVERYTHING)
        return self.filter(
            scope_q(user, "assignee") | Q(creator=user) | Q(pk__in=_shared_with(user, write=True))
        )

    def live(self) -> Self:
        return self.filter(status__in=LIVE)

    def late(self, now: dt.datetime) -> Self:
        """Not finished, and its time is over."""
        return self.live().filter(due_at__lt=now)

    def given_by(self, user: User) -> Self:
        """Tasks of his making that another has."""
        return self.filter(creator=user).exclude(assignee=user)

    def shared_with(self, user: User) -> Self:
        return self.filter(pk__in=_shared_with(user))

    def of_team(self, user: User) -> Self:
        """What the people in his scope have, himself left out."""
        return self.filter(scope_q(user, "assignee")).exclude(assignee=user)
