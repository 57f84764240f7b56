"""What a selection of leads can be told to do: the ticked ones, or every one of a list's filters.

The rows are a bulk action (crm.services.bulk) like those on customers: each is judged by itself, many are a worker's,
and the action's page says what became of each and takes it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from common.filters import ListFilterSet
from crm.enums import BulkKind
from crm.filters.leads import LeadBinFilterSet, LeadFilterSet, LeadPoolFilterSet
from crm.forms.customers import attach_errors
from crm.forms.leads import LEAD_FORMS
from crm.models import Lead
from crm.queries import leads as queries
from crm.querysets import LeadQuerySet
from crm.services import bulk
from crm.services.bulk.jobs import PERMISSIONS
from crm.views.access import current_user
from crm.views.bulk import SHOWN, begin, list_address, way_back


def _rows(user: User, name: str) -> tuple[LeadQuerySet, type[ListFilterSet]]:
    """The rows of the list of this address, and its filters."""
    if name == "crm:lead_pool":
        return queries.pool_rows(user), LeadPoolFilterSet
    if name == "crm:lead_bin":
        return queries.bin_rows(user), LeadBinFilterSet
    return queries.list_rows(user), LeadFilterSet


def chosen_leads(request: HttpRequest, back: str) -> LeadQuerySet:
    """What the selection in the list `back` means: the ticked rows, or with `all=1` every row of `query`'s filters."""
    scope, filters = _rows(current_user(request), back)
    if request.POST.get("all") != "1":
        # What is no key is no lead.
        ids = {int(pk) for pk in request.POST.getlist("pk") if pk.isdecimal() and len(pk) < 19}
        return scope.filter(pk__in=ids)
    filterset = filters(QueryDict(request.POST.get("query", "")), queryset=scope, request=request)
    rows: LeadQuerySet = filterset.qs if filterset.is_valid() else scope.none()
    return rows


@dataclass(frozen=True)
class _Question:
    """What a request wants done, before it is known whether all of it is said."""

    kind: BulkKind
    back: str
    leads: LeadQuerySet
    form: forms.Form | None
    asked: bool


@require_POST
def lead_bulk(request: HttpRequest, kind: str, back: str = "crm:lead_list") -> HttpResponse:
    """POST the selection: asks for what the action needs to know, or whether all rows are meant; then does it.

    `pk` (many), or `all=1` and `query`, the list's filters; then the fields of the kind's form. An action without a
    form does the ticked rows at once: its button has asked.
    """
    user, bulk_kind = current_user(request), BulkKind(kind)
    if not user.has_perm(PERMISSIONS[bulk_kind]):
        raise PermissionDenied
    leads = chosen_leads(request, back)
    if not leads.exists():
        messages.warning(request, _("Choose at least one lead first."))
        return redirect(back)
    form_class = LEAD_FORMS.get(bulk_kind)
    everything = request.POST.get("all") == "1"
    said = any(name in request.POST for name in ("go", "owner", "stage"))
    asked = said or (form_class is None and not everything)
    form = form_class(request.POST if asked else None, user=user) if form_class else None
    if asked and (form is None or form.is_valid()):
        try:
            params = form.params() if form else {}
            job = bulk.start(actor=user, kind=bulk_kind, params=params, rows=leads)
        except ValidationError as error:
            if form is None:
                raise
            attach_errors(form, error)
        else:
            return begin(request, job, back)
    return _ask(request, _Question(bulk_kind, back, leads, form, asked))


def _ask(request: HttpRequest, question: _Question) -> HttpResponse:
    leads, kind = question.leads, question.kind
    count, everything = leads.count(), request.POST.get("all") == "1"
    named = Lead.objects.filter(pk__in=list(leads.order_by("pk").values_list("pk", flat=True)[:SHOWN]))
    context: dict[str, Any] = {
        "form": question.form,
        "kind": kind,
        "title": kind.label,
        "count": count,
        "named": named.select_related("owner").only("name", "owner__name").order_by("pk"),
        "more": max(count - SHOWN, 0),
        "everything": everything,
        "query": request.POST.get("query", ""),
        "pks": [] if everything else leads.values_list("pk", flat=True),
        "submit_label": kind.label,
        "next": way_back(request, ""),
        "cancel_url": way_back(request, list_address(request, question.back)),
    }
    status = 422 if question.asked else 200
    return TemplateResponse(request, "crm/lead_bulk.html", context, status=status)
