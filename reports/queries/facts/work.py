"""Contacts with customers and leads: follow-ups by method and stage (B6)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.tables import Column, LinkColumn, MomentColumn
from crm.enums import DictionaryKind
from crm.models import FollowUp
from reports.enums import Unit
from reports.queries.dimensions import DictionaryDimension, register_dimension
from reports.queries.facts.customers import counting
from reports.queries.measures import Derived, Fact, register
from reports.rules.compare import Figure

for dimension in (
    DictionaryDimension("follow_method", _("Method"), kind=DictionaryKind.FOLLOW_METHOD.value),
    DictionaryDimension("follow_stage", _("Stage"), kind=DictionaryKind.FOLLOW_STAGE.value),
):
    register_dimension(dimension)


def _columns() -> Sequence[Column]:
    return [
        LinkColumn("text", _("Follow-up"), path="text", phone="title"),
        MomentColumn("at", _("Time"), order=("at",), phone="side"),
        Column("customer", _("Customer"), path="customer.name", order=("customer__name",)),
        Column("lead", _("Lead"), path="lead.name", order=("lead__name",)),
        Column("rep", _("Rep"), path="rep.name", order=("rep__name",)),
        Column("method", _("Method"), path="method.name", order=("method__name",)),
        Column("stage", _("Stage"), path="stage.name", order=("stage__name",)),
    ]


FOLLOW_UPS = Fact(
    "follow_ups",
    _("Follow-ups"),
    FollowUp,
    FollowUp.objects.all,
    "crm.view_followup",
    _columns,
    day="day",
    paths={"follow_method": "method_id", "follow_stage": "stage_id", "hour": "at"},
    related=("customer", "lead", "rep", "method", "stage"),
    order=("-at", "-pk"),
)
register(FOLLOW_UPS)


def _mean(total: Figure, count: Figure) -> float | None:
    return float(total or 0) / float(count) if count else None


register(
    counting(
        "follow_up_count",
        _("Follow-ups"),
        _(
            "Recorded contacts with customers and leads, on the day of the contact, for the one who wrote them."
        ),
        FOLLOW_UPS,
    ),
    counting(
        "follow_up_customers",
        _("Customers followed up"),
        _("Different customers with at least one follow-up in the period."),
        FOLLOW_UPS,
        Q(customer__isnull=False),
        "customer",
    ),
    counting(
        "follow_up_leads",
        _("Leads followed up"),
        _(
            "Different leads with at least one follow-up in the period; once converted, a lead counts as customer."
        ),
        FOLLOW_UPS,
        Q(lead__isnull=False),
        "lead",
    ),
    counting(
        "follow_up_next",
        _("With a next contact"),
        _("Follow-ups that say when the next contact is."),
        FOLLOW_UPS,
        Q(next_at__isnull=False),
    ),
    Derived(
        "follow_ups_each",
        _("Follow-ups per customer"),
        Unit.SCORE,
        _("Follow-ups of customers and leads ÷ customers and leads followed up."),
        ("follow_up_count", "follow_up_reached"),
        _mean,
    ),
    Derived(
        "follow_up_reached",
        _("Customers and leads"),
        Unit.COUNT,
        _("Customers followed up and leads followed up together."),
        ("follow_up_customers", "follow_up_leads"),
        lambda customers, leads: (customers or 0) + (leads or 0),
    ),
)
