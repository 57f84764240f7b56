from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class LeadCapture(Report):
    code = "lead_capture"
    family = Family.FUNNEL
    label = _("Leads that come in")
    question = _("What do the channels send us, and how much of it is new?")
    measures = (
        "captured_count",
        "captured_new",
        "captured_known",
        "captured_refused",
        "captured_new_share",
    )
    dimensions = ("lead_channel", "month", "week", "day", "rep", "department")
    across = ("month", "capture_state")
    position = 50
