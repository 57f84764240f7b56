from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class CustomerSales(Report):
    code = "customer_sales"
    family = Family.CUSTOMERS
    label = _("Sales by kind of customer")
    question = _("Which kinds of customers and which regions buy how much?")
    measures = (
        "order_amount",
        "order_count",
        "order_customers",
        "order_average",
        "sold",
        "received",
    )
    dimensions = (
        "region",
        "channel",
        "level",
        "type",
        "industry",
        "source",
        "scale",
        "maturity",
        "city",
        "area",
    )
    across = ("level", "channel", "month", "rep")
    position = 30
