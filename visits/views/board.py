"""The week's assignment board: reps × days with counts, a day's list, and tasks given to other reps and days."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import TemplateView

from accounts.models import User
from common import business_calendar
from common.templatetags.paodian import day as day_words
from visits import queries, services
from visits.enums import TaskStatus
from visits.forms.plans import AssignForm
from visits.models import VisitTask
from visits.queries import calendar
from visits.views.answers import safe_next
from visits.views.today import wanted_day

CHANGE = "visits.change_visittask"
USUAL_LIMIT = 15


class BoardView(PermissionRequiredMixin, TemplateView):
    """?date= (a day of the week), ?limit= (visits a rep can do), ?rep= and ?day= (the list that is open)."""

    permission_required = "visits.view_visittask"
    raise_exception = True
    template_name = "visits/board.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = business_calendar.today()
        day = wanted_day(self.request, today)
        days = business_calendar.week_of(day)
        limit = limit_of(self.request)
        found = list(queries.reps_for(user=self.request.user)[: calendar.MAX_REPS + 1])
        reps = found[: calendar.MAX_REPS]
        return super().get_context_data(
            days=[(day, not business_calendar.is_working_day(day)) for day in days],
            rows=calendar.board_rows(reps=reps, days=days, limit=limit),
            more=len(found) > len(reps),
            limit=limit,
            day=day,
            today=today,
            before=days[0] - dt.timedelta(days=7),
            after=days[0] + dt.timedelta(days=7),
            **kwargs,
        )


def limit_of(request: HttpRequest) -> int:
    """?limit=, 1 to 200; anything else is the usual one."""
    typed = request.GET.get("limit", "")
    return int(typed) if typed.isdecimal() and 1 <= int(typed[:4]) <= 200 else USUAL_LIMIT


@require_safe
@permission_required("visits.view_visittask", raise_exception=True)
def board_day(request: HttpRequest) -> HttpResponse:
    """The list of ?rep= on ?date=: a fragment."""
    pk = request.GET.get("rep", "")
    rep = get_object_or_404(User.objects.visible_to(request.user), pk=int(pk) if pk.isdecimal() else 0)
    today = business_calendar.today()
    day = wanted_day(request, today)
    context = {
        "rep": rep,
        "day": day,
        "today": today,
        "tasks": calendar.day_list(user=request.user, rep=rep, day=day),
        "reps": queries.reps_for(user=request.user),
        "may_change": request.user.has_perm(CHANGE),
    }
    return render(request, "visits/board_day.html", context)


@require_POST
@permission_required(CHANGE, raise_exception=True)
def task_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a task to `rep` (nothing: its own) on `date`. Answers JSON to scripts, with what undoes it; else goes back."""
    task = get_object_or_404(
        VisitTask.objects.visible_to(request.user).select_related("rep", "customer"), pk=pk
    )
    before = {"rep": task.rep_id, "date": task.date.isoformat()}
    form = AssignForm(request.POST, user=request.user, task=task, today=business_calendar.today())
    try:
        if not form.is_valid():
            raise ValidationError([error for errors in form.errors.values() for error in errors])
        text = _assign(request, task, form)
    except ValidationError as error:
        return _answer(request, " ".join(error.messages), before, failed=True)
    return _answer(request, text, before)


def _assign(request: HttpRequest, task: VisitTask, form: AssignForm) -> str:
    rep, date = form.cleaned_data["rep"] or task.rep, form.cleaned_data["date"]
    result = services.assign_tasks(actor=request.user, task_ids=[task.pk], rep=rep, date=date)
    words = {"customer": task.customer.name, "rep": rep.name, "date": day_words(date)}
    if result.conflicts:
        raise ValidationError(_("%(rep)s already has a task for %(customer)s on %(date)s.") % words)
    if not result.moved and task.status != TaskStatus.OPEN:
        raise ValidationError(
            _("This task cannot be changed any more: %(status)s.") % {"status": task.get_status_display()}
        )
    return _("%(customer)s: %(rep)s, %(date)s") % words


def _answer(request: HttpRequest, text: str, before: dict[str, Any], *, failed: bool = False) -> HttpResponse:
    if request.headers.get("Accept", "").startswith("application/json"):
        body = {"error": text} if failed else {"text": text, "undo": before}
        return JsonResponse(body, status=422 if failed else 200)
    (messages.error if failed else messages.success)(request, text)
    return HttpResponseRedirect(safe_next(request, reverse("visits:task_board")))
