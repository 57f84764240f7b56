from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import Report, register


@register
class VisitHours(Report):
    code = "visit_hours"
    family = Family.BEHAVIOUR
    label = _("Visits by weekday and hour")
    question = _("On which days and at what hours are customers visited?")
    measures = (
        "visits",
        "visits_valid",
        "dwell_mean",
    )
    dimensions = (
        "weekday",
        "hour",
        "rep",
        "department",
    )
    across = ("hour", "weekday")
    chart = Chart.HEAT
    position = 30
