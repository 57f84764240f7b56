"""What upper apps know of one customer, as plain values: answers to `crm.signals.collecting_facts`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class MoneyFacts:
    """CNY (domain-rules §6): owed, of it overdue, and approved but not delivered; `open_orders` is a number."""

    receivable: Decimal
    overdue: Decimal
    undelivered: Decimal
    open_orders: int

    @property
    def exposure(self) -> Decimal:
        """Receivable + approved undelivered orders."""
        return self.receivable + self.undelivered

    def credit_left(self, limit: Decimal | None) -> Decimal | None:
        """What may still be ordered within the limit, negative when it is exceeded; None without a limit."""
        return None if limit is None else limit - self.exposure


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """Valid visits of this month, the next open task from today on, the customer's own rhythm in days."""

    this_month: int
    next_task_on: dt.date | None
    rhythm_days: int | None


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """Open alerts: how many, and by how many days the visit is overdue (None: it is not)."""

    open: int
    unvisited_days: int | None
