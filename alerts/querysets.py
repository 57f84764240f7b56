from __future__ import annotations

import datetime as dt
from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.querysets import OwnedQuerySet
from crm.querysets import ByCustomerQuerySet


class AlertQuerySet(ByCustomerQuerySet):
    """Alerts are seen by whoever sees the customer."""

    def open(self) -> Self:
        return self.filter(closed_on__isnull=True)

    def awake(self, today: dt.date) -> Self:
        """Those that nobody put off beyond today: on the day they were put off until they are back."""
        return self.filter(Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=today))

    def snoozed(self, today: dt.date) -> Self:
        return self.filter(snoozed_until__gt=today)


class SnoozeQuerySet(models.QuerySet[Any]):
    def live(self) -> Self:
        """Not taken back; whether its day has come is another matter."""
        return self.filter(ended_at__isnull=True)


class RepAlertQuerySet(OwnedQuerySet):
    def open(self) -> Self:
        return self.filter(closed_on__isnull=True)


class CustomerRhythmQuerySet(ByCustomerQuerySet):
    """Rhythm and customer value are seen by whoever sees the customer."""
