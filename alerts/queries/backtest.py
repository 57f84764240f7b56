"""What the back-test reads and what its page shows (E5)."""

from __future__ import annotations

import datetime as dt
from array import array
from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Count, Q

from alerts.enums import RunState
from alerts.models import Alert, BacktestRun
from alerts.rules.backtest import ACTUAL, Question, Span
from alerts.rules.rhythm import MIN_ORDERS
from sales.models import SalesOrder
from visits.models import Visit

# Kinds whose alerts say that a customer does not order, or is about to stop; by their codes, which never change.
ABOUT_ORDERS = ("rhythm", "unordered", "unsold", "unvisited")


def judged_customers(last: int) -> array[int]:
    """Keys of the customers with four order days up to `last` (ordinal), ascending: who has fewer is not looked at."""
    rows = SalesOrder.objects.counted().filter(ordered_on__lte=dt.date.fromordinal(last)).order_by()
    enough = (
        rows.values("customer_id").annotate(n=Count("ordered_on", distinct=True)).filter(n__gte=MIN_ORDERS)
    )
    return array("q", enough.order_by("customer_id").values_list("customer_id", flat=True).iterator())


def visit_days(keys: Sequence[int]) -> dict[int, list[int]]:
    """{customer: distinct days of valid visits, ascending, as ordinals}"""
    rows = Visit.objects.valid().filter(customer_id__in=list(keys)).order_by("customer_id", "day")
    found: dict[int, list[int]] = defaultdict(list)
    for customer, day in rows.values_list("customer_id", "day").distinct().iterator():
        found[customer].append(day.toordinal())
    return found


def actual_kinds(question: Question) -> list[tuple[str, str]]:
    """(kind, "actual") of the kinds about orders and visits that really opened alerts from first to last."""
    first, last = dt.date.fromordinal(question.first), dt.date.fromordinal(question.last)
    rows = Alert.objects.filter(kind__in=ABOUT_ORDERS, opened_on__range=(first, last))
    kinds = set(rows.order_by().values_list("kind", flat=True).distinct())
    return [(kind, ACTUAL) for kind in ABOUT_ORDERS if kind in kinds]


def actual_alerts(keys: Sequence[int], question: Question) -> dict[int, dict[tuple[str, str], list[Span]]]:
    """{customer: {(kind, "actual"): spans}} of the alerts that were really open some day from first to last."""
    first, last = dt.date.fromordinal(question.first), dt.date.fromordinal(question.last)
    rows = Alert.objects.filter(
        Q(closed_on__isnull=True) | Q(closed_on__gte=first),
        customer_id__in=list(keys),
        opened_on__lte=last,
        kind__in=ABOUT_ORDERS,
    )
    found: dict[int, dict[tuple[str, str], list[Span]]] = defaultdict(lambda: defaultdict(list))
    listed = rows.order_by("customer_id", "opened_on")
    for customer, kind, opened, closed in listed.values_list("customer_id", "kind", "opened_on", "closed_on"):
        found[customer][kind, ACTUAL].append((opened.toordinal(), closed.toordinal() if closed else None))
    return found


# --- for the page
def last_backtest() -> BacktestRun | None:
    """The newest one that is done, with its lines."""
    done = BacktestRun.objects.filter(state=RunState.DONE).prefetch_related("lines")
    return done.order_by("-pk").first()


def busy_or_failed_backtest() -> BacktestRun | None:
    """The newest one when it is on its way or failed."""
    newest = BacktestRun.objects.order_by("-pk").first()
    return newest if newest and newest.state != RunState.DONE else None
