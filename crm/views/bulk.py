"""Bulk actions on customers: ask, run, show what happened to each row, take it back."""

from __future__ import annotations

from functools import partial
from typing import Any

import django_filters
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.enums import AccessAction
from accounts.services import record_access
from common.exports import workbook_response
from common.filters import ListFilterSet
from common.tables import ChoiceColumn, Column, LinkColumn, MomentColumn, NumberColumn
from common.views import ListPage
from crm.enums import BulkKind, BulkState
from crm.filters.customers import CustomerFilterSet
from crm.forms.bulk import FORMS
from crm.models import BulkItem, BulkJob, Customer
from crm.queries import bulk as queries
from crm.querysets import CustomerQuerySet
from crm.rules.bulk import may_undo, runs_in_request, undo_ends
from crm.services import bulk
from crm.services.bulk.jobs import PERMISSIONS
from crm.tasks import bulk as tasks
from crm.views.access import current_user

SHOWN = 12  # names on the page that asks
STATE_COLOURS = (
    ("done", "green"),
    ("failed", "red"),
    ("running", "teal"),
    ("queued", "teal"),
    ("undone", "secondary"),
)


# --- asking
def chosen_customers(request: HttpRequest) -> CustomerQuerySet:
    """What the list's selection means: the ticked rows, or with `all=1` every row of the filters in `query`."""
    user = current_user(request)
    scope: CustomerQuerySet = Customer.objects.visible_to(user)
    if request.POST.get("all") != "1":
        ids = {int(pk) for pk in request.POST.getlist("pk") if pk.isdecimal() and len(pk) < 19}
        return scope.filter(pk__in=ids)
    filterset = CustomerFilterSet(QueryDict(request.POST.get("query", "")), queryset=scope, request=request)
    rows: CustomerQuerySet = filterset.qs if filterset.is_valid() else scope.none()
    return rows


def _nudge(job: BulkJob) -> None:
    """Tell a worker once the row is committed; without a broker the sweeper finds the row."""
    transaction.on_commit(partial(tasks.run_bulk_job.delay, job.pk), robust=True)


@require_POST
@permission_required("crm.view_customer", raise_exception=True)
def bulk_start(request: HttpRequest, kind: str) -> HttpResponse:
    """POST the selection: asks for the terms; POST it with the form (`go` or `owner`): does it.

    `pk` (many), or `all=1` and `query`, the list's filters; then the fields of the kind's form.
    """
    if kind not in BulkKind.values:
        raise Http404
    user, bulk_kind = current_user(request), BulkKind(kind)
    if not user.has_perm(PERMISSIONS[bulk_kind]):
        raise PermissionDenied
    customers = chosen_customers(request)
    count = customers.count()
    if not count:
        messages.warning(request, _("Choose at least one customer of yours or your people first."))
        return redirect("crm:customer_list")
    asked = "go" in request.POST or "owner" in request.POST
    form = FORMS[bulk_kind](request.POST if asked else None, user=user)
    if asked and form.is_valid():
        try:
            job = bulk.start(actor=user, kind=bulk_kind, params=form.params(), customers=customers)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _begin(request, job)
    context = {
        "form": form,
        "title": bulk_kind.label,
        "kind": kind,
        "count": count,
        "named": customers.select_related("owner").only("name", "code", "owner__name").order_by("pk")[:SHOWN],
        "more": max(count - SHOWN, 0),
        "everything": request.POST.get("all") == "1",
        "query": request.POST.get("query", ""),
        "pks": [] if request.POST.get("all") == "1" else customers.values_list("pk", flat=True),
        "submit_label": bulk_kind.label,
        "next": _way_back(request, ""),
        "cancel_url": _way_back(request, _list_address(request)),
    }
    return TemplateResponse(request, "crm/bulk_form.html", context, status=422 if asked else 200)


def _way_back(request: HttpRequest, otherwise: str) -> str:
    """`next` of the form, a path of ours: the page of one customer sends it."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
    return wanted if ours else otherwise


def _list_address(request: HttpRequest) -> str:
    query = request.POST.get("query", "")
    return reverse("crm:customer_list") + (f"?{query}" if query else "")


def _begin(request: HttpRequest, job: BulkJob) -> HttpResponse:
    if not runs_in_request(job.total):
        _nudge(job)
        return redirect(job)
    done = bulk.run_job(job.pk)
    if done is None or done.refused or done.state != BulkState.DONE:
        return redirect(job)
    text = ngettext("%(n)s customer changed.", "%(n)s customers changed.", done.changed) % {"n": done.changed}
    link = format_html('<a href="{}">{}</a>', job.get_absolute_url(), _("Look or undo"))
    messages.success(request, format_html("{} {}", text, link))
    return redirect(_way_back(request, _list_address(request)))


# --- looking
class BulkFilterSet(ListFilterSet):
    kind = django_filters.ChoiceFilter(label=gettext_lazy("Action"), choices=BulkKind.choices)
    state = django_filters.ChoiceFilter(label=gettext_lazy("State"), choices=BulkState.choices)

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(created_by__name__icontains=value.strip())


class BulkList(ListPage):
    permission_required = "crm.view_customer"
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

    def get_queryset(self) -> Any:
        return BulkJob.objects.visible_to(current_user(self.request)).select_related("created_by")


def _job(request: HttpRequest, pk: int) -> BulkJob:
    rows = BulkJob.objects.visible_to(current_user(request)).select_related("created_by")
    job: BulkJob = get_object_or_404(rows, pk=pk)
    return job


def _progress(job: BulkJob) -> dict[str, Any]:
    total = job.changed if "undo" in job.params else job.total
    if job.state == BulkState.QUEUED:
        text = _("Waiting for a worker")
    else:
        text = _("%(done)s of %(rows)s rows") % {"done": f"{job.done:,}", "rows": f"{total:,}"}
    url = reverse("crm:bulk_progress", args=[job.pk])
    return {"url": url, "busy": job.is_busy, "done": job.done, "total": total, "text": text}


@require_GET
@permission_required("crm.view_customer", raise_exception=True)
def bulk_detail(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """What happened to each row. `show`: changed, refused, undone or kept; `export=refused` gives them as Excel."""
    job = _job(request, pk)
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
    )
    context = {
        **_progress(job),
        "job": job,
        "tabs": tabs,
        "show": show,
        "page": page,
        "words": queries.params_in_words(job),
        "may_undo": undoable and current_user(request).has_perm(PERMISSIONS[BulkKind(job.kind)]),
        "undo_ends": undo_ends(job.finished_at) if job.finished_at else None,
    }
    return TemplateResponse(request, "crm/bulk_detail.html", context)


def _export(request: HttpRequest, job: BulkJob) -> FileResponse:
    columns = (
        Column("code", _("Code"), path="customer.code"),
        Column("name", _("Customer name"), path="customer.name"),
        Column("reason", _("Reason")),
    )
    rows: QuerySet[BulkItem] = queries.left_alone(job)
    what = _("Rows that a bulk action left alone")
    record_access(actor=current_user(request), action=AccessAction.EXPORT, what=what, rows=rows.count())
    return workbook_response(f"bulk-{job.pk}.xlsx", columns, rows)


@require_GET
@permission_required("crm.view_customer", raise_exception=True)
def bulk_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Polled by the page; when the action is over, the page loads itself anew."""
    job = _job(request, pk)
    if not job.is_busy:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return TemplateResponse(request, "common/progress.html", _progress(job))


@require_POST
@permission_required("crm.view_customer", raise_exception=True)
def bulk_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the action back where nobody has changed anything since."""
    job = _job(request, pk)
    if not current_user(request).has_perm(PERMISSIONS[BulkKind(job.kind)]):
        raise PermissionDenied
    try:
        job = bulk.undo(actor=current_user(request), job=job)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(job)
    if runs_in_request(job.changed):
        bulk.run_job(job.pk)
    else:
        _nudge(job)
    return redirect(job)


@require_POST
@permission_required("crm.view_customer", raise_exception=True)
def bulk_resume(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    if not current_user(request).has_perm(PERMISSIONS[BulkKind(job.kind)]):
        raise PermissionDenied
    try:
        bulk.resume(actor=current_user(request), job=job)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        _nudge(job)
    return redirect(job)
