"""What customers are worth by their class, how content they are, and the contacts that people enter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from auditlog.models import LogEntry
from django.db.models import Case, Q, QuerySet, Sum, Value, When
from django.utils.translation import gettext_lazy as _

from alerts.enums import RfmClass, Trend
from alerts.models import CustomerRhythm
from common.business_calendar import today
from common.tables import (
    ChoiceColumn,
    Column,
    DateColumn,
    LinkColumn,
    MomentColumn,
    MoneyColumn,
    NumberColumn,
)
from reports.enums import Unit
from reports.queries.dimensions import ChoiceDimension, register_dimension
from reports.queries.facts.customers import counting, mean
from reports.queries.measures import Derived, Fact, Measure, mean_money, ratio, register
from team.models import CustomerTask

SATISFIED = 4  # marks of five

for dimension in (
    ChoiceDimension("rfm", _("Customer value"), words=tuple(RfmClass.choices), none=_("No class")),
    ChoiceDimension("trend", _("Trend"), words=tuple(Trend.choices), none=_("No trend")),
    ChoiceDimension(
        "marks", _("Satisfaction"), words=tuple((str(mark), "★" * mark) for mark in range(5, 0, -1))
    ),
):
    register_dimension(dimension)


def valued() -> QuerySet[Any]:
    """As alerts.queries.rhythm.visible_rhythms, of everybody, those with a class."""
    rows = CustomerRhythm.objects.filter(customer__status="active", customer__owner__isnull=False)
    silent = Case(When(limit_on__lt=today(), then=Value(True)), default=Value(False))
    known: QuerySet[Any] = rows.filter(frequency__gt=0).annotate(is_silent=silent)
    return known


def marked() -> QuerySet[Any]:
    rows: QuerySet[Any] = CustomerTask.objects.filter(satisfaction__isnull=False, done_at__isnull=False)
    return rows


def entered_contacts() -> QuerySet[Any]:
    """Entries of the audit log: a contact itself has no day."""
    rows: QuerySet[Any] = LogEntry.objects.filter(
        content_type__app_label="crm", content_type__model="contact", action=LogEntry.Action.CREATE
    )
    return rows


def _rhythm_columns() -> Sequence[Column]:
    return [
        LinkColumn(
            "customer",
            _("Customer"),
            path="customer.name",
            order=("customer__name",),
            phone="title",
            url=lambda row: str(row.customer.get_absolute_url()),
        ),
        Column("owner", _("Owner"), path="customer.owner.name", order=("customer__owner__name",)),
        ChoiceColumn("rfm", _("Customer value"), order=("rfm",)),
        ChoiceColumn("trend", _("Trend"), order=("trend",)),
        NumberColumn("frequency", _("Order days in a year"), order=("frequency",)),
        MoneyColumn("money", _("Ordered in a year"), order=("money",), phone="side"),
        DateColumn("last_on", _("Last order"), order=("last_on",)),
    ]


def _task_columns() -> Sequence[Column]:
    return [
        LinkColumn("title", _("Task"), order=("title",), phone="title"),
        Column("customer", _("Customer"), path="customer.name", order=("customer__name",)),
        Column("assignee", _("Rep"), path="assignee.name", order=("assignee__name",)),
        NumberColumn("satisfaction", _("Satisfaction"), order=("satisfaction",), phone="side"),
        MomentColumn("done_at", _("Finished at"), order=("done_at",)),
    ]


def _contact_columns() -> Sequence[Column]:
    return [
        Column("contact", _("Contact"), path="object_repr", order=("object_repr",), phone="title"),
        Column("actor", _("Entered by"), path="actor.name", order=("actor__name",)),
        MomentColumn("timestamp", _("Entered at"), order=("timestamp",), phone="side"),
    ]


VALUED = Fact(
    "valued_customers",
    _("Customers with a value class"),
    CustomerRhythm,
    valued,
    "alerts.view_customerrhythm",
    _rhythm_columns,
    rep="customer__owner",
    paths={"rfm": "rfm", "trend": "trend"},
    related=("customer__owner",),
    order=("-money", "pk"),
)
MARKED = Fact(
    "satisfaction_marks",
    _("Tasks with a mark of satisfaction"),
    CustomerTask,
    marked,
    "team.view_customertask",
    _task_columns,
    day="done_at",
    rep="assignee",
    paths={"marks": "satisfaction"},
    related=("customer", "assignee"),
    order=("-done_at", "-pk"),
)
ENTERED_CONTACTS = Fact(
    "entered_contacts",
    _("Contacts entered"),
    LogEntry,
    entered_contacts,
    "crm.view_contact",
    _contact_columns,
    day="timestamp",
    rep="actor",
    customer="",
    related=("actor",),
    order=("-timestamp", "-pk"),
)
register(VALUED, MARKED, ENTERED_CONTACTS)

register(
    counting(
        "valued_count",
        _("Customers"),
        _(
            "Active customers with an owner that ordered within a year, by their class of recency, frequency and money."
        ),
        VALUED,
    ),
    Measure(
        "valued_money",
        _("Ordered in a year"),
        Unit.MONEY,
        _("Their counted orders of the last 365 days."),
        VALUED,
        Sum("money"),
    ),
    counting(
        "valued_falling",
        _("Falling"),
        _("Those whose orders of the last 90 days fell against the 90 days before."),
        VALUED,
        Q(trend=Trend.FALLING),
    ),
    counting(
        "valued_silent",
        _("Silent too long"),
        _("Those that have been silent for longer than their own rhythm lets expect."),
        VALUED,
        Q(is_silent=True),
    ),
    Derived(
        "valued_average",
        _("A year and customer"),
        Unit.MONEY,
        _("Ordered in a year ÷ customers of the class."),
        ("valued_money", "valued_count"),
        mean_money,
    ),
    counting(
        "satisfaction_marks",
        _("Marks"),
        _(
            "Customer tasks done in the period for which the customer's satisfaction was noted, by the one who had the task."
        ),
        MARKED,
    ),
    Measure(
        "satisfaction_sum",
        _("Sum of marks"),
        Unit.COUNT,
        _("Marks of satisfaction, one to five, added up."),
        MARKED,
        Sum("satisfaction"),
    ),
    counting(
        "satisfied", _("Satisfied"), _("Marks of four or five."), MARKED, Q(satisfaction__gte=SATISFIED)
    ),
    Derived(
        "satisfaction",
        _("Satisfaction"),
        Unit.SCORE,
        _("Mean mark of satisfaction, one to five, of the tasks done in the period."),
        ("satisfaction_sum", "satisfaction_marks"),
        mean,
    ),
    Derived(
        "satisfied_share",
        _("Satisfied share"),
        Unit.PERCENT,
        _("Marks of four or five ÷ marks."),
        ("satisfied", "satisfaction_marks"),
        ratio,
    ),
    counting(
        "entered_contacts",
        _("New contacts"),
        _(
            "Contacts entered by hand in the period, by the audit log, for the one who entered them; those of an import are not among them."
        ),
        ENTERED_CONTACTS,
    ),
)
