"""日报/收工: the rep closes his day and sends its report; his superior reads it (D9)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.http import require_GET, require_POST

from accounts.models import SystemOptions
from common import business_calendar
from common.views import ListPage
from visits import queries, services
from visits.enums import PhraseUse, ReportStatus
from visits.filters.day_end import ReportFilter
from visits.forms.day_end import RemarkForm, StopForm, stop_forms
from visits.models import DailyReport
from visits.rules.day_end import thaw
from visits.tables.day_end import REPORT_COLUMNS
from visits.views.today import wanted_day

_DAY = dt.timedelta(days=1)


class DayEndView(PermissionRequiredMixin, View):
    """The person's own day of ?date= (today). POST `save` keeps the stops' reasons and the line, `send` sends."""

    permission_required = "visits.add_dailyreport"
    raise_exception = True

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.today = business_calendar.today()
        self.day = min(wanted_day(request, self.today), self.today)

    @cached_property
    def report(self) -> DailyReport | None:
        return queries.own_report(rep=self.request.user, day=self.day)

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.report and self.report.status == ReportStatus.SENT:
            return HttpResponseRedirect(reverse("visits:daily_report", args=[self.report.pk]))
        remark = RemarkForm(initial={"remark": self.report.remark if self.report else ""})
        return self.draw(queries.rep_day(rep=request.user, day=self.day), remark)

    def post(self, request: HttpRequest) -> HttpResponse:
        found = queries.rep_day(rep=request.user, day=self.day)
        stops, remark = self.stops(found, request.POST), RemarkForm(request.POST)
        wrong = [form for form in (*stops, remark) if not form.is_valid()]  # each says what is wrong with it
        if wrong:
            return self.draw(found, remark, stops)
        sends = "send" in request.POST
        try:
            report = self.save(stops, remark.cleaned_data["remark"], sends=sends)
        except ValidationError as error:
            self.show(error, stops, remark)
            return self.draw(found, remark, stops)
        if not sends:
            messages.success(request, _("Saved. The report is not sent yet."))
            return HttpResponseRedirect(f"{request.path}?{urlencode({'date': self.day})}")
        to = report.reader
        messages.success(request, _("Sent to %(name)s.") % {"name": to} if to else _("Your report is filed."))
        return HttpResponseRedirect(reverse("visits:daily_report", args=[report.pk]))

    def save(self, stops: list[StopForm], remark: str, *, sends: bool) -> DailyReport:
        """All of it or nothing."""
        user = self.request.user
        choices = [choice for form in stops if (choice := form.stop_choice())]
        with transaction.atomic():
            services.close_stops(actor=user, choices=choices)
            write = services.send_report if sends else services.save_remark
            return write(actor=user, day=self.day, remark=remark)

    def show(self, error: ValidationError, stops: list[StopForm], remark: RemarkForm) -> None:
        """The refusal where it belongs: at its stop, at every stop without an answer, or on top."""
        task = (getattr(error, "params", None) or {}).get("task")
        if form := next((form for form in stops if form.task.pk == task), None):
            form.add_error("choice", error.messages)
            return
        if getattr(error, "code", "") == "stops":
            for form in stops:
                if not form.cleaned_data.get("choice"):
                    form.add_error("choice", _("Give a reason or another day."))
        remark.add_error(None, error.messages)

    def stops(self, found: Any, data: Any = None) -> list[StopForm]:
        phrases = [phrase.text for phrase in queries.phrases(user=self.request.user, use=PhraseUse.SKIP)]
        return stop_forms(found.stops, phrases=phrases, today=self.today, data=data)

    def draw(self, found: Any, remark: RemarkForm, stops: list[StopForm] | None = None) -> HttpResponse:
        context = {
            "day": self.day,
            "today": self.today,
            "before": self.day - _DAY,
            "after": self.day + _DAY if self.day < self.today else None,
            "tomorrow": self.day + _DAY,
            "figures": found.figures,
            "links": slip_links(self.request.user.pk, self.day),
            "stops": self.stops(found) if stops is None else stops,
            "remark": remark,
            "report": self.report,
        }
        return render(self.request, "visits/day_end.html", context, status=200 if stops is None else 422)


def slip_links(rep_id: int, day: dt.date) -> dict[str, str]:
    """Query strings of the lists behind the figures."""
    days = {"since": day, "until": day, "rep": rep_id}
    next_day = day + _DAY
    return {
        "tomorrow": urlencode({"since": next_day, "until": next_day, "rep": rep_id}),
        "created": urlencode({"owner": rep_id, "created_after": day, "created_before": day}),
        "rows": urlencode(days),
        "posted": urlencode({**days, "status": "posted"}),
        "track": urlencode({"rep": rep_id, "date": day}),
    }


@permission_required("visits.view_dailyreport", raise_exception=True)
@require_GET
def daily_report(request: HttpRequest, pk: int) -> HttpResponse:
    """One report as it was sent. Opened by whom it was sent to, it is read from then on."""
    report = get_object_or_404(queries.visible_reports(user=request.user), pk=pk)
    if report.status == ReportStatus.DRAFT:
        return HttpResponseRedirect(f"{reverse('visits:day_end')}?{urlencode({'date': report.day})}")
    if services.read_report(actor=request.user, report=report):
        report.refresh_from_db(fields=["read_at"])
    context = {
        "report": report,
        "day": report.day,
        "tomorrow": report.day + _DAY,
        "figures": thaw(report.figures),
        "links": slip_links(report.rep_id, report.day),
        "others": queries.neighbours(report=report, user=request.user),
        "may_unsend": report.rep_id == request.user.pk and report.read_at is None,
    }
    return render(request, "visits/daily_report.html", context)


@require_POST
@permission_required("visits.change_dailyreport", raise_exception=True)
def unsend(request: HttpRequest, pk: int) -> HttpResponse:
    report = get_object_or_404(DailyReport, pk=pk, rep=request.user)
    try:
        services.unsend_report(actor=request.user, report=report)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(reverse("visits:daily_report", args=[pk]))
    messages.success(request, _("Taken back. Change what you like and send it again."))
    return HttpResponseRedirect(f"{reverse('visits:day_end')}?{urlencode({'date': report.day})}")


class ReportListView(ListPage):
    """Who sent the report of ?day= (today), and who did not."""

    permission_required = "visits.view_dailyreport"
    title = gettext_lazy("Daily reports")
    columns = REPORT_COLUMNS
    filterset_class = ReportFilter
    default_sort = "name"
    template_name = "visits/daily_report_list.html"
    export_permission = "visits.export_visit"
    export_name = "daily-reports"
    empty_text = gettext_lazy("Nobody in your scope writes daily reports.")

    @cached_property
    def day(self) -> dt.date:
        today = business_calendar.today()
        try:
            day = dt.date.fromisoformat(self.request.GET.get("day", ""))
        except ValueError:
            return today
        return day if 2000 <= day.year <= 2100 else today

    def get_queryset(self) -> QuerySet:
        return queries.report_rows(user=self.request.user, day=self.day)

    def get_context_data(self, *, filterset: Any, page: Any) -> dict[str, Any]:
        context = super().get_context_data(filterset=filterset, page=page)
        today = business_calendar.today()
        days = {
            "day": self.day,
            "before": self.day - _DAY,
            "after": self.day + _DAY if self.day < today else None,
        }
        return {**context, **days, "today": today}


@permission_required("visits.view_dailyreport", raise_exception=True)
@require_GET
def report_card(request: HttpRequest) -> HttpResponse:
    """The card on the manager's workbench, loaded after the page."""
    now = timezone.now()
    evening = timezone.localtime(now, timezone.get_default_timezone()).time() >= SystemOptions.load().work_end
    waiting = queries.reports_waiting(user=request.user, today=business_calendar.today(now), evening=evening)
    return TemplateResponse(request, "visits/daily_report_card.html", {"waiting": waiting})
