from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class Instructions(Report):
    code = "instructions"
    family = Family.BEHAVIOUR
    label = _("Instructions")
    question = _("Whom are instructions written to, and are they read, answered and done?")
    measures = (
        "instructions",
        "instructions_read",
        "instructions_answered",
        "instructions_done",
    )
    dimensions = (
        "rep",
        "department",
        "day",
        "week",
        "month",
    )
    charted = 4
    position = 90
