"""What each rep did over a window of business days, and how that compares (domain-rules §4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum, TextField, Value
from django.db.models.functions import Cast, Concat

from accounts.models import User
from alerts.enums import RepMeasure
from alerts.models import RepAlertRule
from alerts.queries.rules import department_parents
from alerts.rules import Comparison, compare_reps, department_paths
from common.business_calendar import last_business_days
from common.money import round_money
from sales.models import Delivery, SalesOrder
from visits.models import Visit

# {rep: (count, value)} of those who did anything
Figures = dict[int, tuple[int, Decimal]]


@dataclass(frozen=True)
class RepBoard:
    """One rule's window and comparison; `days` are business days, oldest first."""

    rule: RepAlertRule
    days: tuple[dt.date, ...]
    reps: tuple[User, ...]
    comparison: Comparison


def _count(rows: QuerySet[Any]) -> Figures:
    found = rows.order_by().values_list("rep_id").annotate(n=Count("pk"))
    return {rep: (n, Decimal(n)) for rep, n in found if rep is not None}


def _amount(rows: QuerySet[Any], column: str) -> Figures:
    found = rows.order_by().values_list("rep_id").annotate(n=Count("pk"), sum=Sum(column))
    return {rep: (n, round_money(amount or Decimal(0))) for rep, n, amount in found if rep is not None}


def _visits(days: Sequence[dt.date]) -> QuerySet[Any]:
    return Visit.objects.valid().filter(day__in=days)


def _visited_customers(days: Sequence[dt.date]) -> Figures:
    # Distinct (rep, customer, day), §2: two visits to one shop on one day are one customer visited.
    shop_and_day = Concat(
        Cast("customer_id", TextField()), Value("/"), Cast("day", TextField()), output_field=TextField()
    )
    found = _visits(days).order_by().values_list("rep_id").annotate(n=Count(shop_and_day, distinct=True))
    return {rep: (n, Decimal(n)) for rep, n in found}


def _orders(days: Sequence[dt.date]) -> QuerySet[Any]:
    return SalesOrder.objects.counted().filter(ordered_on__in=days)


def _sales(days: Sequence[dt.date]) -> QuerySet[Any]:
    return Delivery.objects.posted().filter(issued_on__in=days)


_MEASURES: dict[str, Callable[[Sequence[dt.date]], Figures]] = {
    RepMeasure.VISITS: lambda days: _count(_visits(days)),
    RepMeasure.CUSTOMERS: _visited_customers,
    RepMeasure.ORDERS: lambda days: _count(_orders(days)),
    RepMeasure.ORDER_AMOUNT: lambda days: _amount(_orders(days), "total"),
    RepMeasure.SALES: lambda days: _count(_sales(days)),
    RepMeasure.SALES_AMOUNT: lambda days: _amount(_sales(days), "amount"),
}


def figures(measure: RepMeasure | str, days: Sequence[dt.date]) -> Figures:
    """{rep id: (count, value)} of one measure over `days`, in one statement; reps with nothing are left out."""
    return _MEASURES[measure](days)


def rep_boards(rules: Iterable[RepAlertRule], today: dt.date) -> list[RepBoard]:
    """Judge every rule on the business days before `today`, which is excluded (§4).

    The average runs over all active reps of the rule's department and its children, those with nothing included.
    Equal windows of one measure are read once.
    """
    reps = list(User.objects.reps().order_by("pk"))
    paths = department_paths(department_parents())
    known: dict[tuple[str, tuple[dt.date, ...]], Figures] = {}
    boards = []
    for rule in rules:
        days = tuple(last_business_days(today, rule.window_days, working_only=rule.working_days_only))
        key = (rule.measure, days)
        if key not in known:
            known[key] = figures(rule.measure, days)
        scope = tuple(
            rep
            for rep in reps
            if rule.department_id is None or rule.department_id in paths.get(rep.department_id or 0, ())
        )
        did = {rep.pk: known[key].get(rep.pk, (0, Decimal(0))) for rep in scope}
        comparison = compare_reps(
            {pk: value for pk, (_n, value) in did.items()},
            {pk: n for pk, (n, _value) in did.items()},
            rule.threshold_percent,
        )
        boards.append(RepBoard(rule, days, scope, comparison))
    return boards
