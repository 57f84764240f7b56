"""Service and revisit statistics (H1), on the page and as Excel."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cached_property
from typing import Any

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common import business_calendar
from common.exports import rows_response
from common.periods import PRESETS, parse_period
from common.signals import data_exported
from team.enums import CustomerTaskKind, TaskContactResult
from team.models import CustomerTask
from team.queries.task_statistics import SERVED, Asked, Statistics, statistics
from team.queries.tasks import people_of
from team.views.task_list import VIEW, me

KINDS = {
    "served": (gettext_lazy("Service and revisit"), SERVED),
    "service": (gettext_lazy("Service"), (CustomerTaskKind.SERVICE,)),
    "complaints": (gettext_lazy("Complaints"), (CustomerTaskKind.SERVICE,)),
    "revisit": (gettext_lazy("Revisit"), (CustomerTaskKind.REVISIT,)),
    "all": (gettext_lazy("All kinds"), tuple(CustomerTaskKind)),
}


class TaskStatisticsView(PermissionRequiredMixin, View):
    """GET kind=, rep=, period= (or since= and until=); export=xlsx."""

    permission_required = VIEW
    raise_exception = True

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.export() if request.GET.get("export") == "xlsx" else self.draw()

    @cached_property
    def kind(self) -> str:
        kind = self.request.GET.get("kind", "served")
        if kind not in KINDS:
            raise Http404
        return kind

    @cached_property
    def period(self) -> tuple[Any, Any]:
        """A period that has begun ends today: days ahead have no figures yet."""
        today = business_calendar.today()
        period, problem = parse_period(self.request.GET.dict(), today)
        if period.first <= today < period.last:
            period = replace(period, last=today)
        return period, problem

    @cached_property
    def people(self) -> list[Any]:
        return list(people_of(me(self.request)).only("name", "username"))

    @cached_property
    def rep_id(self) -> int | None:
        """404 for somebody out of scope."""
        typed = self.request.GET.get("rep", "")
        if not typed:
            return None
        if typed not in {str(person.pk) for person in self.people}:
            raise Http404
        return int(typed)

    @cached_property
    def figures(self) -> Statistics:
        period, kinds = self.period[0], KINDS[self.kind][1]
        asked = Asked(period.first, period.last, tuple(kinds), self.rep_id, self.kind == "complaints")
        return statistics(me(self.request), asked, now=timezone.now())

    def draw(self) -> HttpResponse:
        period, problem = self.period
        days: list[dt.date] = [period.first, period.last]
        context = {
            "title": _("Service and revisit statistics"),
            "kinds": [(key, label) for key, (label, _kinds) in KINDS.items()],
            "kind": self.kind,
            "presets": PRESETS.items(),
            "period": period,
            "problem": problem,
            "typed": self.request.GET,
            "days": days,
            "people": self.people,
            # A task shared with one shows its assignee, who is not among one's people for that.
            "people_ids": {person.pk for person in self.people},
            "rep_id": self.rep_id,
            "results": TaskContactResult.labels,
            "figures": self.figures,
            "may_export": self.request.user.has_perm("team.export_customertask"),  # type: ignore[union-attr]
        }
        return TemplateResponse(self.request, "team/task_statistics.html", context)

    def export(self) -> HttpResponseBase:
        """Two tables under each other: by method and result, by person."""
        if not self.request.user.has_perm("team.export_customertask"):  # type: ignore[union-attr]
            raise PermissionDenied
        figures, period = self.figures, self.period[0]
        heads = [_("Method"), _("Contacts made"), _("Tasks"), *map(str, TaskContactResult.labels)]
        rows: list[list[Any]] = [
            [row.method or _("Not said"), row.contacts, row.tasks, *row.counts] for row in figures.methods
        ]
        rows += [[], [_("Assignee"), *self.measures()]]
        rows += [
            [
                row.person,
                row.made,
                row.done,
                row.in_time_share,
                row.late,
                row.contacts,
                _mark(row.satisfaction),
            ]
            for row in figures.reps
        ]
        data_exported.send(
            sender=CustomerTask,
            user=self.request.user,
            what=_("Service and revisit statistics"),
            rows=len(rows) - 2,
        )
        name = f"customer-task-statistics-{period.first:%Y%m%d}-{period.last:%Y%m%d}.xlsx"
        return rows_response(name, heads, rows)

    @staticmethod
    def measures() -> list[str]:
        return [
            _("Made"),
            _("Done"),
            _("Done in time (%)"),
            _("Overdue"),
            _("Contacts made"),
            _("Satisfaction"),
        ]


def _mark(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
