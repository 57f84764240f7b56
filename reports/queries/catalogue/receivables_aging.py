from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import Report, register


@register
class Aging(Report):
    code = "aging"
    family = Family.PERFORMANCE
    label = _("Aging of receivables")
    question = _("Who owes us how much today, and for how long has it been due?")
    measures = (
        "receivable",
        "owed_not_due",
        "owed_d30",
        "owed_d60",
        "owed_d90",
        "owed_d120",
        "owed_over",
        "overdue_share",
    )
    dimensions = ("rep", "customer", "department", "channel", "region", "level", "type", "city")
    across = ("due_bucket",)
    chart = Chart.BAR
    compares = False
    has_period = False
    position = 50
