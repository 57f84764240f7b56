from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class PoolNow(Report):
    code = "pool_now"
    family = Family.FUNNEL
    label = _("Customers in the pool")
    question = _("Which customers wait in the pool, and who had them last?")
    measures = ("in_pool",)
    dimensions = (
        "level",
        "rep",
        "department",
        "channel",
        "region",
        "industry",
        "source",
        "type",
        "city",
        "area",
    )
    across = ("level", "channel")
    compares = False
    has_period = False
    position = 80
