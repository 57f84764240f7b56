from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.http import require_POST

from common.templatetags.paodian import money
from crm.models import Customer
from sales import queries, services
from sales.filters.receipts import ReceiptFilterSet
from sales.forms.receipts import ReceiptForm
from sales.models import Receipt
from sales.tables.receipts import RECEIPT_COLUMNS
from sales.views.shared import SummedList, asked_customer, choose_customer, safe_next


class ReceiptList(SummedList):
    permission_required = "sales.view_receipt"
    title = _("Receipts")
    columns = RECEIPT_COLUMNS
    filterset_class = ReceiptFilterSet
    default_sort = "-received_on"
    sum_label = _("Received")
    export_permission = "sales.export_salesorder"
    export_name = "receipts"
    empty_text = _("No receipts yet. Note here what customers pay.")
    create_url = reverse_lazy("sales:receipt_create")
    create_label = _("New receipt")
    create_permission = "sales.add_receipt"

    def get_queryset(self) -> QuerySet:
        return Receipt.objects.visible_to(self.request.user).with_names()


class ReceiptCreate(PermissionRequiredMixin, View):
    permission_required = "sales.add_receipt"
    raise_exception = True
    customer: Customer

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        customer = asked_customer(request)
        if customer is None:
            return choose_customer(request, title=gettext("New receipt"))
        self.customer = customer
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.draw(ReceiptForm())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = ReceiptForm(request.POST)
        if not form.is_valid():
            return self.draw(form)
        try:
            receipt = services.record_receipt(actor=request.user, customer=self.customer, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return self.draw(form)
        text = gettext("Receipt %(number)s, %(amount)s.")
        messages.success(request, text % {"number": receipt.number, "amount": money(receipt.amount)})
        return redirect(safe_next(request, receipt.get_absolute_url()))

    def draw(self, form: ReceiptForm) -> HttpResponse:
        context = {
            "title": gettext("New receipt"),
            "customer": self.customer,
            "form": form,
            "receivable": queries.receivables([self.customer.pk])[self.customer.pk],
            "cancel_url": safe_next(self.request, self.customer.get_absolute_url()),
        }
        return TemplateResponse(self.request, "sales/receipt_form.html", context)


@permission_required("sales.view_receipt", raise_exception=True)
def receipt_detail(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Receipt.objects.visible_to(request.user).select_related("customer", "rep", "created_by")
    receipt = get_object_or_404(rows, pk=pk)
    owed = queries.receivables([receipt.customer_id])[receipt.customer_id]
    return TemplateResponse(request, "sales/receipt_detail.html", {"receipt": receipt, "receivable": owed})


@require_POST
@permission_required("sales.change_receipt", raise_exception=True)
def receipt_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    receipt = get_object_or_404(Receipt.objects.visible_to(request.user), pk=pk)
    try:
        services.reverse_receipt(actor=request.user, receipt=receipt)
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    else:
        messages.success(request, gettext("Receipt %(number)s is reversed.") % {"number": receipt.number})
    return redirect(receipt)
