from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from alerts.queries.open_tasks import missed_tasks
from alerts.queries.words import short_day
from alerts.rules import Default, Kind, Scope, Watch, register
from visits.enums import TaskSource
from visits.models import VisitTask

SINGLE = (TaskSource.ONE_OFF, TaskSource.ALERT, TaskSource.MANAGER)


@register
class TaskDue(Kind):
    """A single visit task whose day passed: R is the first of them."""

    code = "task_due"
    label = _("Task due")
    order = 80
    colour = "cyan"
    icon = "checklist"
    period = _("Days of grace")
    defaults = (Default(0),)
    about = _("A visit task given for one day was not done on it.")
    watches = (
        Watch(VisitTask, columns=("customer_id", "status", "date", "source"), events=("update", "delete")),
    )

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return missed_tasks(scope, SINGLE)

    def finding(self, base_on: dt.date, facts: Mapping[str, Any]) -> str:
        text = ngettext(
            "%(n)s visit task not done, due on %(day)s",
            "%(n)s visit tasks not done, the first due on %(day)s",
            facts["tasks"],
        )
        return text % {"n": facts["tasks"], "day": short_day(base_on)}
