"""Who pays late, what they said, what they promised (催收)."""

from __future__ import annotations

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

from common import business_calendar
from crm.models import Customer
from sales.filters.finance import OverdueFilterSet
from sales.forms.base import attach_errors
from sales.forms.money import CollectionForm
from sales.models import Bill, CollectionNote
from sales.queries.aging import aging, total_of
from sales.queries.overdue import overdue_customers
from sales.queries.receivables import receivables
from sales.rules.aging import BUCKETS
from sales.services import collection
from sales.tables.bills import OVERDUE_COLUMNS
from sales.views.shared import DebtorList, safe_next


class OverdueList(DebtorList):
    permission_required = "sales.view_collectionnote"
    title = _("Overdue")
    columns = OVERDUE_COLUMNS
    template_name = "sales/overdue_list.html"
    filterset_class = OverdueFilterSet
    default_sort = "-overdue"
    export_permission = "sales.export_receipt"
    export_name = "overdue"
    empty_text = _("Nobody pays late. A bill that is not paid by its due date appears here.")
    next_url = reverse_lazy("sales:receivable_list")
    next_label = _("Receivables")
    next_permission = "sales.view_receipt"

    def get_queryset(self) -> QuerySet:
        return overdue_customers(self.request.user, business_calendar.today())


@require_http_methods(["GET", "POST"])
@permission_required("sales.add_collectionnote", raise_exception=True)
def collection_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Note what a customer said; below: what it owes by age, and what was said before."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user).select_related("owner"), pk=pk)
    form = CollectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            collection.note_collection(actor=request.user, customer=customer, **form.cleaned_data)
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            messages.success(request, gettext("Noted for %(customer)s.") % {"customer": customer.name})
            return redirect(safe_next(request, customer.get_absolute_url()))
    today = business_calendar.today()
    ages = total_of(aging(Bill.objects.filter(customer=customer), day=today, today=today))
    context = {
        "title": gettext("Collection note"),
        "customer": customer,
        "form": form,
        "receivable": receivables([customer.pk])[customer.pk],
        "overdue": ages.overdue,
        "ages": [(bucket, amount) for bucket, amount in zip(BUCKETS, ages.amounts, strict=True) if amount],
        "phones": customer.phones.order_by("position", "pk")[:4],
        "notes": _notes(request, customer),
        "cancel_url": safe_next(request, customer.get_absolute_url()),
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "sales/collection_form.html", context, status=status)


def _notes(request: HttpRequest, customer: Customer) -> list[CollectionNote]:
    """The last attempts to collect from this customer."""
    if not request.user.has_perm("sales.view_collectionnote"):
        return []
    rows = CollectionNote.objects.visible_to(request.user).filter(customer=customer)
    return list(rows.select_related("rep")[:20])
