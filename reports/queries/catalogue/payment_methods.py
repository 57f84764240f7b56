from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import Report, register


@register
class PaymentMethods(Report):
    code = "payment_methods"
    family = Family.PERFORMANCE
    label = _("Ways of paying")
    question = _("In which way do customers pay?")
    measures = (
        "received_gross",
        "receipt_count",
        "receipt_average",
        "receipt_customers",
        "refunded",
        "received",
    )
    dimensions = ("payment_method", "rep", "department", "channel", "region", "month")
    across = ("payment_method", "month", "rep")
    chart = Chart.PIE
    position = 45
