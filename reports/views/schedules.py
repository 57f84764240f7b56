"""定时发送: reports that go out by e-mail again and again, and what became of each time (J6)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from common.business_calendar import today
from reports.forms import ScheduleForm
from reports.models import ScheduledReport
from reports.queries import schedules as queries
from reports.services import schedules as services
from reports.views.asking import asked_of

VIEW, ADD, CHANGE, DELETE = (
    f"reports.{verb}_scheduledreport" for verb in ("view", "add", "change", "delete")
)
PAGE = 50


@require_GET
@permission_required(VIEW, raise_exception=True)
def schedule_list(request: HttpRequest) -> HttpResponse:
    page = Paginator(queries.schedules_of(request.user), PAGE).get_page(request.GET.get("page"))
    lines = [queries.schedule_line(schedule) for schedule in page]
    return TemplateResponse(request, "reports/schedule_list.html", {"page": page, "lines": lines})


@require_GET
@permission_required(VIEW, raise_exception=True)
def schedule_detail(request: HttpRequest, pk: int) -> HttpResponse:
    schedule = _schedule(request, pk)
    context = queries.schedule_line(schedule) | {
        "condition": queries.condition_text(schedule, request.user, today()),
        "recipients": queries.recipient_lines(schedule),
        "runs": queries.run_lines(schedule),
        "may_change": request.user.has_perm(CHANGE),
        "may_delete": request.user.has_perm(DELETE),
    }
    return TemplateResponse(request, "reports/schedule_detail.html", context)


@permission_required(ADD, raise_exception=True)
def schedule_create(request: HttpRequest, code: str) -> HttpResponse:
    """The address carries the report's own query, as its page does."""
    asked = asked_of(request, code)
    schedule = ScheduledReport(report=code, owner=request.user, name=str(asked.report.label)[:80])
    try:
        schedule.query = services.kept_query(asked.report, request.GET)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(f"{request.path.removesuffix('schedule/')}?{request.GET.urlencode()}")
    return _edit(request, schedule, initial={"recipients": [request.user]} if request.user.email else {})


@permission_required([VIEW, CHANGE], raise_exception=True)
def schedule_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(request, _schedule(request, pk), initial={})


def _edit(request: HttpRequest, schedule: ScheduledReport, *, initial: dict[str, Any]) -> HttpResponse:
    form = ScheduleForm(
        request.POST or None, instance=schedule, user=request.user, today=today(), initial=initial
    )
    if request.method == "POST" and form.is_valid() and _saved(request, form):
        messages.success(request, _("Saved."))
        return redirect("reports:schedule", form.instance.pk)
    context = {"form": form, "schedule": schedule, "report": queries.report_label(schedule)}
    return TemplateResponse(
        request, "reports/schedule_form.html", context, status=422 if form.errors else 200
    )


def _saved(request: HttpRequest, form: ScheduleForm) -> bool:
    """Whether it went through; a refusal stands at its field, or above the form."""
    try:
        services.save_schedule(
            actor=request.user, schedule=form.instance, recipients=list(form.cleaned_data["recipients"])
        )
    except ValidationError as error:
        by_field = error.error_dict if hasattr(error, "error_dict") else {None: error.error_list}
        for name, errors in by_field.items():
            form.add_error(name, errors)
        return False
    return True


@require_POST
@permission_required([VIEW, CHANGE], raise_exception=True)
def schedule_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """POST on=1 puts it into use, anything else takes it out."""
    on = request.POST.get("on") == "1"
    try:
        services.switch(actor=request.user, schedule=_schedule(request, pk), on=on)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Switched on.") if on else _("Switched off."))
    return redirect("reports:schedule", pk)


@require_POST
@permission_required(VIEW, raise_exception=True)
def schedule_try(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        services.send_to_me(actor=request.user, schedule=_schedule(request, pk))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Sent to %(address)s.") % {"address": request.user.email})
    return redirect("reports:schedule", pk)


@require_POST
@permission_required([VIEW, DELETE], raise_exception=True)
def schedule_delete(request: HttpRequest, pk: int) -> HttpResponse:
    services.delete_schedule(actor=request.user, schedule=_schedule(request, pk))
    messages.success(request, _("Deleted."))
    return redirect("reports:schedules")


def _schedule(request: HttpRequest, pk: int) -> ScheduledReport:
    return get_object_or_404(queries.schedules_of(request.user), pk=pk)
