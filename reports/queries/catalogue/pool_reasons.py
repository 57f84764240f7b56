from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class PoolReasons(Report):
    code = "pool_reasons"
    family = Family.FUNNEL
    label = _("Why customers go to the pool")
    question = _("Which rule takes customers back, and from whom?")
    measures = ("pool_given", "pool_recycled", "pool_released")
    dimensions = ("pool_clock", "rep", "department", "month", "level", "channel", "region")
    across = ("pool_clock", "rep", "month")
    position = 70
