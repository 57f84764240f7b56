"""The rep's day on the phone."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView

from common import business_calendar
from visits import queries, services
from visits.enums import PhraseUse, TaskStatus
from visits.tables import map_names

CHANGE = "visits.change_visittask"


class TodayView(PermissionRequiredMixin, TemplateView):
    """Tasks of the person who looks, on ?date= (today)."""

    permission_required = "visits.view_visittask"
    raise_exception = True
    template_name = "visits/today.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, today = self.request.user, business_calendar.today()
        day = wanted_day(self.request, today)
        tasks = list(queries.day_tasks(user=user, day=day))
        marks = queries.marks(user=user, customers=[task.customer_id for task in tasks])
        stops = [stop(task, number, marks[task.customer_id]) for number, task in enumerate(tasks, 1)]
        if day == today:  # what is over must not stand before what comes next
            stops.sort(key=lambda item: item["task"].status != TaskStatus.OPEN)
        return super().get_context_data(
            day=day,
            today=today,
            yesterday=today - dt.timedelta(days=1),
            week=queries.week_counts(user=user, day=day),
            before=day - dt.timedelta(days=7),
            after=day + dt.timedelta(days=7),
            stops=stops,
            done=sum(task.status == TaskStatus.DONE for task in tasks),
            missed=queries.missed(user=user, today=today),
            open_visit=queries.open_visit(user=user),
            skip_phrases=list(queries.phrases(user=user, use=PhraseUse.SKIP)) if tasks else [],
            **kwargs,
        )


def wanted_day(request: HttpRequest, today: dt.date) -> dt.date:
    """?date=, or today when there is none or it is no date."""
    try:
        day = parse_date(request.GET.get("date", "")) or today
    except ValueError:
        return today
    # Far ends of the calendar break the arithmetic of weeks.
    return day if dt.date(2000, 1, 1) <= day <= dt.date(2100, 1, 1) else today


def stop(task: Any, number: int, marks: list[str]) -> dict[str, Any]:
    """One card of the list."""
    return {
        "number": number,
        "task": task,
        "customer": task.customer,
        "marks": marks if task.status == TaskStatus.OPEN else [],
        "visit": task.own_visits[0] if task.own_visits else None,
        "phones": task.customer.phones.all(),
        "links": map_names(queries.map_links(task.customer)),
    }


@require_POST
@permission_required(CHANGE, raise_exception=True)
def move_missed(request: HttpRequest) -> HttpResponse:
    """昨日遗漏 → 全部移到今天."""
    today = business_calendar.today()
    since = today - dt.timedelta(days=queries.MISSED_DAYS)
    result = services.move_missed(actor=request.user, since=since, today=today)
    text = ngettext("%(n)s task moved to today.", "%(n)s tasks moved to today.", result.moved) % {
        "n": result.moved
    }
    if result.conflicts:
        text += " " + _("%(n)s merged with a task of today.") % {"n": result.conflicts}
    messages.success(request, text)
    return HttpResponseRedirect(reverse("visits:today"))
