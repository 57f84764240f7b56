"""Visit tasks: the managers' list and planning."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from django.views.generic import FormView

from common import business_calendar
from common.undo import offer_undo
from common.views import BulkAction, ListPage
from crm.models import Customer
from visits import queries, services
from visits.enums import TaskStatus
from visits.filters import TaskFilter
from visits.forms import MoveForm, PlanTasksForm, SkipForm
from visits.services import drafts as draft_services
from visits.tables import TASK_COLUMNS
from visits.views.answers import safe_next, whole_numbers
from visits.views.planning import tell_drafts

CHANGE = "visits.change_visittask"
ADD = "visits.add_visittask"


class TaskListView(ListPage):
    permission_required = "visits.view_visittask"
    title = gettext_lazy("Visit tasks")
    columns = TASK_COLUMNS
    filterset_class = TaskFilter
    default_sort = "-date"
    template_name = "visits/task_list.html"
    export_permission = "visits.export_visit"
    export_name = "visit-tasks"
    empty_text = gettext_lazy("No visit tasks yet. Plan customers for a rep and a day, or make a route.")
    create_url = reverse_lazy("visits:task_create")
    create_label = gettext_lazy("Plan visits")
    create_permission = ADD
    bulk_actions = (
        BulkAction(gettext_lazy("Move to a day"), reverse_lazy("visits:task_bulk_move"), "calendar", CHANGE),
        BulkAction(
            gettext_lazy("Skip"), reverse_lazy("visits:task_bulk_skip"), "player-skip-forward", CHANGE
        ),
    )

    def get_queryset(self) -> QuerySet:
        return queries.task_rows(user=self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"spans": task_spans(self.request)}


def task_spans(request: HttpRequest) -> list[tuple[str, str, bool]]:
    """The days one asks for most: (words, query, is it what is shown); a person's filters on rep and text stay."""
    today = business_calendar.today()
    tomorrow, week = today + dt.timedelta(days=1), business_calendar.week_of(today)
    spans: list[tuple[str, dict[str, Any]]] = [
        (_("All days"), {}),
        (_("Today"), {"since": today, "until": today}),
        (_("Tomorrow"), {"since": tomorrow, "until": tomorrow}),
        (_("This week"), {"since": week[0], "until": week[-1]}),
        (_("Missed"), {"until": today - dt.timedelta(days=1), "status": TaskStatus.OPEN}),
    ]
    kept = request.GET.copy()
    shown = {key: kept.get(key) for key in ("since", "until", "status") if kept.get(key)}
    for key in ("since", "until", "status", "page"):
        kept.pop(key, None)
    rows = []
    for words, wanted in spans:
        asked = kept.copy()
        asked.update({key: str(value) for key, value in wanted.items()})
        rows.append((words, asked.urlencode(), shown == {key: str(value) for key, value in wanted.items()}))
    return rows


# --- planning
class TaskCreateView(PermissionRequiredMixin, FormView):
    """Customers × reps × days."""

    permission_required = ADD
    raise_exception = True
    form_class = PlanTasksForm
    template_name = "visits/task_form.html"

    def get_initial(self) -> dict[str, Any]:
        return {
            "date": business_calendar.today(),
            "reps": [self.request.user.pk] if self.plans_himself() else [],
        }

    def plans_himself(self) -> bool:
        return self.request.user.role_code == "rep"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user, "today": business_calendar.today()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        raw = self.request.POST.getlist("customers") or self.request.GET.getlist("customer")
        chosen = Customer.objects.visible_to(self.request.user).in_bulk(whole_numbers(raw))
        return super().get_context_data(
            chosen=[chosen[pk] for pk in whole_numbers(raw) if pk in chosen],
            cancel_url=safe_next(self.request, reverse("visits:today")),
            **kwargs,
        )

    def form_valid(self, form: PlanTasksForm) -> HttpResponse:
        wanted = form.wanted()
        try:
            result = draft_services.create_drafts(
                actor=self.request.user,
                wanted=wanted,
                chosen={key: form.on_day_off(key[2]) for key in wanted},
                limit=form.USUAL_DAY,
                note=form.cleaned_data["note"],
            )
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        tell_drafts(self.request, result)
        return HttpResponseRedirect(safe_next(self.request, reverse("visits:task_list")))


# --- one task
def my_task(request: HttpRequest, pk: int) -> Any:
    return get_object_or_404(queries.task_rows(user=request.user), pk=pk)


def back(request: HttpRequest, task: Any) -> HttpResponseRedirect:
    return HttpResponseRedirect(safe_next(request, f"{reverse('visits:today')}?date={task.date}"))


@require_POST
@permission_required(CHANGE, raise_exception=True)
def task_skip(request: HttpRequest, pk: int) -> HttpResponse:
    task = my_task(request, pk)
    came_from = back(request, task)
    try:
        services.skip_task(actor=request.user, task=task, reason=request.POST.get("reason", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        text = _("Skipped: %(customer)s") % {"customer": task.customer.name}
        offer_undo(request, text, reverse("visits:task_reopen", args=[pk]), next=came_from.url)
    return came_from


@require_POST
@permission_required(CHANGE, raise_exception=True)
def task_move(request: HttpRequest, pk: int) -> HttpResponse:
    task = my_task(request, pk)
    came_from, before, today = back(request, task), task.date, business_calendar.today()
    form = MoveForm(request.POST, today=today)
    if not form.is_valid():
        messages.error(request, " ".join(form.errors["date"]))
        return came_from
    try:
        services.move_task(actor=request.user, task=task, date=form.cleaned_data["date"])
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        text = _("Moved: %(customer)s") % {"customer": task.customer.name}
        if before < today:  # nothing is planned for a day that is over
            messages.success(request, text)
        else:
            there = reverse("visits:task_move", args=[pk])
            offer_undo(request, text, there, date=before.isoformat(), next=came_from.url)
    return came_from


@require_POST
@permission_required(CHANGE, raise_exception=True)
def task_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    task = my_task(request, pk)
    try:
        services.reopen_task(actor=request.user, task=task)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return back(request, task)


# --- several at once
@require_POST
@permission_required(CHANGE, raise_exception=True)
def task_bulk_move(request: HttpRequest) -> HttpResponse:
    today = business_calendar.today()
    form = MoveForm(request.POST if "date" in request.POST else None, today=today, initial={"date": today})
    if form.is_bound and form.is_valid():
        try:
            result = services.move_tasks(
                actor=request.user, task_ids=chosen_tasks(request), date=form.cleaned_data["date"]
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            text = ngettext("%(n)s task moved.", "%(n)s tasks moved.", result.moved) % {"n": result.moved}
            if result.conflicts:
                text += " " + _("%(n)s stayed: that day has a task for the customer already.") % {
                    "n": result.conflicts
                }
            messages.success(request, text)
            return HttpResponseRedirect(safe_next(request, reverse("visits:task_list")))
    return bulk_page(request, form, _("Move to a day"))


@require_POST
@permission_required(CHANGE, raise_exception=True)
def task_bulk_skip(request: HttpRequest) -> HttpResponse:
    form = SkipForm(request.POST if "reason" in request.POST else None)
    if form.is_bound and form.is_valid():
        count = services.skip_tasks(
            actor=request.user, task_ids=chosen_tasks(request), reason=form.cleaned_data["reason"]
        )
        messages.success(
            request, ngettext("%(n)s task skipped.", "%(n)s tasks skipped.", count) % {"n": count}
        )
        return HttpResponseRedirect(safe_next(request, reverse("visits:task_list")))
    return bulk_page(request, form, _("Skip visits"))


def chosen_tasks(request: HttpRequest) -> list[int]:
    return whole_numbers(request.POST.getlist("pk"))


def bulk_page(request: HttpRequest, form: Any, title: str) -> HttpResponse:
    """The small form between choosing rows and doing it; says how many of them are open."""
    ids = chosen_tasks(request)
    tasks = list(queries.tasks_in_scope(user=request.user, ids=ids))
    if not tasks:
        messages.error(request, _("None of the chosen tasks is open any more."))
        return HttpResponseRedirect(safe_next(request, reverse("visits:task_list")))
    context = {"form": form, "title": title, "tasks": tasks, "left_out": len(set(ids)) - len(tasks)}
    return render(request, "visits/task_bulk.html", context)
