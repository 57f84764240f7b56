"""Aging of open bills by due date, as of today or of any day gone by (domain-rules §6).

As of today the open columns of the bills answer. As of a day gone by, what was billed by then less what was set against
it by then: two sums over bills and allocations, joined here, not a sum for each bill.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    DecimalField,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Round

from common.money import round_money
from sales.models import Allocation, Bill
from sales.rules.aging import BUCKETS, Bucket

MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)
ZERO = Decimal("0.00")
_OPEN = F("amount") - F("settled")

# by: (key, name) of the bill's row
GROUPS = {
    "customer": ("customer_id", "customer__name"),
    "rep": ("customer__owner_id", "customer__owner__name"),
    "department": ("customer__owner__department_id", "customer__owner__department__name"),
}


@dataclass(slots=True)
class AgingRow:
    """What a customer, rep or department owes, in CNY, by bucket in the order of BUCKETS."""

    key: int | None
    name: str
    amounts: list[Decimal] = field(default_factory=lambda: [ZERO] * len(BUCKETS))

    @property
    def total(self) -> Decimal:
        return sum(self.amounts, ZERO)

    @property
    def overdue(self) -> Decimal:
        return sum(self.amounts[1:], ZERO)


def aging(bills: QuerySet[Bill], *, day: dt.date, today: dt.date, by: str = "customer") -> list[AgingRow]:
    """Rows of GROUPS[by] that owe something as of `day`, most overdue first."""
    key, name = GROUPS[by]
    rows: dict[int | None, AgingRow] = {}
    if day >= today:
        found = _by_bucket(bills.open(), day, _OPEN, key, name)
        _add(rows, found, 1)
    else:
        _add(rows, _by_bucket(billed_by(bills, day), day, F("amount"), key, name), 1)
        _add(rows, _by_bucket(_paid_by(bills, day), day, F("paying__amount"), key, name), -1)
    owing = (row for row in rows.values() if row.total)
    return sorted(owing, key=lambda row: (-row.overdue, -row.total, row.name))


def total_of(rows: Iterable[AgingRow]) -> AgingRow:
    """The sums over all rows."""
    total = AgingRow(None, "")
    for row in rows:
        total.amounts = [a + b for a, b in zip(total.amounts, row.amounts, strict=True)]
    return total


def _paid_by(bills: QuerySet[Bill], day: dt.date) -> QuerySet[Bill]:
    """A row for each allocation `paying` that stood at the end of `day`, of the bills that counted then."""
    released = Q(allocations__released_on__isnull=True) | Q(allocations__released_on__gt=day)
    stood = FilteredRelation("allocations", condition=Q(allocations__made_on__lte=day) & released)
    return billed_by(bills, day).annotate(paying=stood).filter(paying__isnull=False)


def due_q(bucket: Bucket, day: dt.date, prefix: str = "") -> Q:
    """Condition "in this bucket as of `day`" on bills, or on rows that name theirs by `prefix`."""
    earliest, latest = bucket.due_between(day)
    condition = Q()
    if earliest is not None:
        condition &= Q(**{f"{prefix}due_on__gte": earliest})
    if latest is not None:
        condition &= Q(**{f"{prefix}due_on__lte": latest})
    return condition


def _by_bucket(
    rows: QuerySet[Any], day: dt.date, amount: Any, key: str, name: str
) -> Iterable[tuple[Any, ...]]:
    sums = {
        bucket.key: Sum(Case(When(due_q(bucket, day), then=amount), output_field=MONEY), output_field=MONEY)
        for bucket in BUCKETS
    }
    return rows.order_by().values_list(key, name).annotate(**sums)


def _add(rows: dict[int | None, AgingRow], found: Iterable[tuple[Any, ...]], sign: int) -> None:
    for key, name, *amounts in found:
        row = rows.setdefault(key, AgingRow(key, name or ""))
        row.amounts = [
            had if amount is None else had + sign * round_money(amount)
            for had, amount in zip(row.amounts, amounts, strict=True)
        ]


# --- as of a day
def billed_by(bills: QuerySet[Bill], day: dt.date) -> QuerySet[Bill]:
    """Bills that counted as of the end of `day`: dated by then and not reversed by then."""
    return bills.filter(Q(status="posted") | Q(reversed_on__gt=day), billed_on__lte=day)


def standing_on(allocations: QuerySet[Allocation], day: dt.date) -> QuerySet[Allocation]:
    """Allocations that stood as of the end of `day`."""
    return allocations.filter(Q(released_on__isnull=True) | Q(released_on__gt=day), made_on__lte=day)


def with_open_on(bills: QuerySet[Bill], day: dt.date) -> QuerySet[Bill]:
    """Bills of that day with `open_then`, what of each was open at its end, in CNY: for a page of rows."""
    paid = (
        standing_on(Allocation.objects.filter(bill=OuterRef("pk")), day)
        .order_by()
        .values("bill")
        .annotate(sum=Sum("amount"))
        .values("sum")
    )
    settled = Coalesce(Subquery(paid, output_field=MONEY), Value(Decimal(0)), output_field=MONEY)
    return billed_by(bills, day).annotate(
        open_then=Round(F("amount") - settled, precision=2, output_field=MONEY)
    )
