"""Aging of what is owed (domain-rules §6): buckets by days past the due date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Bucket:
    """Days overdue from `first` to `last`, both included; None: without end. The first bucket is what is not due."""

    key: str
    label: str | Promise
    first: int | None
    last: int | None

    def due_between(self, day: dt.date) -> tuple[dt.date | None, dt.date | None]:
        """First and last due date of what is in this bucket as of `day`; None: without end."""
        earliest = None if self.last is None else day - dt.timedelta(days=self.last)
        latest = None if self.first is None else day - dt.timedelta(days=self.first)
        return earliest, latest

    def holds(self, days: int) -> bool:
        return (self.first is None or days >= self.first) and (self.last is None or days <= self.last)


BUCKETS = (
    Bucket("not_due", _("Not due"), None, 0),
    Bucket("d30", _("1–30 days"), 1, 30),
    Bucket("d60", _("31–60 days"), 31, 60),
    Bucket("d90", _("61–90 days"), 61, 90),
    Bucket("d120", _("91–120 days"), 91, 120),
    Bucket("over", _("Over 120 days"), 121, None),
)
BY_KEY = {bucket.key: bucket for bucket in BUCKETS}


def bucket_of(due_on: dt.date, day: dt.date) -> Bucket:
    """The bucket of something due on `due_on`, as of `day`: due today is not overdue."""
    days = (day - due_on).days
    return next(bucket for bucket in BUCKETS if bucket.holds(days))
