"""What somebody asks of a report: whose rows of which days, narrowed by which dimensions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import DateTimeField, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.querysets import scope_user_ids
from common.periods import Period
from reports.queries.dimensions import DIMENSIONS
from reports.queries.measures import Fact

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """`user` None is the company itself: commands and the summary tables.

    A row counts when the person it belongs to (the rep on the slip, the owner of the customer) is in the asker's scope;
    what belongs to nobody counts for those who see everything.
    """

    user: User | None
    period: Period
    today: dt.date
    filters: Mapping[str, str] = field(default_factory=dict)  # dimension → key, as in the address

    def of(self, period: Period) -> Asked:
        return replace(self, period=period)

    def narrowed(self, **filters: str) -> Asked:
        return replace(self, filters={**self.filters, **filters})

    def rows(self, fact: Fact) -> QuerySet[Any]:
        """The rows of a fact that are asked for, in no order. ValueError for a filter that the fact cannot be
        narrowed by, or that is no key of its dimension."""
        first, last = self.period.first, self.period.last
        rows = (fact.within(first, last) if fact.within else fact.rows()).order_by()
        if fact.day:
            rows = rows.filter(**in_days(fact, first, last))
        scope = self._scope(fact)
        if scope is not None:
            rows = rows.filter(**{f"{fact.rep}__in": scope}) if fact.rep else rows.none()
        for code, key in self.filters.items():
            rows = rows.filter(DIMENSIONS[code].filter_by(fact, key))
        return rows

    def _scope(self, fact: Fact) -> frozenset[int] | None:
        """Whose rows count; None: everybody's."""
        if self.user is None:
            return None
        if fact.others and not self.user.has_perm(fact.others):
            return frozenset({self.user.pk})
        return scope_user_ids(self.user)


def in_days(fact: Fact, first: dt.date, last: dt.date) -> dict[str, Any]:
    """Condition "the business day is in first…last", for a column of days or of moments."""
    field_ = fact.model._meta.get_field(fact.day) if "__" not in fact.day else None
    if not isinstance(field_, DateTimeField):
        return {f"{fact.day}__range": (first, last)}
    zone = timezone.get_current_timezone()
    begin = dt.datetime.combine(first, dt.time(), zone)
    return {f"{fact.day}__gte": begin, f"{fact.day}__lt": dt.datetime.combine(last + _DAY, dt.time(), zone)}
