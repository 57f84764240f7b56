"""Competitors seen at customers (B10): the list with prices over time, noting one, the customer's panel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from common.tables import Column
from common.views import ListPage
from crm.filters.competitors import SightingFilterSet
from crm.forms.competitors import NAMES, SightingForm
from crm.forms.customers import attach_errors
from crm.models import CompetitorSighting, Customer
from crm.queries import competitors as queries
from crm.services import competitors as services
from crm.tables.competitors import sighting_columns
from crm.views.access import current_user, editable_customer, visible_customer


def _prices(filterset: SightingFilterSet) -> list[dict[str, Any]]:
    """Prices over the filtered rows, when they are one competitor's."""
    one = filterset.is_valid() and filterset.form.cleaned_data.get("competitor")
    return queries.price_history(filterset.qs) if one else []


class SightingList(ListPage):
    permission_required = "crm.view_competitorsighting"
    title = gettext_lazy("Competitors")
    filterset_class = SightingFilterSet
    template_name = "crm/competitor_list.html"
    default_sort = "-seen_on"
    export_permission = "crm.export_competitorsighting"
    export_name = "competitors"
    create_url = reverse_lazy("crm:competitor_create")
    create_label = gettext_lazy("Note a competitor")
    create_permission = "crm.add_competitorsighting"
    empty_text = gettext_lazy(
        "Nothing noted yet. Note here what others sell to your customers, and at what price."
    )

    def get_queryset(self) -> QuerySet[CompetitorSighting]:
        return queries.list_rows(current_user(self.request))

    def get_columns(self) -> Sequence[Column]:
        user = current_user(self.request)
        if not user.has_perm("crm.change_competitorsighting"):
            return sighting_columns(lambda _row: False)
        return sighting_columns(partial(queries.may_edit, user))

    def wants_results_only(self, request: HttpRequest) -> bool:
        only = super().wants_results_only(request)
        if only:
            self.template_name = ListPage.template_name  # a template does not inherit the partial "results"
        return only

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {"prices": _prices(kwargs["filterset"])}


@require_GET
@permission_required("crm.view_competitorsighting", raise_exception=True)
def competitor_prices(request: HttpRequest) -> HttpResponse:
    """The part above the list, for the same query string."""
    rows = queries.list_rows(current_user(request))
    filterset = SightingFilterSet(request.GET, queryset=rows, request=request)
    return TemplateResponse(request, "crm/competitor_prices.html", {"prices": _prices(filterset)})


# --- one sighting
@require_http_methods(["GET", "POST"])
@permission_required("crm.add_competitorsighting", raise_exception=True)
def sighting_create(request: HttpRequest) -> HttpResponse:
    """?customer= at whom; without it the page first asks for the customer."""
    wanted = request.GET.get("customer", "")
    if not wanted:
        return TemplateResponse(request, "crm/competitor_customer.html", {"title": _("Note a competitor")})
    if not wanted.isdecimal() or len(wanted) > 18:
        raise Http404
    customer = editable_customer(request, int(wanted))
    form = SightingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.record_sighting(actor=current_user(request), customer=customer, **form.cleaned_data)
        except ValidationError as error:
            attach_errors(form, error)
        else:
            messages.success(request, _("The competitor is noted."))
            return redirect(customer)
    return _form_page(request, form, customer, title=_("Note a competitor"))


@require_http_methods(["GET", "POST"])
@permission_required("crm.change_competitorsighting", raise_exception=True)
def sighting_edit(request: HttpRequest, pk: int) -> HttpResponse:
    user = current_user(request)
    sighting = _editable_sighting(request, pk, user)
    form = SightingForm(request.POST or None, instance=sighting)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_sighting(actor=user, sighting=sighting, **form.cleaned_data)
        except ValidationError as error:
            attach_errors(form, error)
        else:
            messages.success(request, _("The competitor is noted."))
            return redirect("crm:competitor_list")
    return _form_page(request, form, sighting.customer, title=_("Correct a sighting"), sighting=sighting)


@require_POST
@permission_required("crm.change_competitorsighting", raise_exception=True)
def sighting_delete(request: HttpRequest, pk: int) -> HttpResponse:
    user = current_user(request)
    sighting = _editable_sighting(request, pk, user)
    try:
        services.delete_sighting(actor=user, sighting=sighting)
        messages.success(request, _("The sighting is deleted."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("crm:competitor_list")


def _editable_sighting(request: HttpRequest, pk: int, user: User) -> CompetitorSighting:
    """404 for a sighting the user does not see, 403 for one that is not his to correct."""
    sighting: CompetitorSighting = get_object_or_404(queries.list_rows(user), pk=pk)
    editable_customer(request, sighting.customer_id)
    if not queries.may_edit(user, sighting):
        raise PermissionDenied
    return sighting


def _form_page(
    request: HttpRequest,
    form: SightingForm,
    customer: Customer,
    *,
    title: str,
    sighting: CompetitorSighting | None = None,
) -> HttpResponse:
    can_delete = sighting is not None and queries.may_delete(current_user(request), sighting, timezone.now())
    back = reverse("crm:competitor_list") if sighting else customer.get_absolute_url()
    context = {
        "title": title,
        "form": form,
        "customer": customer,
        "sighting": sighting,
        "can_delete": can_delete,
        "names": queries.competitor_names(),
        "names_id": NAMES,
        "back_url": back,
        "cancel_url": back,
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "crm/competitor_form.html", context, status=status)


# --- on the customer's page
@require_GET
@permission_required("crm.view_competitorsighting", raise_exception=True)
def customer_competitors(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment: what was seen at this customer lately."""
    customer = visible_customer(request, pk)
    user = current_user(request)
    can_add = user.has_perm("crm.add_competitorsighting") and (
        Customer.objects.editable_by(user).filter(pk=pk).exists()
    )
    context = {"customer": customer, "sightings": queries.customer_rows(customer), "can_add": can_add}
    return TemplateResponse(request, "crm/competitor_panel.html", context)
