from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class VisitsToOrder(Report):
    code = "visits_to_order"
    family = Family.PERFORMANCE
    label = _("From first visit to first order")
    question = _("How many days and visits does it take from the first visit to the first order?")
    measures = ("visit_deal_days", "visits_to_deal", "first_orders_visited", "first_orders", "deal_days")
    dimensions = (
        "rep",
        "department",
        "channel",
        "region",
        "level",
        "type",
        "industry",
        "source",
        "month",
        "quarter",
    )
    period = "year"
    position = 70
