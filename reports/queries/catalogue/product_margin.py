from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import Report, register


@register
class ProductMargin(Report):
    code = "product_margin"
    family = Family.PRODUCTS
    label = _("Product margin")
    question = _("Which goods earn money, and where?")
    measures = ("margin_revenue", "margin_gross", "margin_gross_rate", "margin_cost", "margin_unknown")
    dimensions = ("product", "category", "brand", "region", "channel", "customer", "level", "rep", "month")
    across = ("region", "channel", "category", "brand", "month")
    chart = Chart.BAR
    charted = 2
    position = 20
