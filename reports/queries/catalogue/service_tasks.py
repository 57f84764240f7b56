from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class ServiceTasks(Report):
    code = "service_tasks"
    family = Family.SERVICE
    label = _("Service and revisits")
    question = _("What becomes of the tasks for customers: made, done, in time, overdue?")
    measures = (
        "tasks_made",
        "tasks_done",
        "tasks_in_time_share",
        "tasks_late",
        "tasks_complaints",
        "satisfaction",
    )
    dimensions = (
        "rep",
        "department",
        "level",
        "channel",
        "region",
    )
    charted = 2
    compares = False  # what is overdue is known as of now only
    position = 10
