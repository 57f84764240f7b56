from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class VisitCounts(Report):
    code = "visit_counts"
    family = Family.BEHAVIOUR
    label = _("Visits")
    question = _("How many visits are made, how long do they last, and how many are unplanned or odd?")
    measures = (
        "visits",
        "customers_visited",
        "visits_valid",
        "visits_unplanned",
        "dwell_mean",
        "dwell",
        "visits_flagged",
        "visits_forgotten",
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
        "visit_type",
        "visit_outcome",
    )
    charted = 2
    across = ("month", "level", "channel", "visit_type")
    position = 20
