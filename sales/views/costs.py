"""Money spent for customers and orders: list, form, page, reversal."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from common.templatetags.paodian import money
from sales.filters.finance import CostFilterSet
from sales.forms.base import attach_errors
from sales.forms.money import CostForm
from sales.models import CostEntry, SalesOrder
from sales.services import costs as services
from sales.tables.finance import COST_COLUMNS
from sales.views.reversals import reversal_page
from sales.views.shared import SummedList, asked_customer, choose_customer, safe_next


class CostList(SummedList):
    permission_required = "sales.view_costentry"
    title = _("Costs")
    columns = COST_COLUMNS
    filterset_class = CostFilterSet
    default_sort = "-spent_on"
    sum_label = _("Spent")
    export_permission = "sales.export_receipt"
    export_name = "costs"
    empty_text = _("No costs yet. Note freight, display fees, rebates and the like: they lessen the margin.")
    create_url = reverse_lazy("sales:cost_create")
    create_label = _("New cost")
    create_permission = "sales.add_costentry"

    def get_queryset(self) -> QuerySet:
        return CostEntry.objects.visible_to(self.request.user).with_names().select_related("order")


@require_http_methods(["GET", "POST"])
@permission_required("sales.add_costentry", raise_exception=True)
def cost_create(request: HttpRequest) -> HttpResponse:
    """?customer=, ?order= chooses the order."""
    customer = asked_customer(request)
    if customer is None:
        return choose_customer(request, title=gettext("New cost"), back="sales:cost_list")
    orders = SalesOrder.objects.visible_to(request.user).filter(customer=customer).counted()
    initial = {"order": request.GET.get("order", "")}
    form = CostForm(request.POST or None, orders=orders, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            cost = services.record_cost(actor=request.user, customer=customer, **form.cleaned_data)
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            text = gettext("Cost %(number)s, %(amount)s.")
            messages.success(request, text % {"number": cost.number, "amount": money(cost.amount)})
            return redirect(safe_next(request, cost.get_absolute_url()))
    context = {
        "title": gettext("New cost"),
        "intro": customer.name,
        "form": form,
        "cancel_url": safe_next(request, reverse("sales:cost_list")),
    }
    return TemplateResponse(request, "common/form.html", context, status=422 if form.errors else 200)


def _visible(request: HttpRequest, pk: int) -> CostEntry:
    rows = CostEntry.objects.visible_to(request.user).select_related("customer", "rep", "created_by", "order")
    cost: CostEntry = get_object_or_404(rows, pk=pk)
    return cost


@permission_required("sales.view_costentry", raise_exception=True)
def cost_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return TemplateResponse(request, "sales/cost_detail.html", {"cost": _visible(request, pk)})


@require_http_methods(["GET", "POST"])
@permission_required("sales.change_costentry", raise_exception=True)
def cost_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    cost = _visible(request, pk)
    return reversal_page(
        request,
        number=cost.number,
        consequence=gettext("It does not lessen the margin any more."),
        back=cost.get_absolute_url(),
        do=lambda reason: services.reverse_cost(actor=request.user, cost=cost, reason=reason),
    )
