from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import Report, register


@register
class ReturnReasons(Report):
    code = "return_reasons"
    family = Family.PRODUCTS
    label = _("Reasons of returns")
    question = _("Why do goods come back, and can they be sold again?")
    measures = ("returned_lines", "returned_quantity", "return_slips", "return_customers")
    dimensions = ("return_reason", "goods_condition", "product", "category", "rep", "channel", "month")
    across = ("return_reason", "goods_condition", "category", "month")
    chart = Chart.PIE
    period = "quarter"
    position = 35
