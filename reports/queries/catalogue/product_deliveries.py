from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import ACROSS_GOODS, OF_GOODS, Report, register


@register
class ProductDeliveries(Report):
    code = "product_deliveries"
    family = Family.PRODUCTS
    label = _("Goods delivered")
    question = _("What was delivered and kept, in quantity and amount?")
    measures = ("sold_lines", "sold_quantity", "sold_lines_gross", "sold_quantity_gross", "returned_lines")
    dimensions = OF_GOODS
    across = ACROSS_GOODS
    chart = Chart.BAR
    position = 15
