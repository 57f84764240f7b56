from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class FollowUps(Report):
    code = "follow_ups"
    family = Family.BEHAVIOUR
    label = _("Follow-ups")
    question = _("How often are customers and leads followed up, by whom, how and in which stage?")
    measures = (
        "follow_up_count",
        "follow_up_customers",
        "follow_up_leads",
        "follow_ups_each",
        "follow_up_next",
    )
    dimensions = (
        "follow_method",
        "follow_stage",
        "rep",
        "department",
        "day",
        "week",
        "month",
        "level",
        "channel",
        "region",
        "hour",
        "weekday",
    )
    across = ("follow_method", "follow_stage", "weekday", "hour", "month")
    position = 50
