from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class LeadConversion(Report):
    code = "lead_conversion"
    family = Family.FUNNEL
    label = _("Conversion of leads")
    question = _("Which channels, sources and reps turn leads into customers?")
    measures = (
        "lead_count",
        "lead_contacted",
        "lead_interested",
        "lead_negotiating",
        "lead_converted",
        "lead_conversion",
        "lead_lost",
        "lead_lost_share",
    )
    dimensions = (
        "lead_channel",
        "source",
        "rep",
        "department",
        "region",
        "industry",
        "city",
        "month",
        "week",
        "lead_stage",
    )
    across = ("lead_stage", "month")
    period = "quarter"
    position = 20
