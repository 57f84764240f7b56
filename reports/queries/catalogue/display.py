from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import Report, register


@register
class Display(Report):
    code = "display"
    family = Family.PRODUCTS
    label = _("Display on the shelf")
    question = _("How do our goods stand in the shops?")
    measures = ("facings", "facings_mean", "display_customers", "display_lines")
    dimensions = ("product", "category", "brand", "customer", "channel", "region", "level", "rep", "month")
    across = ("channel", "region", "level", "month")
    chart = Chart.BAR
    position = 60
