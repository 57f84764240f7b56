"""The daily report of a rep (D9): what it holds, and how it is kept. No ORM."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from visits.rules.reports import rate

BACK_DAYS = 31  # a report may be sent for so many days back
AHEAD_DAYS = 92  # a stop may be moved so many days ahead
ZERO = Decimal(0)


@dataclass(slots=True)
class Stop:
    """A customer of the day's plan: `text` is the reason of a skip or the day it was moved to."""

    customer_id: int
    name: str
    text: str = ""


@dataclass(slots=True)
class Figures:
    """One rep and business day. Money in CNY, `dwell_s` in seconds over valid visits, mileage None without a track."""

    planned: int = 0
    done: int = 0
    closed: int = 0
    visits: int = 0
    valid: int = 0
    unplanned: int = 0
    forgotten: int = 0
    flagged: int = 0
    customers: int = 0
    customers_valid: int = 0
    customers_ordered: int = 0
    dwell_s: int = 0
    orders: int = 0
    ordered: Decimal = ZERO
    van_sales: int = 0
    van_sold: Decimal = ZERO
    receipts: int = 0
    received: Decimal = ZERO
    returns: int = 0
    returned: Decimal = ZERO
    new_customers: int = 0
    follow_ups: int = 0
    mileage_m: float | None = None
    skips: list[Stop] = field(default_factory=list)
    moved: list[Stop] = field(default_factory=list)
    left: list[Stop] = field(default_factory=list)
    tomorrow: list[Stop] = field(default_factory=list)

    @property
    def attainment(self) -> float | None:
        return rate(self.done, self.planned - self.closed)

    @property
    def strike(self) -> float | None:
        return rate(self.customers_ordered, self.customers_valid)

    @property
    def dwell(self) -> dt.timedelta:
        return dt.timedelta(seconds=self.dwell_s)

    @property
    def average(self) -> dt.timedelta | None:
        return self.dwell / self.valid if self.valid else None

    @property
    def is_empty(self) -> bool:
        """Nothing was planned and nothing was done; what is planned for the next day does not count."""
        counts = (self.planned, self.visits, self.orders, self.van_sales, self.receipts, self.returns)
        return not any((*counts, self.new_customers, self.follow_ups, self.skips, self.moved, self.left))


MONEY = ("ordered", "van_sold", "received", "returned")
STOPS = ("skips", "moved", "left", "tomorrow")


def freeze(figures: Figures) -> dict[str, Any]:
    """As JSON keeps it: money as text."""
    return {**asdict(figures), **{name: str(getattr(figures, name)) for name in MONEY}}


def thaw(kept: dict[str, Any]) -> Figures:
    """What was frozen; figures that the program did not know then are nothing."""
    known = {name: kept[name] for name in Figures.__dataclass_fields__ if name in kept}
    for name in MONEY:
        known[name] = Decimal(known.get(name, "0"))
    for name in STOPS:
        known[name] = [Stop(**stop) for stop in known.get(name, ())]
    return Figures(**known)
