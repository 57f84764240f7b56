from __future__ import annotations

from typing import Self

from accounts.querysets import OwnedQuerySet
from crm.querysets import ByCustomerQuerySet


class AlertQuerySet(ByCustomerQuerySet):
    """Alerts are seen by whoever sees the customer."""

    def open(self) -> Self:
        return self.filter(closed_on__isnull=True)


class RepAlertQuerySet(OwnedQuerySet):
    def open(self) -> Self:
        return self.filter(closed_on__isnull=True)


class CustomerRhythmQuerySet(ByCustomerQuerySet):
    """Rhythm and customer value are seen by whoever sees the customer."""
