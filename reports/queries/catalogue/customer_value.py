from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Family
from reports.queries.report import Report, register


@register
class CustomerValue(Report):
    code = "customer_value"
    family = Family.CUSTOMERS
    label = _("Customer value")
    question = _("How many customers of each class of value are there, and what are they worth?")
    measures = ("valued_count", "valued_money", "valued_average", "valued_falling", "valued_silent")
    dimensions = ("rfm", "trend", "level", "channel", "region", "rep", "department")
    across = ("rfm", "trend", "level")
    chart = Chart.PIE
    compares = False
    has_period = False
    position = 90
