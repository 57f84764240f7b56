from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class RepAlerts(Report):
    code = "rep_alerts"
    family = Family.SERVICE
    label = _("Alerts of reps")
    question = _("Which reps do nothing, or far less than the average, and in what?")
    measures = (
        "rep_alerts",
        "rep_alerts_none",
        "rep_alerts_open",
    )
    dimensions = (
        "rep",
        "department",
        "rep_measure",
        "rep_alert_kind",
        "week",
        "month",
    )
    across = ("rep_measure", "month")
    position = 70
