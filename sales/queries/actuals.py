"""What was reached (G8): the one place that boards, completion and targets take their actuals from.

Definitions, each by the business day of the slip and by its rep:

- new customers: customers by the day they were created, for their present owner (one in the pool counts for the company);
- order amount: totals of counted orders (submitted and not cancelled) by order date;
- sales amount: posted deliveries by delivery date, less posted returns by return date;
- money received: posted receipts by receipt date, less posted refunds by refund date;
- visits: valid visits by their day (told by the app of visits, which stands above this one);
- order amount of a category: lines of counted orders whose product is in the category or one under it, each less the
  discount of its order; the sum is rounded once, so that it may differ from order totals by cents.

What was reversed, cancelled or is a draft never counts. An imported history counts: it was ordered and sold.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django.db.models import Count, F, IntegerField, QuerySet, Sum, Value
from django.db.models.functions import ExtractMonth, ExtractYear

from common.money import round_money
from crm.models import Customer
from sales.enums import TargetMeasure
from sales.models import (
    Delivery,
    OrderLine,
    ProductCategory,
    Receipt,
    Refund,
    SalesOrder,
    SalesReturn,
    Target,
)
from sales.signals import collecting_actuals

ZERO = Decimal(0)
Reps = Collection[int] | None  # None: everybody, slips without a rep included


@dataclass(frozen=True, slots=True)
class Actual:
    """What one rep (None: nobody's) reached in one month: `plus` less `minus` (returns, refunds)."""

    rep_id: int | None
    month: dt.date  # its first day
    plus: Decimal
    minus: Decimal = ZERO

    @property
    def value(self) -> Decimal:
        return self.plus - self.minus


def actuals(
    measure: str, first: dt.date, last: dt.date, *, category_id: int | None = None, reps: Reps = None
) -> list[Actual]:
    """Actuals of a measure from `first` to `last` (both included) by rep and month, in one statement.

    CNY with two places, or a number. Reps and months without anything have no entry. `category_id` belongs to the
    measure CATEGORY_AMOUNT, which reads the categories first.
    """
    return _READERS[TargetMeasure(measure)](first, last, category_id, reps)


def _by_month(rows: QuerySet[Any], day: str, rep: str, first: dt.date, last: dt.date, reps: Reps) -> Any:
    rows = rows.filter(**{f"{day}__range": (first, last)})
    if reps is not None:
        rows = rows.filter(**{f"{rep}__in": reps})
    return rows.order_by().values_list(F(f"{rep}_id"), ExtractYear(day), ExtractMonth(day))


def _of(rows: Iterable[tuple[Any, ...]]) -> list[Actual]:
    """Rows (rep, year, month, sum)."""
    return [
        Actual(rep, dt.date(year, month, 1), round_money(Decimal(sum_))) for rep, year, month, sum_ in rows
    ]


def _new_customers(first: dt.date, last: dt.date, category_id: int | None, reps: Reps) -> list[Actual]:
    return _of(
        _by_month(Customer.objects.all(), "created_on", "owner", first, last, reps).annotate(Count("pk"))
    )


def _order_amount(first: dt.date, last: dt.date, category_id: int | None, reps: Reps) -> list[Actual]:
    rows = _by_month(SalesOrder.objects.counted(), "ordered_on", "rep", first, last, reps)
    return _of(rows.annotate(Sum("total")))


def _net(
    plus: tuple[QuerySet[Any], str],
    minus: tuple[QuerySet[Any], str],
    first: dt.date,
    last: dt.date,
    reps: Reps,
) -> list[Actual]:
    """Two kinds of slips against each other: one statement, a UNION of two groupings."""
    parts = [
        _by_month(rows, day, "rep", first, last, reps).annotate(
            sum=Sum("amount"), sign=Value(sign, IntegerField())
        )
        for sign, (rows, day) in ((1, plus), (-1, minus))
    ]
    sums: dict[tuple[int | None, dt.date], list[Decimal]] = {}
    for rep, year, month, amount, sign in parts[0].union(parts[1], all=True):
        entry = sums.setdefault((rep, dt.date(year, month, 1)), [ZERO, ZERO])
        entry[sign < 0] += round_money(Decimal(amount))
    return [Actual(rep, month, gained, lost) for (rep, month), (gained, lost) in sums.items()]


def _sales_amount(first: dt.date, last: dt.date, category_id: int | None, reps: Reps) -> list[Actual]:
    sold = (Delivery.objects.posted(), "issued_on")
    return _net(sold, (SalesReturn.objects.posted(), "returned_on"), first, last, reps)


def _receipts(first: dt.date, last: dt.date, category_id: int | None, reps: Reps) -> list[Actual]:
    paid = (Receipt.objects.posted(), "received_on")
    return _net(paid, (Refund.objects.posted(), "refunded_on"), first, last, reps)


def _visits(first: dt.date, last: dt.date, category_id: int | None, reps: Reps) -> list[Actual]:
    found = collecting_actuals.send(
        sender=Target, measure=TargetMeasure.VISITS, first=first, last=last, reps=reps
    )
    answers = cast("list[tuple[Any, Iterable[tuple[Any, ...]] | None]]", found)
    return [actual for _receiver, rows in answers for actual in _of(rows or ())]


def _category_amount(first: dt.date, last: dt.date, category_id: int | None, reps: Reps) -> list[Actual]:
    """Grouped by the order's discount, too: taking it off in Decimal is exact on every database."""
    if category_id is None:
        raise ValueError("a category amount needs its category")
    lines = OrderLine.objects.filter(
        order__in=SalesOrder.objects.counted().filter(ordered_on__range=(first, last)),
        product__category__in=categories_under(category_id),
    )
    if reps is not None:
        lines = lines.filter(order__rep__in=reps)
    rows = (
        lines.order_by()
        .values_list(
            "order__rep_id",
            ExtractYear("order__ordered_on"),
            ExtractMonth("order__ordered_on"),
            "order__discount",
        )
        .annotate(Sum("amount"))
    )
    sums: dict[tuple[int | None, dt.date], Decimal] = {}
    for rep, year, month, discount, amount in rows:
        key = (rep, dt.date(year, month, 1))
        sums[key] = sums.get(key, ZERO) + round_money(Decimal(amount)) * (1 - Decimal(discount))
    return [Actual(rep, month, round_money(amount)) for (rep, month), amount in sums.items()]


def categories_under(category_id: int) -> set[int]:
    """The category and all under it."""
    ids, rest = {category_id}, list(ProductCategory.objects.values_list("pk", "parent_id"))
    while found := {pk for pk, parent in rest if parent in ids and pk not in ids}:
        ids |= found
    return ids


_READERS: dict[TargetMeasure, Callable[[dt.date, dt.date, int | None, Reps], list[Actual]]] = {
    TargetMeasure.NEW_CUSTOMERS: _new_customers,
    TargetMeasure.ORDER_AMOUNT: _order_amount,
    TargetMeasure.SALES_AMOUNT: _sales_amount,
    TargetMeasure.RECEIPTS: _receipts,
    TargetMeasure.VISITS: _visits,
    TargetMeasure.CATEGORY_AMOUNT: _category_amount,
}
