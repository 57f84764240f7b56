from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class WorkReportsSent(Report):
    code = "work_reports_sent"
    family = Family.BEHAVIOUR
    label = _("Work reports")
    question = _("How many work reports are due and sent, how many late, and how many are read?")
    measures = (
        "work_reports",
        "work_reports_due",
        "work_reports_missing",
        "work_reports_sent_share",
        "work_reports_in_time_share",
        "work_reports_late",
        "work_reports_late_share",
        "work_reports_read",
        "work_reports_read_share",
    )
    dimensions = (
        "work_report_kind",
        "rep",
        "department",
        "week",
        "month",
    )
    charted = 1
    across = ("work_report_kind", "month")
    position = 70
