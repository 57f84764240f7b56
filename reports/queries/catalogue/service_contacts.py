from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.report import Report, register


@register
class ServiceContacts(Report):
    code = "service_contacts"
    family = Family.SERVICE
    label = _("Contacts inside tasks")
    question = _("How are customers contacted for tasks, and what comes of it?")
    measures = (
        "task_contacts",
        "contacted_tasks",
        "task_contacts_solved",
        "solved_share",
        "task_contacts_missed",
    )
    dimensions = (
        "follow_method",
        "contact_result",
        "task_kind",
        "rep",
        "department",
        "day",
        "week",
        "month",
        "level",
        "channel",
        "region",
    )
    across = ("contact_result", "follow_method", "task_kind", "month")
    position = 30
