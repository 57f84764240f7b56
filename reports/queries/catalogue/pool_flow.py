from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class PoolFlow(Report):
    code = "pool_flow"
    family = Family.FUNNEL
    label = _("Pool flow")
    question = _("Who takes customers out of the pool, and who gives them back or loses them?")
    measures = (
        "pool_claimed",
        "pool_assigned",
        "pool_released",
        "pool_recycled",
        "pool_balance",
    )
    dimensions = ("rep", "department", "month", "week", "day", "level", "channel", "region")
    charted = 4
    position = 60
