from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from alerts.queries.open_tasks import missed_tasks
from alerts.queries.words import short_day
from alerts.rules import Default, Kind, Scope, Threshold, Watch, register
from visits.enums import TaskSource
from visits.models import VisitTask

RECURRING = (TaskSource.PLAN, TaskSource.ROUTE, TaskSource.UPLOAD)


@register
class PlanMissed(Kind):
    """Visits that a plan or a route asked for and nobody made since the last valid one: R is the first of them."""

    code = "plan_missed"
    label = _("Plan missed")
    order = 70
    colour = "indigo"
    icon = "calendar-off"
    period = _("Days of grace")
    threshold = Threshold(_("From so many missed visits"), _("visits"), least=Decimal(1))
    defaults = (Default(0, threshold=Decimal(2)),)
    about = _("Planned visits passed without a valid one since.")
    watches = (
        Watch(VisitTask, columns=("customer_id", "status", "date", "source"), events=("update", "delete")),
    )

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return missed_tasks(scope, RECURRING)

    def finding(self, base_on: dt.date, facts: Mapping[str, Any]) -> str:
        text = ngettext(
            "%(n)s planned visit missed, the first on %(day)s",
            "%(n)s planned visits missed, the first on %(day)s",
            facts["tasks"],
        )
        return text % {"n": facts["tasks"], "day": short_day(base_on)}
