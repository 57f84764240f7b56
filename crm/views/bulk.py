"""Bulk actions on customers: what the selection means, what the action asks, and its start."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.enums import BulkKind, BulkState
from crm.forms.bulk import FORMS
from crm.models import BulkJob, Customer
from crm.queries.customer_filters import CustomerFilterSet
from crm.querysets import CustomerQuerySet
from crm.rules.bulk import runs_in_request
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


def nudge(job: BulkJob) -> None:
    """Tell a worker once the row is committed; without a broker the sweeper finds the row."""
    transaction.on_commit(partial(tasks.run_bulk_job.delay, job.pk), robust=True)


@require_POST
@permission_required("crm.view_customer", raise_exception=True)
def bulk_start(request: HttpRequest, kind: str) -> HttpResponse:
    """POST the selection: asks for the terms; POST it with the form (`go` or `owner`): does it.

    `pk` (many), or `all=1` and `query`, the list's filters; then the fields of the kind's form.
    """
    if kind not in BulkKind.values or BulkKind(kind).of_leads:
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
            job = bulk.start(actor=user, kind=bulk_kind, params=form.params(), rows=customers)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return begin(request, job, "crm:customer_list")
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
        "next": way_back(request, ""),
        "cancel_url": way_back(request, list_address(request, "crm:customer_list")),
    }
    return TemplateResponse(request, "crm/bulk_form.html", context, status=422 if asked else 200)


def way_back(request: HttpRequest, otherwise: str) -> str:
    """`next` of the form, a path of ours: the page of one customer or lead sends it."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
    return wanted if ours else otherwise


def list_address(request: HttpRequest, name: str) -> str:
    """The list that the selection was made in, with its filters."""
    query = request.POST.get("query", "")
    return reverse(name) + (f"?{query}" if query else "")


def begin(request: HttpRequest, job: BulkJob, back: str) -> HttpResponse:
    """Do a few rows at once and go `back` to the list; more are a worker's, and their page shows how far it is."""
    if not runs_in_request(job.total):
        nudge(job)
        return redirect(job)
    done = bulk.run_job(job.pk)
    if done is None or done.refused or done.state != BulkState.DONE:
        return redirect(job)
    if job.of_leads:
        text = ngettext("%(n)s lead changed.", "%(n)s leads changed.", done.changed)
    else:
        text = ngettext("%(n)s customer changed.", "%(n)s customers changed.", done.changed)
    words = _("Look") if BulkKind(job.kind).for_good else _("Look or undo")
    link = format_html('<a href="{}">{}</a>', job.get_absolute_url(), words)
    messages.success(request, format_html("{} {}", text % {"n": done.changed}, link))
    return redirect(way_back(request, list_address(request, back)))
