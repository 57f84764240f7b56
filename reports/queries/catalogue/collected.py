from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import Report, register


@register
class Collections(Report):
    code = "collections"
    family = Family.PERFORMANCE
    label = _("Collections")
    question = _("Who brought in how much money, and how does it compare with what was sold?")
    measures = (
        "received",
        "sold",
        "collection_rate",
        "receipt_count",
        "receipt_average",
        "refunded",
    )
    dimensions = (
        "rep",
        "department",
        "customer",
        "channel",
        "region",
        "level",
        "day",
        "week",
        "month",
        "quarter",
    )
    across = ("month", "channel", "region")
    chart = Chart.BAR
    charted = 2
    position = 40
