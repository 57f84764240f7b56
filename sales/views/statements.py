"""The statement of a customer's account: on the screen, on paper, as a workbook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from common import business_calendar
from common.exports import rows_response
from common.signals import data_exported
from crm.models import Customer
from sales.forms.money import PeriodForm, usual_period
from sales.models import Bill
from sales.queries.aging import aging, total_of
from sales.queries.statements import Statement, statement
from sales.rules.aging import BUCKETS


@permission_required(["sales.view_bill", "sales.view_receipt"], raise_exception=True)
def statement_page(request: HttpRequest, pk: int) -> HttpResponseBase:
    """GET: since, until (the month before and this one), export=xlsx."""
    rows = Customer.objects.visible_to(request.user).select_related("owner")
    customer = get_object_or_404(rows, pk=pk)
    today = business_calendar.today()
    usual = usual_period(today)
    asked = {name: request.GET.get(name) or day for name, day in usual.items()}
    form = PeriodForm(asked)
    period = form.cleaned_data if form.is_valid() else usual
    last = min(period["until"], today)
    told = statement(customer.pk, min(period["since"], last), last)
    if request.GET.get("export") == "xlsx":
        return _export(request, customer, told)
    ages = total_of(aging(Bill.objects.filter(customer=customer), day=last, today=today))
    context = {
        "customer": customer,
        "told": told,
        "form": form,
        "ages": [(bucket, amount) for bucket, amount in zip(BUCKETS, ages.amounts, strict=True)],
        "printed_at": timezone.now(),
        "can_export": request.user.has_perm("sales.export_receipt"),
    }
    return TemplateResponse(request, "sales/statement.html", context)


def _export(request: HttpRequest, customer: Customer, told: Statement) -> HttpResponseBase:
    if not request.user.has_perm("sales.export_receipt"):
        raise PermissionDenied
    title = _("Statement of %(customer)s") % {"customer": customer.name}
    data_exported.send(sender=Bill, user=request.user, what=title, rows=len(told.entries))
    heads = [
        _("Date"),
        _("What"),
        _("Slip number"),
        _("Details"),
        _("Owed more"),
        _("Owed less"),
        _("Balance"),
    ]
    name = f"statement-{customer.code}-{told.first:%Y%m%d}-{told.last:%Y%m%d}.xlsx"
    return rows_response(name, heads, _lines(told))


def _lines(told: Statement) -> Iterator[list[Any]]:
    yield [told.first, _("Brought forward"), "", "", None, None, told.opening]
    for entry in told.entries:
        yield [
            entry.day,
            entry.kind,
            entry.number,
            entry.text,
            entry.debit or None,
            entry.credit or None,
            entry.balance,
        ]
    yield [told.last, _("Closing balance"), "", "", told.debit, told.credit, told.closing]
