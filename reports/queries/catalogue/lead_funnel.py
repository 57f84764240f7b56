from __future__ import annotations

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from crm.enums import LeadStage
from crm.rules.leads import Funnel, FunnelCount, funnel
from reports.enums import Chart, Family, Unit
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS
from reports.queries.facts.leads import LEADS
from reports.queries.report import Report, register
from reports.rules.compare import Figure, compared, reached
from reports.rules.tables import Head, Look, Row, Table

HEADS = (
    Head(
        "lead_count",
        _("Leads"),
        Unit.COUNT,
        _("Leads made in the period that ever came as far as this step, now lost or not."),
    ),
    Head(
        "of_step_before",
        _("Of the step before"),
        Unit.PERCENT,
        _("Leads that reached this step ÷ leads that reached the step before."),
        can_drill=False,
    ),
    Head(
        "of_all_leads",
        _("Of all leads"),
        Unit.PERCENT,
        _("Leads that reached this step ÷ all leads made in the period."),
        can_drill=False,
    ),
)


@register
class LeadFunnel(Report):
    code = "lead_funnel"
    family = Family.FUNNEL
    label = _("Funnel of leads")
    question = _("How far do leads come, and where do we lose them?")
    measures = ("lead_count",)
    dimensions = ("lead_step",)
    chart = Chart.FUNNEL
    period = "quarter"
    position = 10

    def answer(self, asked: Asked, by: str, look: Look) -> Table:
        """The steps in their order; one statement a period, as crm.queries.lead_funnel counts."""
        other = compared(asked.period, look.compare, asked.today)
        asked = asked.of(reached(asked.period, asked.today))
        now = funnel_of(asked)
        before = funnel_of(asked.of(other)) if other else None
        earlier = _values(before) if before else {}
        return Table(
            by="lead_step",
            by_label=DIMENSIONS["lead_step"].label,
            heads=HEADS,
            rows=[
                Row(stage.value, str(stage.label), values, earlier.get(stage, ()))
                for stage, values in _values(now).items()
            ],
            totals=(now.created, None, now.conversion),
            before_totals=(before.created, None, before.conversion) if before else (),
            period=asked.period,
            before=other,
        )


def funnel_of(asked: Asked) -> Funnel:
    rows = asked.rows(LEADS).values_list("furthest", "stage").annotate(n=Count("pk"))
    return funnel(FunnelCount(furthest, stage == LeadStage.LOST, n) for furthest, stage, n in rows)


def _values(found: Funnel) -> dict[LeadStage, tuple[Figure, ...]]:
    return {step.stage: (step.reached, step.of_before, step.of_all) for step in found.steps}
