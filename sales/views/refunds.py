"""Money paid back: list, form, page, reversal."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from common.templatetags.paodian import money
from sales.filters.finance import RefundFilterSet
from sales.forms.base import attach_errors, plain
from sales.forms.money import RefundForm
from sales.models import Receipt, Refund, SalesReturn
from sales.services import refunds as services
from sales.tables.finance import REFUND_COLUMNS
from sales.views.reversals import reversal_page
from sales.views.shared import SummedList, safe_next

_SOURCES: dict[str, type[Any]] = {"receipt": Receipt, "return": SalesReturn}


class RefundList(SummedList):
    permission_required = "sales.view_refund"
    title = _("Refunds")
    columns = REFUND_COLUMNS
    filterset_class = RefundFilterSet
    default_sort = "-refunded_on"
    sum_label = _("Paid back")
    export_permission = "sales.export_receipt"
    export_name = "refunds"
    empty_text = _("No refunds yet. They are made on the page of a receipt or a return with money left.")
    # A refund is made on what still has money: choose there.
    create_url = reverse_lazy("sales:receipt_list", query={"ahead": "yes"})
    create_label = _("New refund")
    create_permission = "sales.add_refund"

    def get_queryset(self) -> QuerySet:
        return Refund.objects.visible_to(self.request.user).with_names()


@require_http_methods(["GET", "POST"])
@permission_required("sales.add_refund", raise_exception=True)
def refund_create(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Pay back a free part of a receipt or of a return's credit."""
    rows = _SOURCES[kind].objects.visible_to(request.user).select_related("customer")
    source = get_object_or_404(rows, pk=pk)
    free = source.prepayment if kind == "receipt" else source.unused
    initial = {"amount": plain(free), "method": getattr(source, "method", "cash")}
    form = RefundForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            refund = services.pay_refund(actor=request.user, source=source, **form.cleaned_data)
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            text = gettext("Refund %(number)s, %(amount)s.")
            messages.success(request, text % {"number": refund.number, "amount": money(refund.amount)})
            return redirect(safe_next(request, refund.get_absolute_url()))
    context = {
        "title": gettext("Refund"),
        "intro": gettext("%(customer)s · %(number)s · %(free)s of it is free.")
        % {"customer": source.customer.name, "number": source.number, "free": money(free)},
        "form": form,
        "cancel_url": safe_next(request, source.get_absolute_url()),
        "submit_label": gettext("Pay back"),
    }
    return TemplateResponse(request, "common/form.html", context, status=422 if form.errors else 200)


def _visible(request: HttpRequest, pk: int) -> Refund:
    rows = Refund.objects.visible_to(request.user).select_related(
        "customer", "rep", "created_by", "receipt", "sales_return"
    )
    refund: Refund = get_object_or_404(rows, pk=pk)
    return refund


@permission_required("sales.view_refund", raise_exception=True)
def refund_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return TemplateResponse(request, "sales/refund_detail.html", {"refund": _visible(request, pk)})


@require_http_methods(["GET", "POST"])
@permission_required("sales.change_refund", raise_exception=True)
def refund_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    refund = _visible(request, pk)
    return reversal_page(
        request,
        number=refund.number,
        consequence=gettext("The money counts as the customer's again and pays its open bills."),
        back=refund.get_absolute_url(),
        do=lambda reason: services.reverse_refund(actor=request.user, refund=refund, reason=reason),
    )
