from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import ACROSS_GOODS, OF_GOODS, Report, register


@register
class ProductSales(Report):
    code = "product_sales"
    family = Family.PRODUCTS
    label = _("Product sales")
    question = _("Which goods are ordered, how much of them, and by how many customers?")
    measures = ("line_amount", "line_quantity", "line_orders", "line_customers")
    dimensions = OF_GOODS
    across = ACROSS_GOODS
    chart = Chart.BAR
    position = 10
