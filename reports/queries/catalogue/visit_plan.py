from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class VisitPlan(Report):
    code = "visit_plan"
    family = Family.BEHAVIOUR
    label = _("Planned visits")
    question = _("How much of what was planned was visited, and how many of the visits led to an order?")
    measures = (
        "visits_planned",
        "visits_done",
        "visit_attainment",
        "visits_closed_shop",
        "visits_skipped",
        "customers_visited",
        "customers_valid",
        "strike_rate",
    )
    dimensions = (
        "rep",
        "department",
        "day",
        "week",
        "month",
        "level",
        "channel",
        "region",
    )
    charted = 2
    across = ("month", "level")
    position = 10
