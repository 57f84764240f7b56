from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class LeadTimes(Report):
    code = "lead_times"
    family = Family.FUNNEL
    label = _("Time to convert")
    question = _("How long does it take until a lead becomes a customer?")
    measures = ("lead_days", "leads_converted")
    dimensions = ("rep", "department", "lead_channel", "source", "region", "industry", "month", "week")
    period = "quarter"
    position = 30
