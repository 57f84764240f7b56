from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class DealCycle(Report):
    code = "deal_cycle"
    family = Family.CUSTOMERS
    label = _("Deal cycle")
    question = _("How long does it take until a customer on file orders for the first time?")
    measures = ("deal_days", "first_orders")
    dimensions = (
        "rep",
        "department",
        "month",
        "quarter",
        "channel",
        "region",
        "level",
        "source",
        "industry",
        "city",
    )
    period = "year"
    position = 80
