from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import Report, register


@register
class LeadLost(Report):
    code = "lead_lost"
    family = Family.FUNNEL
    label = _("Why leads are lost")
    question = _("For which reasons do we lose leads?")
    measures = ("lost_leads",)
    dimensions = ("lost_reason", "lead_channel", "source", "rep", "department", "region", "month")
    across = ("lead_channel", "source", "rep", "month")
    chart = Chart.PIE
    period = "quarter"
    position = 40
