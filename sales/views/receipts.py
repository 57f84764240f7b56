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
from django.urls import reverse, reverse_lazy
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.http import require_http_methods

from common import business_calendar
from common.templatetags.paodian import money
from crm.models import Customer
from sales import queries, services
from sales.filters.receipts import ReceiptFilterSet
from sales.forms.receipts import BY_HAND, OLDEST, ReceiptForm
from sales.models import Receipt, SalesOrder
from sales.tables.receipts import RECEIPT_COLUMNS
from sales.views.reversals import reversal_page
from sales.views.shared import SummedList, asked_customer, choose_customer, safe_next


class ReceiptList(SummedList):
    permission_required = "sales.view_receipt"
    title = _("Receipts")
    columns = RECEIPT_COLUMNS
    filterset_class = ReceiptFilterSet
    default_sort = "-received_on"
    sum_label = _("Received")
    export_permission = "sales.export_receipt"
    export_name = "receipts"
    empty_text = _("No receipts yet. Note here what customers pay.")
    create_url = reverse_lazy("sales:receipt_create")
    create_label = _("New receipt")
    create_permission = "sales.add_receipt"

    def get_queryset(self) -> QuerySet:
        return Receipt.objects.visible_to(self.request.user).with_names().select_related("order")


class ReceiptCreate(PermissionRequiredMixin, View):
    permission_required = "sales.add_receipt"
    raise_exception = True
    customer: Customer

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        customer = asked_customer(request)
        if customer is None:
            return choose_customer(request, title=gettext("New receipt"), back="sales:receipt_list")
        self.customer = customer
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.draw(self.form(initial={"order": request.GET.get("order", "")}))

    def form(self, *args: Any, **kwargs: Any) -> ReceiptForm:
        orders = SalesOrder.objects.visible_to(self.request.user).filter(customer=self.customer)
        by_hand = self.request.user.has_perm("sales.allocate_receipt")
        return ReceiptForm(*args, orders=orders.counted(), by_hand=by_hand, **kwargs)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.draw(form)
        values = {**form.cleaned_data}
        use = values.pop("use")
        try:
            receipt = services.record_receipt(
                actor=request.user, customer=self.customer, allocate=use == OLDEST, **values
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return self.draw(form)
        text = gettext("Receipt %(number)s, %(amount)s.")
        messages.success(request, text % {"number": receipt.number, "amount": money(receipt.amount)})
        after = safe_next(request, receipt.get_absolute_url())
        if use == BY_HAND:
            page = reverse("sales:receipt_allocate", args=[receipt.pk])
            return redirect(f"{page}?{urlencode({'next': after})}")
        return redirect(after)

    def draw(self, form: ReceiptForm) -> HttpResponse:
        sees = self.request.user.has_perm("sales.view_bill")
        context = {
            "title": gettext("New receipt"),
            "customer": self.customer,
            "form": form,
            "receivable": queries.receivables([self.customer.pk])[self.customer.pk],
            "bills": queries.open_bills(self.customer) if sees else [],
            "today": business_calendar.today(),
            "cancel_url": safe_next(self.request, self.customer.get_absolute_url()),
        }
        return TemplateResponse(self.request, "sales/receipt_form.html", context)


def find_receipt(request: HttpRequest, pk: int) -> Receipt:
    rows = Receipt.objects.visible_to(request.user).select_related("customer", "rep", "created_by", "order")
    receipt: Receipt = get_object_or_404(rows, pk=pk)
    return receipt


@permission_required("sales.view_receipt", raise_exception=True)
def receipt_detail(request: HttpRequest, pk: int) -> HttpResponse:
    receipt = find_receipt(request, pk)
    context = {
        "receipt": receipt,
        "receivable": queries.receivables([receipt.customer_id])[receipt.customer_id],
        "allocations": queries.allocations_of(receipt),
        "refunds": receipt.refunds.order_by("pk"),
        "today": business_calendar.today(),
    }
    return TemplateResponse(request, "sales/receipt_detail.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("sales.change_receipt", raise_exception=True)
def receipt_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    receipt = find_receipt(request, pk)
    return reversal_page(
        request,
        number=receipt.number,
        consequence=gettext(
            "The money is owed again: what it was set against is open, unless other free money pays it."
        ),
        back=receipt.get_absolute_url(),
        do=lambda reason: services.reverse_receipt(actor=request.user, receipt=receipt, reason=reason),
    )
