from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class DailyReports(Report):
    code = "daily_reports"
    family = Family.BEHAVIOUR
    label = _("Daily reports")
    question = _("Who closes the day with a report, and are the reports read?")
    measures = (
        "daily_reports",
        "daily_reports_read",
    )
    dimensions = (
        "rep",
        "department",
        "day",
        "week",
        "month",
        "weekday",
    )
    charted = 2
    position = 80
