"""工作报告 (H3): the lists, one report, and what is done with it."""

from __future__ import annotations

import datetime as dt
from pathlib import PurePosixPath
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from common.views import ListPage
from sales.rules.agreements import CONTENT_TYPES
from team.filters.reports import WorkReportFilter
from team.forms.reports import CommentForm, CopiesForm, attach_errors
from team.models import WorkReport
from team.queries import reports as queries
from team.queries.report_figures import people_of
from team.rules.report_words import period_words
from team.rules.reports import last_day, next_first
from team.services import report_comments, reports
from team.tables.reports import REPORT_COLUMNS
from visits.enums import ReportStatus
from visits.rules.day_end import thaw as thaw_day

VIEW = "team.view_workreport"
INLINE = ("pdf", "jpg")  # shown in the browser; everything else is only saved
may_view = permission_required(VIEW, raise_exception=True)


def me(request: HttpRequest) -> User:
    """The logged-in user; LoginRequiredMiddleware lets nobody else in."""
    return cast(User, request.user)


class WorkReportList(ListPage):
    """GET box: unread, received, copied, mine or team."""

    permission_required = VIEW
    title = gettext_lazy("Work reports")
    columns = REPORT_COLUMNS
    filterset_class = WorkReportFilter
    default_sort = "-period"
    template_name = "team/report_list.html"
    export_permission = "team.export_workreport"
    export_name = "work-reports"
    empty_text = gettext_lazy("No work reports here yet.")
    create_url = reverse_lazy("team:work_report_new")
    create_label = gettext_lazy("Write a report")
    create_permission = "team.add_workreport"

    @cached_property
    def box(self) -> str:
        return queries.wanted_box(me(self.request), self.request.GET.get("box", ""))

    def get_queryset(self) -> QuerySet:
        return queries.in_box(user=me(self.request), box=self.box)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        unread = queries.unread_counts(user=me(self.request))
        more = {
            "box": self.box,
            "boxes": boxes_of(me(self.request), unread),
            "has_unread": any(unread.values()),
            "is_filtered": any(value for key, value in self.request.GET.items() if key not in _NO_FILTER),
            "clear_query": urlencode({"box": self.box}),
        }
        return context | more


_NO_FILTER = ("page", "sort", "cols", "view", "near", "box")


def boxes_of(user: User, unread: dict[str, int]) -> list[tuple[str, str, int]]:
    """The tabs: key, name, how many are unread."""
    received, copied = unread.get("received", 0), unread.get("copied", 0)
    boxes = [
        ("unread", _("Unread"), received + copied),
        ("received", _("Sent to me"), received),
        ("copied", _("Copied to me"), copied),
        ("mine", _("Mine"), 0),
    ]
    leads = user.has_perm("team.read_team_workreport")
    return [*boxes, ("team", _("Team"), 0)] if leads else boxes


@may_view
@require_GET
def work_report(request: HttpRequest, pk: int) -> HttpResponse:
    """One report as it was sent; opened by whom it was sent or copied to, it is read from then on."""
    report = visible_report(request, pk)
    if report.is_draft:
        return redirect("team:work_report_edit", pk=pk)
    reports.read_report(actor=me(request), report=report)
    return draw(request, report)


def visible_report(request: HttpRequest, pk: int) -> WorkReport:
    """The report, if the user may see it; else 404."""
    rows = queries.shown(WorkReport.objects.visible_to(me(request)))
    report: WorkReport = get_object_or_404(rows, pk=pk)
    return report


def draw(
    request: HttpRequest, report: WorkReport, *, status: int = 200, comment: CommentForm | None = None
) -> HttpResponse:
    user, daily = me(request), report.daily_report
    follows = daily is not None and daily.status == ReportStatus.SENT
    mine = report.person_id == user.pk
    context = {
        "report": report,
        "period": period_words(report.kind, report.first),
        "day_figures": thaw_day(daily.figures) if daily is not None and follows else None,
        "figures": report.numbers,
        "links": row_links(report),
        "tomorrow": next_first(report.kind, report.first),
        "others": queries.neighbours(report=report, user=user),
        "mine": mine,
        "may_take_back": mine and report.status == "sent" and not any(c.read_at for c in report.copies.all()),
        "comment": comment or CommentForm(),
    }
    return TemplateResponse(request, "team/report.html", context, status=status)


def row_links(report: WorkReport) -> dict[str, str]:
    """Query strings of the lists behind the figures: the person's rows, or those of whom a leader reports on."""
    return slip_links(report.person, report.kind, report.first)


def slip_links(person: User, kind: str, first: dt.date) -> dict[str, str]:
    last, after = last_day(kind, first), next_first(kind, first)
    own = people_of(person) == {person.pk}
    rep, owner = ({"rep": person.pk}, {"owner": person.pk}) if own else ({}, {})
    days: dict[str, Any] = {"since": first, "until": last, **rep}
    return {
        "rows": urlencode(days),
        "posted": urlencode({**days, "status": "posted"}),
        "created": urlencode({"created_after": first, "created_before": last, **owner}),
        "tomorrow": urlencode({"since": after, "until": last_day(kind, after), **rep}),
        "track": urlencode({"date": last, **rep}),
    }


@require_POST
@may_view
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    report = get_object_or_404(WorkReport.objects.sent(), pk=pk, person=me(request))
    try:
        reports.take_back(actor=me(request), report=report)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(report)
    messages.success(request, _("Taken back. Change what you like and send it again."))
    return redirect("team:work_report_edit", pk=pk)


@require_POST
@may_view
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    report = get_object_or_404(WorkReport, pk=pk, person=me(request))
    try:
        reports.discard(actor=me(request), report=report)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(report)
    messages.success(request, _("The draft is deleted."))
    return redirect(f"{reverse('team:work_report_list')}?box=mine")


@require_POST
@may_view
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    report = visible_report(request, pk)
    form = CommentForm(request.POST)
    if form.is_valid():
        try:
            report_comments.comment(actor=me(request), report=report, text=form.cleaned_data["text"])
        except ValidationError as error:
            attach_errors(form, error)
        else:
            messages.success(request, _("Your comment stands below the report."))
            return redirect(report)
    if report.is_draft:
        raise Http404
    return draw(request, report, status=422, comment=form)


@permission_required(VIEW, raise_exception=True)
def copies(request: HttpRequest, pk: int) -> HttpResponse:
    """Send one's own report to more colleagues; GET asks to whom."""
    report = get_object_or_404(WorkReport.objects.sent(), pk=pk, person=me(request))
    form = CopiesForm(request.POST or None, user=me(request))
    if request.method == "POST" and form.is_valid():
        try:
            count = reports.add_copies(actor=me(request), report=report, people=form.cleaned_data["copies"])
        except ValidationError as error:
            attach_errors(form, error)
        else:
            text = ngettext("%(n)s colleague more has it.", "%(n)s colleagues more have it.", count)
            messages.success(request, text % {"n": count})
            return redirect(report)
    context = {"report": report, "form": form, "period": period_words(report.kind, report.first)}
    status = 422 if request.method == "POST" else 200
    return TemplateResponse(request, "team/report_copies.html", context, status=status)


@require_POST
@may_view
def read_all(request: HttpRequest) -> HttpResponse:
    count = reports.read_all(actor=me(request))
    text = ngettext("%(n)s report is marked read.", "%(n)s reports are marked read.", count)
    messages.success(request, text % {"n": count} if count else _("Nothing was unread."))
    return redirect("team:work_report_list")


@may_view
@require_GET
def report_file(request: HttpRequest, pk: int) -> FileResponse:
    """An attachment, under its own name and with the type its bytes were checked for."""
    row = get_object_or_404(queries.visible_files(me(request)), pk=pk)
    suffix = PurePosixPath(str(row.file.name)).suffix.lstrip(".")
    try:
        content = row.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(
        content,
        as_attachment=suffix not in INLINE or "download" in request.GET,
        filename=row.name,
        content_type=CONTENT_TYPES.get(suffix, "application/octet-stream"),
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"},
    )
