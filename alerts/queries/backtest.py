"""What the back-test reads and what its page shows (E5)."""

from __future__ import annotations

import datetime as dt
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alerts.enums import RunState
from alerts.models import Alert, BacktestLine, BacktestRun, RhythmState
from alerts.queries.rhythm import quantile_words
from alerts.rules import label_of
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
@dataclass(frozen=True)
class Point:
    """One parameter in the chart of a kind: recall to the right, precision upwards, in a picture 600 × 300."""

    line: BacktestLine
    label: str
    x: float
    y: float


@dataclass(frozen=True)
class Curve:
    """One kind in the chart, its parameters in order; `path` joins them."""

    kind: str
    label: str
    points: list[Point]
    path: str


@dataclass(frozen=True)
class BacktestView:
    """A result as the page shows it. `headline` is the share that is said first; `is_actual` whether of real alerts."""

    run: BacktestRun
    lines: list[tuple[str, str, BacktestLine]]  # kind and parameter in words
    curves: list[Curve]
    headline: float | None
    is_actual: bool
    undecided: int

    @classmethod
    def of(cls, run: BacktestRun) -> BacktestView:
        """Real alerts speak first; while none is decided, today's limit of the own rhythm does."""
        lines = list(run.lines.all())
        actual = [line for line in lines if line.parameter == ACTUAL and line.decided]
        spoken = actual or [
            line for line in lines if line.kind == "rhythm" and line.parameter == _present_quantile()
        ]
        decided = sum(line.decided for line in spoken)
        return cls(
            run=run,
            lines=[(label_of(line.kind), parameter_words(line), line) for line in lines],
            curves=_curves(lines),
            headline=sum(line.right for line in spoken) / decided if decided else None,
            is_actual=bool(actual),
            undecided=sum(line.undecided for line in spoken),
        )


def parameter_words(line: BacktestLine) -> str:
    """ "after 14 days", "9 of 10 gaps", "as opened" """
    if line.parameter == ACTUAL:
        return _("as really opened")
    if line.kind == "rhythm":
        return quantile_words(round(float(line.parameter) * 100))
    days = int(line.parameter)
    return ngettext("after %(n)s day", "after %(n)s days", days) % {"n": days}


def _present_quantile() -> str:
    state = RhythmState.objects.filter(pk=1).first() or RhythmState()
    return str(state.quantile / 100)


def _curves(lines: Sequence[BacktestLine]) -> list[Curve]:
    curves = []
    for kind in dict.fromkeys(line.kind for line in lines):
        points = [
            Point(line, parameter_words(line), 50 + line.recall * 530, 270 - line.precision * 250)
            for line in lines
            if line.kind == kind and line.parameter != ACTUAL
            if line.precision is not None and line.recall is not None
        ]
        if points:
            path = " ".join(f"{point.x:.1f},{point.y:.1f}" for point in points)
            curves.append(Curve(kind, label_of(kind), points, path))
    return curves


def last_backtest() -> BacktestRun | None:
    """The newest one that is done, with its lines."""
    done = BacktestRun.objects.filter(state=RunState.DONE).prefetch_related("lines")
    return done.order_by("-pk").first()


def unfinished_backtest() -> BacktestRun | None:
    """The newest one when it is on its way or failed."""
    newest = BacktestRun.objects.order_by("-pk").first()
    return newest if newest and newest.state != RunState.DONE else None
