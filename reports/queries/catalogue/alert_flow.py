from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class AlertFlow(Report):
    code = "alert_flow"
    family = Family.SERVICE
    label = _("Alerts opened and closed")
    question = _("How many alerts are opened and closed, how soon, and after a visit or order?")
    measures = (
        "alerts_opened",
        "alerts_closed",
        "alert_days",
        "alerts_acted",
        "alerts_acted_share",
    )
    dimensions = (
        "alert_kind",
        "rep",
        "department",
        "day",
        "week",
        "month",
        "level",
        "channel",
        "region",
    )
    charted = 2
    across = ("alert_kind", "month", "level")
    position = 50
