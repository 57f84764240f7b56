from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from accounts.querysets import OwnedQuerySet, scope_q, scope_user_ids
from crm.querysets import customer_scope_q

if TYPE_CHECKING:
    from accounts.models import User


class TaskQuerySet(OwnedQuerySet):
    """Tasks belong to their rep."""

    def open(self) -> Self:
        return self.filter(status="open")

    def missed(self, today: dt.date) -> Self:
        return self.filter(status="open", date__lt=today)


class VisitQuerySet(models.QuerySet[Any]):
    """Visits are seen by their rep's scope and by whoever sees the customer."""

    def visible_to(self, user: User) -> Self:
        if scope_user_ids(user) is None:
            return self.all()
        return self.filter(scope_q(user, "rep") | customer_scope_q(user, "customer"))

    def valid(self) -> Self:
        """With check-in and check-out (domain-rules §2)."""
        return self.filter(check_out_at__isnull=False)

    def open(self) -> Self:
        return self.filter(status="open")


class LineQuerySet(models.QuerySet[Any]):
    """Lines of reports from stores are seen with their report."""

    def visible_to(self, user: User) -> Self:
        if scope_user_ids(user) is None:
            return self.all()
        return self.filter(scope_q(user, "report__rep") | customer_scope_q(user, "report__customer"))


class PlanQuerySet(OwnedQuerySet):
    pass


class DailyReportQuerySet(OwnedQuerySet):
    """Reports are seen by their rep's scope, and by whom they were sent to."""

    def visible_to(self, user: User) -> Any:
        return self.filter(scope_q(user, "rep") | Q(reader=user))
