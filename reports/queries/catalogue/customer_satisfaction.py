from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class CustomerSatisfaction(Report):
    code = "customer_satisfaction"
    family = Family.CUSTOMERS
    label = _("Satisfaction of customers")
    question = _("How content are customers with what was done for them?")
    measures = ("satisfaction", "satisfaction_marks", "satisfied", "satisfied_share")
    dimensions = (
        "rep",
        "department",
        "month",
        "week",
        "level",
        "channel",
        "region",
        "industry",
    )
    across = ("month", "level")
    period = "quarter"
    position = 110
