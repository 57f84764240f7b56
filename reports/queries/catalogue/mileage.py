from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class Mileage(Report):
    code = "mileage"
    family = Family.BEHAVIOUR
    label = _("Mileage")
    question = _("How far do reps drive, how much of it is a detour, and on which days is there no track?")
    measures = (
        "mileage",
        "tracked_days",
        "mileage_mean",
        "track_stays",
        "detour",
        "track_gaps",
        "field_days",
        "untracked_days",
    )
    dimensions = (
        "rep",
        "department",
        "day",
        "week",
        "month",
        "weekday",
    )
    across = ("month", "weekday")
    position = 60
