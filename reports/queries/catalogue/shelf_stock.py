from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import Report, register


@register
class ShelfStock(Report):
    code = "shelf_stock"
    family = Family.PRODUCTS
    label = _("Stock in the shops")
    question = _("Which goods run out in the shops, and where?")
    measures = ("shelf_out_rate", "shelf_out", "shelf_low", "shelf_lines", "shelf_customers")
    dimensions = ("product", "category", "brand", "customer", "channel", "region", "level", "rep", "month")
    across = ("channel", "region", "month")
    chart = Chart.BAR
    position = 65
