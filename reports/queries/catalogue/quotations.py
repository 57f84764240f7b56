from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import Report, register


@register
class Quotations(Report):
    code = "quotations"
    family = Family.PERFORMANCE
    label = _("Quotations and what became of them")
    question = _("How much was offered, and how many offers became orders?")
    measures = (
        "quote_count",
        "quotes_ordered",
        "quote_conversion",
        "quote_amount",
        "quotes_order_amount",
        "quotes_rejected",
        "quotes_expired",
    )
    dimensions = ("rep", "department", "customer", "channel", "region", "level", "month", "quarter")
    across = ("quote_outcome", "month")
    chart = Chart.BAR
    charted = 2
    period = "quarter"
    position = 80
