from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class VisitCoverage(Report):
    code = "visit_coverage"
    family = Family.BEHAVIOUR
    label = _("Coverage")
    question = _("How many of our active customers are visited, and how often?")
    measures = (
        "coverage",
        "customers_covered",
        "customer_active",
        "covering_visits",
        "visits_each",
    )
    dimensions = (
        "rep",
        "department",
        "level",
        "channel",
        "region",
    )
    compares = False  # who is active is known as of today only
    position = 35
