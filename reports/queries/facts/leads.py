"""Leads: how far they came (as crm.queries.lead_funnel counts), how soon they became customers, what came in by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from common.tables import ChoiceColumn, Column, LinkColumn, MomentColumn
from crm.enums import CaptureState, LeadStage
from crm.models import CapturedLead, Lead, LeadChannel
from crm.queries.lead_funnel import with_furthest
from crm.rules.leads import FUNNEL
from reports.enums import Unit
from reports.queries.dimensions import (
    ChoiceDimension,
    ModelDimension,
    TextDimension,
    register_dimension,
)
from reports.queries.facts.customers import counting
from reports.queries.measures import Derived, Fact, Measure, ratio, register
from reports.rules.compare import Figure
from visits.queries.reports import Seconds

_DAY = 86_400


@dataclass(frozen=True)
class StepDimension(ChoiceDimension):
    """A step of the funnel: all leads that ever came so far, also those that went on."""

    def condition(self, fact: Fact, key: str) -> Q:
        if self.path(fact) is None:
            raise ValueError(f"{fact.code} has no steps")
        return Q(furthest__gte=list(FUNNEL).index(LeadStage(self.parse(key))))


for dimension in (
    StepDimension(
        "lead_step",
        _("Step"),
        words=tuple((step.value, step.label) for step in FUNNEL),
    ),
    ChoiceDimension("lead_stage", _("Stage now"), words=tuple(LeadStage.choices)),
    ModelDimension("lead_channel", _("Channel of leads"), model=LeadChannel, none=_("No channel")),
    TextDimension("lost_reason", _("Why it was lost"), none=_("No reason given")),
    ChoiceDimension("capture_state", _("Result"), words=tuple(CaptureState.choices)),
):
    register_dimension(dimension)


# --- rows
def leads() -> QuerySet[Any]:
    """Leads outside the recycle bin with `furthest`, a place in crm.rules.leads.FUNNEL."""
    return with_furthest(Lead.objects.filter(deleted_at__isnull=True))


def lost_leads() -> QuerySet[Any]:
    return Lead.objects.filter(deleted_at__isnull=True, stage=LeadStage.LOST)


def converted_leads() -> QuerySet[Any]:
    return Lead.objects.filter(deleted_at__isnull=True, stage=LeadStage.CONVERTED, converted_at__isnull=False)


# --- columns
def lead_columns() -> Sequence[Column]:
    return [
        LinkColumn("name", _("Lead"), order=("name",), phone="title"),
        ChoiceColumn("stage", _("Stage"), order=("stage",), phone="side"),
        Column("owner", _("Owner"), path="owner.name", order=("owner__name",)),
        Column("channel", _("Channel"), path="channel.name", order=("channel__name",)),
        Column("source", _("Source"), path="source.name", order=("source__name",)),
        MomentColumn("created_at", _("Created at"), order=("created_at",)),
        MomentColumn("converted_at", _("Became a customer"), order=("converted_at",), phone=""),
        Column("lost_reason", _("Why it was lost"), order=("lost_reason",), phone=""),
    ]


def _captured_columns() -> Sequence[Column]:
    return [
        MomentColumn("received_at", _("Time"), order=("received_at",), phone="title"),
        Column("channel", _("Channel"), path="channel.name", order=("channel__name",)),
        ChoiceColumn("state", _("Result"), order=("state",), phone="side"),
        Column("lead", _("Lead"), path="lead.name", order=("lead__name",)),
        Column("reason", _("Reason"), order=("reason",)),
    ]


# --- facts
_PATHS = {
    "lead_channel": "channel_id",
    "source": "source_id",
    "region": "region_id",
    "industry": "industry_id",
    "city": "city",
}


def _lead_fact(code: str, label: Any, rows: Any, day: str, **paths: str) -> Fact:
    return Fact(
        code,
        label,
        Lead,
        rows,
        "crm.view_lead",
        lead_columns,
        day=day,
        rep="owner",
        customer="",  # most leads are none yet
        paths=_PATHS | paths,
        related=("owner", "channel", "source"),
        order=(f"-{day}", "-pk"),
    )


LEADS = _lead_fact("leads", _("Leads"), leads, "created_at", lead_stage="stage", lead_step="stage")
LOST_LEADS = _lead_fact("lost_leads", _("Lost leads"), lost_leads, "created_at", lost_reason="lost_reason")
CONVERTED_LEADS = _lead_fact(
    "converted_leads", _("Leads that became customers"), converted_leads, "converted_at"
)
CAPTURED = Fact(
    "captured_leads",
    _("Captured leads"),
    CapturedLead,
    CapturedLead.objects.all,
    "crm.view_capturedlead",
    _captured_columns,
    day="received_at",
    rep="lead__owner",
    customer="",
    paths={"lead_channel": "channel_id", "capture_state": "state"},
    related=("channel", "lead"),
    order=("-received_at", "-pk"),
)
register(LEADS, LOST_LEADS, CONVERTED_LEADS, CAPTURED)


def _reached(step: LeadStage) -> Q:
    return Q(furthest__gte=list(FUNNEL).index(step))


def _mean_days(seconds: Figure, count: Figure) -> float | None:
    return float(seconds or 0) / float(count) / _DAY if count else None


register(
    counting(
        "lead_count",
        _("Leads"),
        _(
            "Leads made in the period, whatever became of them, for their present owner; those in the recycle bin do not count."
        ),
        LEADS,
    ),
    counting(
        "lead_contacted",
        _("Contacted"),
        _("Leads made in the period that ever came as far as “contacted”."),
        LEADS,
        _reached(LeadStage.CONTACTED),
    ),
    counting(
        "lead_interested",
        _("Interested"),
        _("Leads made in the period that ever came as far as “interested”."),
        LEADS,
        _reached(LeadStage.INTERESTED),
    ),
    counting(
        "lead_negotiating",
        _("Negotiating"),
        _("Leads made in the period that ever came as far as “negotiating”."),
        LEADS,
        _reached(LeadStage.NEGOTIATING),
    ),
    counting(
        "lead_converted",
        _("Became customers"),
        _("Leads made in the period that became customers, by today."),
        LEADS,
        _reached(LeadStage.CONVERTED),
    ),
    counting(
        "lead_lost",
        _("Lost"),
        _("Leads made in the period that are lost today."),
        LEADS,
        Q(stage=LeadStage.LOST),
    ),
    Derived(
        "lead_conversion",
        _("Conversion"),
        Unit.PERCENT,
        _("Leads made in the period that became customers ÷ leads made in the period."),
        ("lead_converted", "lead_count"),
        ratio,
    ),
    Derived(
        "lead_lost_share",
        _("Lost share"),
        Unit.PERCENT,
        _("Leads made in the period that are lost today ÷ leads made in the period."),
        ("lead_lost", "lead_count"),
        ratio,
    ),
    counting(
        "lost_leads",
        _("Lost leads"),
        _("Leads made in the period that are lost today, by the reason that was noted."),
        LOST_LEADS,
    ),
    counting(
        "leads_converted",
        _("Leads converted"),
        _("Leads that became customers in the period, whenever they were made, for the owner of the lead."),
        CONVERTED_LEADS,
    ),
    Measure(
        "lead_seconds",
        _("Time to convert, in all"),
        Unit.SECONDS,
        _("From making a lead to the moment it became a customer, added up."),
        CONVERTED_LEADS,
        Sum(Seconds(F("converted_at"), F("created_at"))),
    ),
    Derived(
        "lead_days",
        _("Days to convert"),
        Unit.DAYS,
        _(
            "Mean time from making a lead to the moment it became a customer, of those converted in the period."
        ),
        ("lead_seconds", "leads_converted"),
        _mean_days,
    ),
    counting(
        "captured_count",
        _("Came in"),
        _("What channels sent in the period, each call one; in a narrower scope those whose lead is in it."),
        CAPTURED,
    ),
    counting(
        "captured_new", _("New leads"), _("Calls that made a new lead."), CAPTURED, Q(state=CaptureState.NEW)
    ),
    counting(
        "captured_known",
        _("Known already"),
        _("Calls about a lead or customer that was known already."),
        CAPTURED,
        Q(state=CaptureState.KNOWN),
    ),
    counting(
        "captured_refused",
        _("Refused"),
        _("Calls that were refused: a wrong signature, no name or no phone."),
        CAPTURED,
        Q(state=CaptureState.REFUSED),
    ),
    Derived(
        "captured_new_share",
        _("New share"),
        Unit.PERCENT,
        _("New leads ÷ what came in."),
        ("captured_new", "captured_count"),
        ratio,
    ),
)
