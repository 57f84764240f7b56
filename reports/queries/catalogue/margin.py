from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import Report, register


@register
class Margin(Report):
    code = "margin"
    family = Family.PERFORMANCE
    label = _("Margin")
    question = _("What is left of the sales after the cost of the goods and what was spent on customers?")
    measures = (
        "margin_revenue",
        "margin",
        "margin_rate",
        "margin_cost",
        "margin_spent",
        "margin_gross",
        "margin_gross_rate",
        "margin_unknown",
    )
    dimensions = ("rep", "department", "customer", "channel", "region", "level", "type", "month", "quarter")
    across = ("month", "channel", "region")
    chart = Chart.BAR
    charted = 2
    position = 60
