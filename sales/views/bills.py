"""Bills: list as of any day, page with what was set against each, bills from before these books."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, F, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from common import business_calendar
from common.money import round_money
from common.templatetags.paodian import day as day_text
from common.templatetags.paodian import money
from common.views import ListPage
from crm.models import Customer
from sales.filters.bills import BillFilterSet, as_of
from sales.forms.base import attach_errors
from sales.forms.money import OpeningForm
from sales.models import Allocation, Bill
from sales.queries.aging import MONEY, with_open_on
from sales.services import opening_balances
from sales.tables.bills import BILL_COLUMNS, bill_state
from sales.views.reversals import reversal_page

ZERO = Decimal("0.00")


class BillPaginator(Paginator):
    """Counts the bills and adds up what they were and what is open of them, in one statement."""

    def __init__(self, rows: QuerySet, *args: Any, **kwargs: Any) -> None:
        super().__init__(rows, *args, **kwargs)
        self.rows = rows

    @cached_property
    def sums(self) -> dict[str, Any]:
        found: dict[str, Any] = self.rows.order_by().aggregate(
            n=Count("pk"), billed=Sum("amount"), left=Sum("open_then", output_field=MONEY)
        )
        return found

    @cached_property
    def count(self) -> int:
        return int(self.sums["n"])


class BillList(ListPage):
    permission_required = "sales.view_bill"
    title = _("Bills")
    columns = BILL_COLUMNS
    filterset_class = BillFilterSet
    paginator_class = BillPaginator
    default_sort = "due_on"
    export_permission = "sales.export_receipt"
    export_name = "bills"
    empty_text = _("No bills yet. A delivery makes them; what customers owed before is typed in or imported.")
    create_url = reverse_lazy("sales:opening_create")
    create_label = _("Opening balance")
    create_permission = "sales.add_bill"
    next_url = reverse_lazy("sales:delivery_list")
    next_label = _("Deliveries")
    next_permission = "sales.view_delivery"
    template_name = "sales/bill_list.html"

    def get_queryset(self) -> QuerySet:
        today = business_calendar.today()
        day = as_of(self.request.GET.get("as_of"), today)
        rows = Bill.objects.visible_to(self.request.user).with_names()
        rows = rows.select_related("customer__owner", "delivery", "order")
        if day < today:
            return with_open_on(rows, day)
        if self.request.GET.get("state") != "reversed":
            rows = rows.filter(status="posted")
        return rows.annotate(open_then=F("amount") - F("settled"))

    def get_context_data(self, *, page: Any, **kwargs: Any) -> dict[str, Any]:
        sums = page.paginator.sums
        context = super().get_context_data(page=page, **kwargs)
        context["totals"] = [
            {"label": gettext("Billed"), "text": money(round_money(sums["billed"] or ZERO))},
            {"label": gettext("Still open"), "text": money(round_money(sums["left"] or ZERO))},
        ]
        return context


def visible_bill(request: HttpRequest, pk: int) -> Bill:
    rows = Bill.objects.visible_to(request.user).select_related(
        "customer__owner", "rep", "delivery", "order", "created_by"
    )
    bill: Bill = get_object_or_404(rows, pk=pk)
    return bill


@permission_required("sales.view_bill", raise_exception=True)
def bill_detail(request: HttpRequest, pk: int) -> HttpResponse:
    bill = visible_bill(request, pk)
    rows = Allocation.objects.filter(bill=bill).select_related(
        "receipt", "sales_return", "created_by", "released_by"
    )
    context = {
        "bill": bill,
        "badge": bill_state(bill),
        "allocations": rows.order_by("pk"),
        "today": business_calendar.today(),
    }
    return TemplateResponse(request, "sales/bill_detail.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("sales.change_bill", raise_exception=True)
def bill_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    bill = visible_bill(request, pk)
    return reversal_page(
        request,
        number=f"{gettext('Opening balance')} {bill.customer.name} {day_text(bill.billed_on)}",
        consequence=gettext(
            "The customer does not owe this any more. Money that was set against it is free and pays other open bills."
        ),
        back=reverse("sales:bill_detail", args=[bill.pk]),
        do=lambda reason: opening_balances.reverse_opening(actor=request.user, bill=bill, reason=reason),
    )


@require_http_methods(["GET", "POST"])
@permission_required("sales.add_bill", raise_exception=True)
def opening_create(request: HttpRequest) -> HttpResponse:
    """What a customer owed before; ?customer= chooses it."""
    customers = Customer.objects.visible_to(request.user)
    initial = {"customer": request.GET.get("customer", "")}
    form = OpeningForm(request.POST or None, customers=customers, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            bill = opening_balances.open_balance(actor=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            text = gettext("%(customer)s owes %(amount)s from before.")
            messages.success(request, text % {"customer": bill.customer.name, "amount": money(bill.amount)})
            return redirect("sales:bill_detail", pk=bill.pk)
    context = {
        "title": gettext("Opening balance"),
        "intro": gettext(
            "What a customer owed before it came into these books. Every amount is a bill of its own."
        ),
        "form": form,
        "cancel_url": reverse("sales:bill_list") + "?kind=opening",
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "sales/opening_form.html", context, status=status)
