from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import Report, register


@register
class OrderSummary(Report):
    code = "order_summary"
    family = Family.PERFORMANCE
    label = _("Orders by state and payment")
    question = _(
        "Which orders were written, where do they stand, how are they to be paid, and how much is still to deliver?"
    )
    measures = ("order_amount", "order_count", "order_average", "order_customers", "open_order_amount")
    dimensions = (
        "order_status",
        "payment_method",
        "order_source",
        "rep",
        "department",
        "customer",
        "channel",
        "region",
        "month",
    )
    across = ("order_status", "payment_method", "order_source", "month")
    chart = Chart.PIE
    position = 30
