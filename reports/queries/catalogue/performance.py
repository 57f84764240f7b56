from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class Performance(Report):
    code = "performance"
    family = Family.PERFORMANCE
    label = _("Performance")
    question = _("Who ordered, sold and collected how much, and is it more than before?")
    measures = (
        "order_amount",
        "order_count",
        "order_customers",
        "order_average",
        "sold",
        "received",
        "collection_rate",
    )
    dimensions = (
        "rep",
        "department",
        "day",
        "week",
        "month",
        "quarter",
        "channel",
        "region",
        "level",
        "city",
    )
    across = ("month", "level", "channel")
    position = 10
