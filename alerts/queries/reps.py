"""What each rep did over a window of business days, and how that compares (domain-rules §4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum, TextField, Value
from django.db.models.functions import Cast, Concat

from accounts.models import User
from alerts.enums import RepMeasure
from alerts.models import RepAlertRule
from alerts.queries.rules import department_parents
from alerts.rules import Comparison, Standing, compare_reps, department_paths
from common.business_calendar import last_business_days
from common.money import round_money
from sales.models import Delivery, SalesOrder
from territory.models import TrackDay
from visits.models import Visit

# {rep: (count, value)} of those who did anything
Figures = dict[int, tuple[int, Decimal]]
Days = tuple[dt.date, ...]


@dataclass(frozen=True)
class RepBoard:
    """One rule's window and comparison; `days` are business days, oldest first."""

    rule: RepAlertRule
    days: Days
    reps: tuple[User, ...]
    comparison: Comparison

    def standing(self, rep_id: int) -> Standing | None:
        """Where this rep stands; None when he is not compared."""
        return next((found for found in self.comparison.standings if found.rep_id == rep_id), None)


# Distinct (rep, customer, day), §2: two visits to one shop on one day are one customer visited.
SHOP_AND_DAY = Concat(
    Cast("customer_id", TextField()), Value("/"), Cast("day", TextField()), output_field=TextField()
)
# What is read from the same rows, and so in one statement.
VISITS = (RepMeasure.VISITS, RepMeasure.CUSTOMERS)
ORDERS = (RepMeasure.ORDERS, RepMeasure.ORDER_AMOUNT)
SALES = (RepMeasure.SALES, RepMeasure.SALES_AMOUNT)
TRACKS = (RepMeasure.TRACKED_DAYS,)
AMOUNTS = (RepMeasure.ORDER_AMOUNT, RepMeasure.SALES_AMOUNT)


def visit_rows(days: Sequence[dt.date]) -> QuerySet[Any]:
    """The visits that count on these business days (§2)."""
    return Visit.objects.valid().filter(day__in=days)


def order_rows(days: Sequence[dt.date]) -> QuerySet[Any]:
    """The orders that count on these business days."""
    return SalesOrder.objects.counted().filter(ordered_on__in=days)


def sale_rows(days: Sequence[dt.date]) -> QuerySet[Any]:
    """The deliveries that count on these business days."""
    return Delivery.objects.posted().filter(issued_on__in=days)


def track_rows(days: Sequence[dt.date]) -> QuerySet[Any]:
    """Days on which a position was stored at all, which happens in working hours only (§7)."""
    return TrackDay.objects.filter(day__in=days)


def figures(measure: RepMeasure | str, days: Sequence[dt.date]) -> Figures:
    """{rep id: (count, value)} of one measure over `days`, in one statement; reps with nothing are left out."""
    return read_figures({RepMeasure(measure)}, days)[RepMeasure(measure)]


def read_figures(measures: Iterable[RepMeasure], days: Sequence[dt.date]) -> dict[RepMeasure, Figures]:
    """Figures of several measures over `days`: one statement each for visits, orders, sales and tracks."""
    wanted = set(measures)
    found: dict[RepMeasure, Figures] = {}
    if wanted & set(VISITS):
        found |= _visits(days, with_customers=RepMeasure.CUSTOMERS in wanted)
    if wanted & set(ORDERS):
        found |= dict(zip(ORDERS, _slips(order_rows(days), "total"), strict=True))
    if wanted & set(SALES):
        found |= dict(zip(SALES, _slips(sale_rows(days), "amount"), strict=True))
    if wanted & set(TRACKS):
        tracked = track_rows(days).order_by().values_list("rep_id").annotate(n=Count("pk"))
        found[RepMeasure.TRACKED_DAYS] = {rep: (n, Decimal(n)) for rep, n in tracked}
    return found


def _visits(days: Sequence[dt.date], *, with_customers: bool) -> dict[RepMeasure, Figures]:
    rows = visit_rows(days).order_by().values("rep_id").annotate(n=Count("pk"))
    # Counting distinct values costs a sort of all visits; most rules do without.
    if with_customers:
        rows = rows.annotate(shops=Count(SHOP_AND_DAY, distinct=True))
    found = list(rows)
    figures = {RepMeasure.VISITS: {row["rep_id"]: (row["n"], Decimal(row["n"])) for row in found}}
    if with_customers:
        figures[RepMeasure.CUSTOMERS] = {
            row["rep_id"]: (row["shops"], Decimal(row["shops"])) for row in found
        }
    return figures


def _slips(rows: QuerySet[Any], column: str) -> tuple[Figures, Figures]:
    """(by number, by amount) of slips; those without a rep are nobody's."""
    found = rows.filter(rep__isnull=False).order_by().values_list("rep_id")
    summed = list(found.annotate(n=Count("pk"), sum=Sum(column)))
    numbers = {rep: (n, Decimal(n)) for rep, n, _amount in summed}
    return numbers, {rep: (n, round_money(amount or Decimal(0))) for rep, n, amount in summed}


@dataclass(frozen=True)
class Window:
    """Over which business days a rule compares which reps."""

    rule: RepAlertRule
    days: Days
    reps: tuple[User, ...]


def windows(rules: Iterable[RepAlertRule], today: dt.date) -> list[Window]:
    """Every rule's business days before `today`, which is excluded, and its reps: the active ones of its department
    and the children (§4). Two statements."""
    reps = list(User.objects.reps().order_by("pk"))
    paths = department_paths(department_parents())
    found = []
    for rule in rules:
        days = tuple(last_business_days(today, rule.window_days, working_only=rule.working_days_only))
        scope = tuple(
            rep
            for rep in reps
            if rule.department_id is None or rule.department_id in paths.get(rep.department_id or 0, ())
        )
        found.append(Window(rule, days, scope))
    return found


def compare(found: Iterable[Window]) -> list[RepBoard]:
    """The reps of each window compared; those with nothing count. Equal windows are read once, whatever the number
    of rules: four statements each at most."""
    found = list(found)
    wanted: dict[Days, set[RepMeasure]] = {}
    for window in found:
        wanted.setdefault(window.days, set()).add(RepMeasure(window.rule.measure))
    known = {days: read_figures(measures, days) for days, measures in wanted.items()}
    boards = []
    for window in found:
        done = known[window.days][RepMeasure(window.rule.measure)]
        did = {rep.pk: done.get(rep.pk, (0, Decimal(0))) for rep in window.reps}
        comparison = compare_reps(
            {pk: value for pk, (_n, value) in did.items()},
            {pk: n for pk, (n, _value) in did.items()},
            window.rule.threshold_percent,
        )
        boards.append(RepBoard(window.rule, window.days, window.reps, comparison))
    return boards


def rep_boards(rules: Iterable[RepAlertRule], today: dt.date) -> list[RepBoard]:
    """Judge every rule on the business days before `today` (§4)."""
    return compare(windows(rules, today))
