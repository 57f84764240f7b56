"""Writing a work report: the figures beside the texts, kept as a draft until it is sent (H3)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View

from common import business_calendar
from team.enums import WorkReportKind
from team.forms.reports import WorkReportForm, attach_errors
from team.models import WorkReport
from team.queries import report_figures
from team.queries import reports as queries
from team.rules import reports as rules
from team.rules.report_words import drafts, period_words
from team.services import reports as services
from team.views.reports import me, slip_links

PERMISSIONS = ("team.view_workreport", "team.add_workreport")


class WorkReportEdit(PermissionRequiredMixin, View):
    """GET kind=, date= for a new one; pk for a draft. POST keeps it, or sends it when `send` is in it."""

    permission_required = PERMISSIONS
    raise_exception = True
    report: WorkReport | None = None

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.today = business_calendar.today()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not self.has_permission():
            return self.handle_no_permission()
        if "pk" in kwargs:
            rows = WorkReport.objects.filter(person=me(request)).prefetch_related("copies", "files")
            self.report = get_object_or_404(rows, pk=kwargs["pk"])
            self.kind, self.first = self.report.kind, self.report.first
        else:
            self.kind, self.first = self.asked()
            self.report = queries.own_report(user=me(request), kind=self.kind, first=self.first)
        return self.elsewhere() or super().dispatch(request, *args, **kwargs)

    def asked(self) -> tuple[str, dt.date]:
        """Kind and first day of the period; a strange date asks for the period that is due."""
        kind = self.request.GET.get("kind") or WorkReportKind.WEEK
        if kind not in WorkReportKind.values:
            raise Http404
        try:
            day = dt.date.fromisoformat(self.request.GET.get("date", ""))
        except ValueError:
            return kind, rules.asked_first(kind, self.today)
        if not 2000 <= day.year <= 2100:
            raise Http404
        return kind, rules.first_day(kind, day)

    def elsewhere(self) -> HttpResponse | None:
        """Where this report is written or read, if not here."""
        if self.report is not None and not self.report.is_draft:
            return redirect(self.report)
        try:
            services.check_period(actor=me(self.request), kind=self.kind, first=self.first, today=self.today)
        except ValidationError as error:
            if error.code == "day_end":
                return redirect(f"{reverse('visits:day_end')}?{urlencode({'date': self.first})}")
            messages.error(self.request, " ".join(error.messages))
            return redirect(f"{reverse('team:work_report_list')}?box=mine")
        if self.report is not None and "pk" not in self.kwargs and self.request.method == "GET":
            return redirect("team:work_report_edit", pk=self.report.pk)
        return None

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.draw(self.form(initial=self.initial()))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form, sends = self.form(request.POST, request.FILES), "send" in request.POST
        if not form.is_valid():
            return self.draw(form, status=422)
        try:
            report = services.save_report(
                actor=me(request), kind=self.kind, first=self.first, written=form.written(), send=sends
            )
        except ValidationError as error:
            attach_errors(form, error)
            return self.draw(form, status=422)
        if sends:
            to = report.reviewer
            messages.success(
                request, _("Sent to %(name)s.") % {"name": to} if to else _("The work report is filed.")
            )
            return redirect(report)
        messages.success(request, _("Saved. This work report is not sent yet."))
        return redirect("team:work_report_edit", pk=report.pk)

    # --- parts
    @cached_property
    def sections(self) -> list[rules.Section]:
        found = queries.template_sections(user=me(self.request), kind=self.kind)
        return rules.sections_for(found, self.report.parts if self.report is not None else [])

    @cached_property
    def figures(self) -> rules.WorkFigures:
        return report_figures.period_figures(
            user=me(self.request), kind=self.kind, first=self.first, today=self.today
        )

    def form(self, *data: Any, initial: dict[str, Any] | None = None) -> WorkReportForm:
        return WorkReportForm(
            *data, user=me(self.request), sections=self.sections, report=self.report, initial=initial
        )

    def initial(self) -> dict[str, Any]:
        """A draft as it was kept; a new report begins with the figures and the plan in words."""
        user = me(self.request)
        if self.report is not None:
            texts = {part.key: part.text for part in self.report.parts}
            copies = [copy.person_id for copy in self.report.copies.all()]
            reviewer: int | None = self.report.reviewer_id
        else:
            ahead = report_figures.days_ahead(user=user, kind=self.kind, first=self.first)
            texts = drafts(self.sections, self.figures, ahead, self.kind)
            copies = queries.last_copied(user=user, kind=self.kind, before=self.first)
            reviewer = user.superior_id
        return {
            "reviewer": reviewer,
            "copies": copies,
            **{f"text_{key}": text for key, text in texts.items()},
        }

    def draw(self, form: WorkReportForm, *, status: int = 200) -> HttpResponse:
        kinds = queries.asked_kinds(me(self.request))
        after = rules.next_first(self.kind, self.first)
        context = {
            "form": form,
            "report": self.report,
            "kind": self.kind,
            "kinds": [(kind, WorkReportKind(kind).label) for kind in WorkReportKind.values],
            "first": self.first,
            "period": period_words(self.kind, self.first),
            "before": rules.previous_first(self.kind, self.first),
            "after": after if after <= self.today else None,
            "due": rules.due_on(self.kind, self.first),
            "is_late": self.today > rules.due_on(self.kind, self.first),
            "figures": self.figures,
            "links": slip_links(me(self.request), self.kind, self.first),
            "writes_day": WorkReportKind.DAY in kinds,
        }
        return TemplateResponse(self.request, "team/report_form.html", context, status=status)
