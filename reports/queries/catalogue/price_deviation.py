from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import Report, register


@register
class PriceDeviation(Report):
    code = "price_deviation"
    family = Family.PRODUCTS
    label = _("Prices below the list")
    question = _("Where do we sell below the list price, and what does it cost us?")
    measures = (
        "price_gap",
        "price_gap_share",
        "listed_amount",
        "listed_net",
        "below_list_lines",
        "below_list_share",
        "listed_lines",
    )
    dimensions = (
        "product",
        "rep",
        "customer",
        "category",
        "brand",
        "department",
        "channel",
        "region",
        "month",
    )
    across = ("rep", "channel", "month")
    chart = Chart.BAR
    position = 50
