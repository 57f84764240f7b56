from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class CustomerStock(Report):
    code = "customer_stock"
    family = Family.CUSTOMERS
    label = _("Customers on file")
    question = _("Which customers do we have, and which of them trade, are lost or never ordered?")
    measures = (
        "customer_count",
        "customer_active",
        "customer_traded",
        "traded_share",
        "customer_lost",
        "lost_share",
        "customer_never",
    )
    dimensions = (
        "level",
        "standing",
        "channel",
        "region",
        "industry",
        "source",
        "type",
        "scale",
        "city",
        "area",
        "rep",
        "department",
    )
    across = ("level", "standing", "channel")
    compares = False
    has_period = False
    position = 10
