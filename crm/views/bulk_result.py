"""What a bulk action on customers or leads did: the list of actions, each row's result, undo, going on.

The views take `leads` from the address: both have pages of their own, and an action shows on its own side only.
"""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.enums import AccessAction
from accounts.services import record_access
from common.exports import workbook_response
from common.filters import ListFilterSet
from common.tables import ChoiceColumn, Column, LinkColumn, MomentColumn, NumberColumn
from common.views import ListPage
from crm.enums import BulkKind, BulkState
from crm.models import BulkItem, BulkJob
from crm.queries import bulk as queries
from crm.rules.bulk import may_undo, runs_in_request, undo_ends
from crm.services import bulk
from crm.services.bulk.jobs import PERMISSIONS
from crm.views.access import current_user
from crm.views.bulk import nudge

STATE_COLOURS = (
    ("done", "green"),
    ("failed", "red"),
    ("running", "teal"),
    ("queued", "teal"),
    ("undone", "secondary"),
)


def _choices(*, leads: bool) -> list[tuple[str, Any]]:
    return [(kind.value, kind.label) for kind in BulkKind if kind.of_leads == leads]


def _side(*, leads: bool) -> Q:
    """Condition "its rows are leads", or customers."""
    return Q(kind__in=[kind for kind in BulkKind if kind.of_leads == leads])


class BulkFilterSet(ListFilterSet):
    kind = django_filters.ChoiceFilter(label=gettext_lazy("Action"), choices=_choices(leads=False))
    state = django_filters.ChoiceFilter(label=gettext_lazy("State"), choices=BulkState.choices)

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(created_by__name__icontains=value.strip())


class LeadBulkFilterSet(BulkFilterSet):
    kind = django_filters.ChoiceFilter(label=gettext_lazy("Action"), choices=_choices(leads=True))


class BulkList(ListPage):
    permission_required = "crm.view_customer"
    leads = False
    title = gettext_lazy("Bulk actions")
    filterset_class = BulkFilterSet
    default_sort = "-created_at"
    columns = (
        LinkColumn("kind", gettext_lazy("Action"), path="get_kind_display", order=("kind",), phone="title"),
        ChoiceColumn("state", gettext_lazy("State"), order=("state",), phone="side", colours=STATE_COLOURS),
        MomentColumn("created_at", gettext_lazy("Time"), order=("created_at",)),
        Column("person", gettext_lazy("Person"), path="created_by", order=("created_by__name",)),
        NumberColumn("total", gettext_lazy("Rows"), order=("total",), phone=""),
        NumberColumn("changed", gettext_lazy("Changed"), order=("changed",)),
        NumberColumn("refused", gettext_lazy("Not changed"), order=("refused",)),
    )
    empty_text = gettext_lazy(
        "No bulk actions yet. Tick customers in the list and choose what to do with them."
    )
    next_url = reverse_lazy("crm:customer_list")
    next_label = gettext_lazy("To the customers")

    def get_queryset(self) -> Any:
        rows = BulkJob.objects.visible_to(current_user(self.request)).select_related("created_by")
        return rows.filter(_side(leads=self.leads))


class LeadBulkList(BulkList):
    permission_required = "crm.view_lead"
    title = gettext_lazy("Bulk actions on leads")
    filterset_class = LeadBulkFilterSet
    leads = True
    empty_text = gettext_lazy("No bulk actions yet. Tick leads in the list and choose what to do with them.")
    next_url = reverse_lazy("crm:lead_list")
    next_label = gettext_lazy("To my leads")


def _job(request: HttpRequest, pk: int, leads: bool) -> BulkJob:
    """The action, if the person may see it; 403 without the right to look at such rows."""
    user = current_user(request)
    if not user.has_perm("crm.view_lead" if leads else "crm.view_customer"):
        raise PermissionDenied
    rows = BulkJob.objects.visible_to(user).filter(_side(leads=leads)).select_related("created_by")
    job: BulkJob = get_object_or_404(rows, pk=pk)
    return job


def _own_job(request: HttpRequest, pk: int, leads: bool) -> BulkJob:
    """The action, if the person may do such a thing himself."""
    job = _job(request, pk, leads)
    if not current_user(request).has_perm(PERMISSIONS[BulkKind(job.kind)]):
        raise PermissionDenied
    return job


def _address(job: BulkJob, what: str) -> str:
    return reverse(f"crm:{'lead_' if job.of_leads else ''}bulk_{what}", args=[job.pk])


def _progress(job: BulkJob) -> dict[str, Any]:
    total = job.changed if "undo" in job.params else job.total
    if job.state == BulkState.QUEUED:
        text = _("Waiting for a worker")
    else:
        text = _("%(done)s of %(rows)s rows") % {"done": f"{job.done:,}", "rows": f"{total:,}"}
    url = _address(job, "progress")
    return {"url": url, "busy": job.is_busy, "done": job.done, "total": total, "text": text}


@require_GET
def bulk_detail(request: HttpRequest, pk: int, leads: bool = False) -> HttpResponse | FileResponse:
    """What happened to each row. `show`: changed, refused, undone or kept; `export=refused` gives them as Excel."""
    job = _job(request, pk, leads)
    if request.GET.get("export") == "refused":
        return _export(request, job)
    tabs = queries.tabs(job)
    names = [tab.key for tab in tabs]
    show = request.GET.get("show", "")
    if show not in names:
        show = next((tab.key for tab in tabs if tab.key in ("refused", "kept")), names[0] if names else "")
    page = Paginator(queries.items(job, show), 50).get_page(request.GET.get("page"))
    now = timezone.now()
    undoable = may_undo(
        state=job.state,
        finished_at=job.finished_at,
        changed=job.changed,
        undo_began="undo" in job.params,
        now=now,
        for_good=BulkKind(job.kind).for_good,
    )
    context = {
        **_progress(job),
        "job": job,
        "tabs": tabs,
        "show": show,
        "page": page,
        "words": queries.params_in_words(job),
        "may_undo": undoable and current_user(request).has_perm(PERMISSIONS[BulkKind(job.kind)]),
        "undo_url": _address(job, "undo"),
        "resume_url": _address(job, "resume"),
        "undo_ends": undo_ends(job.finished_at) if job.finished_at else None,
    }
    return TemplateResponse(request, "crm/bulk_detail.html", context)


def _export(request: HttpRequest, job: BulkJob) -> FileResponse:
    reason = Column("reason", _("Reason"))
    columns: tuple[Column, ...] = (
        Column("code", _("Code"), path="customer.code"),
        Column("name", _("Customer name"), path="customer.name"),
        reason,
    )
    if job.of_leads:
        columns = (Column("name", _("Lead name"), path="lead.name"), reason)
    rows: QuerySet[BulkItem] = queries.left_alone(job)
    what = _("Rows that a bulk action left alone")
    record_access(actor=current_user(request), action=AccessAction.EXPORT, what=what, rows=rows.count())
    return workbook_response(f"bulk-{job.pk}.xlsx", columns, rows)


@require_GET
def bulk_progress(request: HttpRequest, pk: int, leads: bool = False) -> HttpResponse:
    """Polled by the page; when the action is over, the page loads itself anew."""
    job = _job(request, pk, leads)
    if not job.is_busy:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return TemplateResponse(request, "common/progress.html", _progress(job))


@require_POST
def bulk_undo(request: HttpRequest, pk: int, leads: bool = False) -> HttpResponse:
    """Take the action back where nobody has changed anything since."""
    job = _own_job(request, pk, leads)
    try:
        job = bulk.undo(actor=current_user(request), job=job)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(job)
    if runs_in_request(job.changed):
        bulk.run_job(job.pk)
    else:
        nudge(job)
    return redirect(job)


@require_POST
def bulk_resume(request: HttpRequest, pk: int, leads: bool = False) -> HttpResponse:
    job = _own_job(request, pk, leads)
    try:
        bulk.resume(actor=current_user(request), job=job)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        nudge(job)
    return redirect(job)
