from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class CustomerActivity(Report):
    code = "customer_activity"
    family = Family.CUSTOMERS
    label = _("Customer activity")
    question = _("How many of our active customers ordered in the period?")
    measures = ("activity_share", "ordering_customers", "customer_active", "customer_lost", "customer_never")
    dimensions = ("rep", "department", "channel", "region", "level", "type", "industry", "city")
    compares = False  # who is active is known as of today only
    position = 60
