from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import Report, register


@register
class Gifts(Report):
    code = "gifts"
    family = Family.PRODUCTS
    label = _("Gifts given")
    question = _("What was given for nothing, to whom, and how much is it of what was sold?")
    measures = ("gift_worth", "gift_share", "gift_quantity", "gift_customers", "sold_lines_gross")
    dimensions = (
        "product",
        "category",
        "brand",
        "rep",
        "department",
        "customer",
        "channel",
        "region",
        "month",
    )
    across = ("month", "channel", "rep")
    chart = Chart.BAR
    position = 40
