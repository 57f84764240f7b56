from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import Report, register


@register
class ProductReturns(Report):
    code = "product_returns"
    family = Family.PRODUCTS
    label = _("Returns")
    question = _("Which goods come back, from whom, and how much of what was delivered?")
    measures = (
        "returned_lines",
        "return_rate",
        "returned_quantity",
        "return_slips",
        "return_customers",
        "sold_lines_gross",
    )
    dimensions = (
        "product",
        "category",
        "brand",
        "customer",
        "rep",
        "department",
        "region",
        "channel",
        "month",
    )
    across = ("month", "region", "channel")
    chart = Chart.BAR
    period = "quarter"
    position = 30
