from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class ServiceKinds(Report):
    code = "service_kinds"
    family = Family.SERVICE
    label = _("Tasks by kind")
    question = _("Sales, service, revisit: how many tasks of each kind, and are they done in time?")
    measures = (
        "tasks_made",
        "tasks_complaints",
        "tasks_done",
        "tasks_in_time",
        "tasks_in_time_share",
    )
    dimensions = (
        "task_kind",
        "month",
        "week",
        "day",
        "rep",
        "department",
    )
    charted = 1
    across = ("task_kind", "month")
    position = 20
