from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class VisitEvidence(Report):
    code = "visit_evidence"
    family = Family.BEHAVIOUR
    label = _("Evidence of visits")
    question = _("How well are the visits proven, and how many are flagged?")
    measures = (
        "visits_grade_a",
        "visits_grade_b",
        "visits_grade_c",
        "visits_grade_d",
        "visits_flagged",
        "visits",
        "flagged_share",
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
        "fence",
    )
    charted = 4
    position = 40
