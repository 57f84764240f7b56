from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class AlertsNow(Report):
    code = "alerts_now"
    family = Family.SERVICE
    label = _("Open alerts")
    question = _("Which alerts are open now, and whose customers are they about?")
    measures = ("alerts_open",)
    dimensions = (
        "alert_kind",
        "rep",
        "department",
        "level",
        "channel",
        "region",
        "type",
        "city",
    )
    across = ("level", "alert_kind", "channel")
    compares = False
    has_period = False
    position = 40
