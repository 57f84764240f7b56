"""Aging of open bills by due date, as of today or of any day gone by (domain-rules §6).

As of today the open columns of the bills answer, and a page of them is sorted, cut and summed up by the database in one
statement: a list of 20,000 debtors costs more to bring here than to add up. As of a day gone by, what was billed by then less what was set against
it by then: two sums over bills and allocations, joined here, not a sum for each bill.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import (
    DecimalField,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, Round

from accounts.models import Department, User
from common.money import round_money
from crm.models import Customer
from sales.models import Allocation, Bill
from sales.rules.aging import BUCKETS, Bucket

MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)
ZERO = Decimal("0.00")
_CHUNK = 1000
_OPEN = F("amount") - F("settled")
_IS_OPEN = Q(status="posted", amount__gt=F("settled"))  # as BillQuerySet.open()

# by: where the key stands in a bill's row, and whose key it is
GROUPS: dict[str, tuple[str, type[Any]]] = {
    "customer": ("customer_id", Customer),
    "rep": ("customer__owner_id", User),
    "department": ("customer__owner__department_id", Department),
}

# One row with `count` and the sums over all groups, then a page of groups without it. What a bucket lacks is NULL.
_NAMES = [f"a{position}" for position in range(len(BUCKETS))]
_AMOUNTS = ", ".join(f"COALESCE({name}, 0) AS {name}" for name in _NAMES)
_SUMS = ", ".join(f"COALESCE(ROUND(SUM({name}), 2), 0)" for name in _NAMES)
_OVERDUE, _TOTAL = (f"ROUND({' + '.join(names)}, 2)" for names in (_NAMES[1:], _NAMES))
_PAGE = f"""
WITH grouped (who, {", ".join(_NAMES)}) AS ({{grouped}}),
owed AS (SELECT who, {_AMOUNTS} FROM grouped)
SELECT COUNT(*) AS count, CAST(NULL AS bigint) AS who, {_SUMS} FROM owed
UNION ALL
SELECT * FROM (
    SELECT CAST(NULL AS bigint), who, {", ".join(_NAMES)} FROM owed
    ORDER BY {_OVERDUE} DESC, {_TOTAL} DESC, COALESCE(who, 0) DESC LIMIT %s OFFSET %s
) AS page
"""  # noqa: S608 - names of our own; `grouped` is the ORM's statement with its parameters beside it


@dataclass(slots=True)
class AgingRow:
    """What a customer, rep or department owes, in CNY, by bucket in the order of BUCKETS."""

    key: int | None
    amounts: list[Decimal] = field(default_factory=lambda: [ZERO] * len(BUCKETS))
    name: str = ""

    @property
    def total(self) -> Decimal:
        return sum(self.amounts, ZERO)

    @property
    def overdue(self) -> Decimal:
        return sum(self.amounts[1:], ZERO)


@dataclass(frozen=True, slots=True)
class AgingPage:
    """Some of the rows, in the order of `aging`, with the sums over all of them and how many they are."""

    rows: list[AgingRow]
    total: AgingRow
    count: int


def aging(bills: QuerySet[Bill], *, day: dt.date, today: dt.date, by: str = "customer") -> list[AgingRow]:
    """Rows of GROUPS[by] that owe something as of `day`, most overdue first; `with_names` names those that are shown.

    Grouped by keys alone: joining names to half a million bills costs more than adding them up.
    """
    key, _model = GROUPS[by]
    if day >= today:
        found = _by_bucket(bills.filter(_IS_OPEN), day, _OPEN, key)
        rows = [AgingRow(pk, [amount or ZERO for amount in amounts]) for pk, *amounts in found]
    else:
        rows = _standing(bills, day, key)
    return _in_order(rows)


def aging_page(
    bills: QuerySet[Bill],
    *,
    day: dt.date,
    today: dt.date,
    by: str = "customer",
    start: int = 0,
    size: int = 50,
) -> AgingPage:
    """The `size` rows of `aging` from `start` on (0: the first); those of a day gone by are summed up here."""
    if day < today:
        rows = aging(bills, day=day, today=today, by=by)
        return AgingPage(rows[start : start + size], total_of(rows), len(rows))
    key, _model = GROUPS[by]
    try:
        grouped, params = _by_bucket(bills.filter(_IS_OPEN), day, _OPEN, key).query.sql_with_params()
    except EmptyResultSet:  # a filter that nothing can fit
        return AgingPage([], AgingRow(None), 0)
    with connections[bills.db].cursor() as cursor:
        cursor.execute(_PAGE.format(grouped=grouped), [*params, size, start])
        found = [_read(row) for row in cursor.fetchall()]
    [total] = [(count, row) for count, row in found if count is not None]
    rows = _in_order(row for count, row in found if count is None)
    return AgingPage(rows, total[1], total[0])


def _in_order(rows: Iterable[AgingRow]) -> list[AgingRow]:
    """Most overdue first; of two that owe the same the younger customer, as _PAGE has them."""
    order = [(row.overdue, row.total, row.key or 0, row) for row in rows]
    return [row for *_key, row in sorted(order, key=lambda line: line[:3], reverse=True)]


def _read(row: Sequence[Any]) -> tuple[int | None, AgingRow]:
    """A row of _PAGE; SQLite gives floats, which are cents all the same."""
    count, key, *amounts = row
    return count, AgingRow(key, [round_money(Decimal(str(amount))) for amount in amounts])


def _standing(bills: QuerySet[Bill], day: dt.date, key: str) -> list[AgingRow]:
    """What was billed by the end of `day`, less what was set against it by then."""
    paid = {pk: amounts for pk, *amounts in _by_bucket(_paid_by(bills, day), day, F("paying__amount"), key)}
    rows = []
    for pk, *billed in _by_bucket(billed_by(bills, day), day, F("amount"), key):
        less = paid.get(pk, [])
        left = [had or ZERO for had in billed]
        for position, amount in enumerate(less):
            if amount is not None:
                left[position] = round_money(left[position] - amount)
        if any(left):
            rows.append(AgingRow(pk, left))
    return rows


def with_names(rows: Sequence[AgingRow], by: str) -> Sequence[AgingRow]:
    """The same rows, each with the name of its customer, rep or department; a statement for each 1,000."""
    _key, model = GROUPS[by]
    names: dict[int, str] = {}
    keys = [row.key for row in rows if row.key is not None]
    for start in range(0, len(keys), _CHUNK):
        found = model._default_manager.filter(pk__in=keys[start : start + _CHUNK]).order_by()
        names.update(found.values_list("pk", "name"))
    for row in rows:
        row.name = names.get(row.key, "") if row.key is not None else ""
    return rows


def total_of(rows: Iterable[AgingRow]) -> AgingRow:
    """The sums over all rows."""
    total = AgingRow(None)
    for row in rows:
        total.amounts = [a + b for a, b in zip(total.amounts, row.amounts, strict=True)]
    return total


def _paid_by(bills: QuerySet[Bill], day: dt.date) -> QuerySet[Bill]:
    """A row for each allocation `paying` that stood at the end of `day`, of the bills that counted then."""
    released = Q(allocations__released_on__isnull=True) | Q(allocations__released_on__gt=day)
    stood = FilteredRelation("allocations", condition=Q(allocations__made_on__lte=day) & released)
    return billed_by(bills, day).annotate(paying=stood).filter(paying__isnull=False)


def due_q(bucket: Bucket, day: dt.date, due: str = "due_on") -> Q:
    """Condition "in this bucket as of `day`" on bills, or on rows whose due day is called `due`."""
    earliest, latest = bucket.due_between(day)
    condition = Q()
    if earliest is not None:
        condition &= Q(**{f"{due}__gte": earliest})
    if latest is not None:
        condition &= Q(**{f"{due}__lte": latest})
    return condition


def _by_bucket(rows: QuerySet[Any], day: dt.date, amount: Any, key: str) -> QuerySet[Any]:
    """(key, CNY of each bucket or None); rounded by the database, because SQLite adds floats."""
    sums = {
        bucket.key: Round(
            Sum(amount, filter=due_q(bucket, day), output_field=MONEY), precision=2, output_field=MONEY
        )
        for bucket in BUCKETS
    }
    found: QuerySet[Any] = rows.order_by().values_list(key).annotate(**sums)
    return found


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
