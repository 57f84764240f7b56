"""Visits: what was planned and done, how long, how well proven, who ordered (domain-rules §2, visits.queries.reports)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.business_calendar import today
from common.tables import ChoiceColumn, Column, DateColumn, FormatColumn, LinkColumn, MomentColumn
from common.templatetags.paodian import duration
from reports.enums import Unit
from reports.queries.dimensions import ChoiceDimension, ModelDimension, register_dimension
from reports.queries.facts.customers import counting, mean
from reports.queries.measures import Derived, Fact, Measure, less, ratio, register
from reports.rules.compare import Figure
from visits.enums import Fence, Grade, TaskSource, TaskStatus, VisitOutcome
from visits.models import Visit, VisitOrder, VisitTask, VisitType
from visits.queries.reports import dwell_seconds, served_condition

for dimension in (
    ChoiceDimension("visit_grade", _("Evidence"), words=tuple(Grade.choices), none=_("Not graded")),
    ChoiceDimension("visit_outcome", _("Result"), words=tuple(VisitOutcome.choices)),
    ChoiceDimension("fence", _("Location check"), words=tuple(Fence.choices)),
    ModelDimension("visit_type", _("Visit type"), model=VisitType, none=_("No type")),
    ChoiceDimension("task_source", _("Where the plan came from"), words=tuple(TaskSource.choices)),
):
    register_dimension(dimension)

_VALID = Q(check_out_at__isnull=False)
_AT_OPEN_SHOP = _VALID & ~Q(outcome=VisitOutcome.CLOSED_SHOP)


# --- rows
def tasks() -> QuerySet[Any]:
    """Tasks up to today with `served` and `shut`, as the visit report counts them."""
    rows: QuerySet[Any] = VisitTask.objects.filter(date__lte=today()).annotate(
        served=served_condition(), shut=served_condition(closed=True)
    )
    return rows


def _same_stop(visits: QuerySet[Visit]) -> QuerySet[Visit]:
    """Those of `visits` by the same rep at the same customer on the same business day as the outer visit."""
    return visits.filter(rep=OuterRef("rep"), customer=OuterRef("customer"), day=OuterRef("day"))


def stops() -> QuerySet[Any]:
    """The first visit of each rep, customer and business day: what "customers visited" counts, as rows to add up."""
    return Visit.objects.filter(~Exists(_same_stop(Visit.objects.filter(sequence__lt=OuterRef("sequence")))))


def valid_stops() -> QuerySet[Any]:
    """The first valid visit at an open shop of each rep, customer and day; `has_order`: any visit of them took an order."""
    served = Visit.objects.filter(_AT_OPEN_SHOP)
    orders = VisitOrder.objects.filter(
        visit__rep=OuterRef("rep"), visit__customer=OuterRef("customer"), visit__day=OuterRef("day")
    )
    rows = served.filter(~Exists(_same_stop(served.filter(sequence__lt=OuterRef("sequence")))))
    return rows.annotate(has_order=Exists(orders.exclude(order__status__in=("draft", "cancelled"))))


def visits_of_customers() -> QuerySet[Any]:
    """Valid visits at open shops of customers that are active today."""
    return Visit.objects.filter(_AT_OPEN_SHOP, customer__status="active")


# --- columns
def _visit_columns() -> Sequence[Column]:
    return [
        LinkColumn("customer", _("Customer"), path="customer.name", order=("customer__name",), phone="title"),
        MomentColumn("check_in_at", _("Check-in"), order=("check_in_at",)),
        FormatColumn(
            "dwell",
            _("Time in the store"),
            align="end",
            phone="side",
            draw=lambda row: duration(row.dwell) if row.dwell else "–",
        ),
        Column("rep", _("Rep"), path="rep.name", order=("rep__name",)),
        ChoiceColumn("fence", _("Location check"), order=("fence",)),
        ChoiceColumn("outcome", _("Result"), order=("outcome",)),
        Column("grade", _("Evidence"), order=("grade",)),
    ]


def _task_columns() -> Sequence[Column]:
    return [
        Column("customer", _("Customer"), path="customer.name", order=("customer__name",), phone="title"),
        DateColumn("date", _("Day"), order=("date",)),
        Column("rep", _("Rep"), path="rep.name", order=("rep__name",)),
        ChoiceColumn("status", _("Status"), order=("status",), phone="side"),
        ChoiceColumn("source", _("Where the plan came from"), order=("source",)),
        Column("skip_reason", _("Reason"), order=("skip_reason",)),
    ]


# --- facts
TASKS = Fact(
    "visit_tasks",
    _("Planned visits"),
    VisitTask,
    tasks,
    "visits.view_visit",
    _task_columns,
    day="date",
    paths={"task_source": "source"},
    related=("customer", "rep"),
    order=("-date", "-pk"),
)


def _visit_fact(code: str, label: Any, rows: Callable[[], QuerySet[Any]], rep: str = "rep") -> Fact:
    return Fact(
        code,
        label,
        Visit,
        rows,
        "visits.view_visit",
        _visit_columns,
        day="day",
        rep=rep,
        paths={
            "hour": "check_in_at",
            "visit_grade": "grade",
            "visit_outcome": "outcome",
            "fence": "fence",
            "visit_type": "visit_type_id",
        },
        related=("customer", "rep"),
        order=("-check_in_at", "-pk"),
    )


VISITS = _visit_fact("visits", _("Visits"), Visit.objects.all)
STOPS = _visit_fact("visit_stops", _("Customers visited"), stops)
VALID_STOPS = _visit_fact("valid_stops", _("Customers validly visited"), valid_stops)
COVERING = _visit_fact(
    "covering_visits", _("Visits of active customers"), visits_of_customers, rep="customer__owner"
)
register(TASKS, VISITS, STOPS, VALID_STOPS, COVERING)


def _attained(done: Figure, planned: Figure, closed: Figure) -> float | None:
    return ratio(done, less(planned, closed))


register(
    counting(
        "visits_planned",
        pgettext_lazy("visits", "Planned"),
        _("Visit tasks of these days, skipped ones included. Days ahead do not count yet."),
        TASKS,
    ),
    counting(
        "visits_done",
        pgettext_lazy("visits", "Done"),
        _("Planned tasks with a valid visit. A shop that was closed is not done."),
        TASKS,
        Q(served=True),
    ),
    counting(
        "visits_closed_shop",
        _("Shop was closed"),
        _("Planned tasks whose visit found the shop closed."),
        TASKS,
        Q(shut=True, served=False),
    ),
    counting(
        "visits_skipped",
        _("Skipped"),
        _("Planned tasks left out with a reason."),
        TASKS,
        Q(status=TaskStatus.SKIPPED),
    ),
    Derived(
        "visit_attainment",
        _("Attainment"),
        Unit.PERCENT,
        _("Planned tasks with a valid visit ÷ planned tasks. Shops that were closed leave the denominator."),
        ("visits_done", "visits_planned", "visits_closed_shop"),
        _attained,
    ),
    counting(
        "visits", _("Visits"), _("All check-ins; two visits of one customer on one day are two."), VISITS
    ),
    counting(
        "visits_valid",
        pgettext_lazy("visits", "Valid"),
        _("Visits with check-in and check-out."),
        VISITS,
        _VALID,
    ),
    counting(
        "visits_unplanned",
        _("Unplanned"),
        _("Visits that closed no task of that rep, customer and day."),
        VISITS,
        Q(task__isnull=True),
    ),
    counting(
        "visits_flagged",
        _("Flagged"),
        _("Visits with anything odd: outside the fence, unverified, wrong clock."),
        VISITS,
        ~Q(flags=[]),
    ),
    counting(
        "visits_forgotten",
        _("Not checked out"),
        _("Visits closed at the day's end without a check-out; never valid."),
        VISITS,
        Q(outcome=VisitOutcome.NOT_CHECKED_OUT),
    ),
    *(
        counting(
            f"visits_grade_{grade.value.lower()}",
            grade.label,
            _("Visits with this grade of evidence: A is proven, B plausible, C doubtful, D not proven."),
            VISITS,
            Q(grade=grade),
        )
        for grade in Grade
    ),
    Measure(
        "dwell",
        _("Time in stores"),
        Unit.SECONDS,
        _("Check-out − check-in of the valid visits, added up."),
        VISITS,
        Sum(dwell_seconds()),
        _VALID,
    ),
    Derived(
        "dwell_mean",
        _("Average time"),
        Unit.SECONDS,
        _("Check-out − check-in, mean over the valid visits."),
        ("dwell", "visits_valid"),
        mean,
    ),
    Derived(
        "flagged_share",
        _("Share flagged"),
        Unit.PERCENT,
        _("Flagged visits ÷ all visits."),
        ("visits_flagged", "visits"),
        ratio,
    ),
    counting(
        "customers_visited",
        _("Customers visited"),
        _("Distinct rep, customer and day: two visits of one customer on one day count once."),
        STOPS,
    ),
    counting(
        "customers_valid",
        _("Validly visited"),
        _("Distinct rep, customer and day with a valid visit at a shop that was open."),
        VALID_STOPS,
    ),
    counting(
        "customers_struck",
        _("Ordered at a visit"),
        _("Of the customers validly visited, those that ordered at a visit of that rep and day."),
        VALID_STOPS,
        Q(has_order=True),
    ),
    Derived(
        "strike_rate",
        _("Strike rate"),
        Unit.PERCENT,
        _(
            "Customers that ordered at a visit ÷ customers validly visited, each counted once a rep and day. Shops that"
            " were closed leave the denominator."
        ),
        ("customers_struck", "customers_valid"),
        ratio,
    ),
    Measure(
        "customers_covered",
        _("Customers covered"),
        Unit.COUNT,
        _(
            "Different active customers with a valid visit by anybody in the period, shops that were closed not counted; for"
            " their present owner."
        ),
        COVERING,
        Count("customer", distinct=True),
        additive=False,
    ),
    counting(
        "covering_visits",
        _("Their visits"),
        _("Valid visits of active customers, shops that were closed not counted; for their present owner."),
        COVERING,
    ),
    Derived(
        "coverage",
        _("Coverage"),
        Unit.PERCENT,
        _("Customers covered in the period ÷ customers that are active today."),
        ("customers_covered", "customer_active"),
        ratio,
    ),
    Derived(
        "visits_each",
        _("Visits per customer"),
        Unit.SCORE,
        _("Valid visits of active customers in the period ÷ customers covered."),
        ("covering_visits", "customers_covered"),
        mean,
    ),
)
