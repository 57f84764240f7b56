from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class SatisfactionMarks(Report):
    code = "satisfaction_marks"
    family = Family.CUSTOMERS
    label = _("Marks of satisfaction")
    question = _("How many customers gave five, four, three, two or one?")
    measures = ("satisfaction_marks",)
    dimensions = ("marks", "rep", "month")
    across = ("rep", "month", "level")
    period = "quarter"
    position = 120
