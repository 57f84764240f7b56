"""Setting money against bills by hand: amounts typed beside the open bills, released, used oldest first."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from common import business_calendar
from common.templatetags.paodian import money
from crm.models import Customer
from sales.forms.base import plain
from sales.models import Allocation, Bill, Receipt, SalesReturn
from sales.queries.allocations import AllocationRow, allocation_rows
from sales.services import allocations as services
from sales.services.billing import Source
from sales.views.shared import safe_next

_KINDS: dict[str, type[Any]] = {"receipt": Receipt, "return": SalesReturn}
_MAY = "sales.allocate_receipt"


def _source(request: HttpRequest, kind: str, pk: int) -> Source:
    rows = _KINDS[kind].objects.visible_to(request.user).select_related("customer")
    source: Source = get_object_or_404(rows, pk=pk)
    return source


@require_http_methods(["GET", "POST"])
@permission_required(_MAY, raise_exception=True)
def allocate(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """POST bill-N: what of the money is set against bill N; `oldest`: the oldest due bills first."""
    source = _source(request, kind, pk)
    rows = allocation_rows(source)
    problem = ""
    if request.method == "POST":
        try:
            if "oldest" in request.POST:
                left = services.allocate_oldest_first(actor=request.user, source=source)
            else:
                left = services.allocate_by_hand(
                    actor=request.user, source=source, wanted=_wanted(request, rows)
                )
        except ValidationError as refusal:
            problem = refusal.messages[0]
        else:
            text = _("%(number)s is set against its bills; %(left)s of it is free.")
            messages.success(request, text % {"number": source.number, "left": money(left)})
            return redirect(safe_next(request, source.get_absolute_url()))
    return _draw(request, source, rows, kind, problem)


def _wanted(request: HttpRequest, rows: list[AllocationRow]) -> dict[int, Decimal]:
    if not any(name.startswith("bill-") for name in request.POST):
        raise ValidationError(_("No bill was named, so nothing was changed."), code="nothing")
    wanted = {}
    for row in rows:
        typed = request.POST.get(f"bill-{row.bill.pk}", "").strip().replace(",", "")
        if not typed:
            continue
        try:
            wanted[row.bill.pk] = Decimal(typed)
        except InvalidOperation:
            raise ValidationError(
                _("“%(text)s” is no amount.") % {"text": typed[:30]}, code="number"
            ) from None
    return {pk: amount for pk, amount in wanted.items() if amount}


def _draw(
    request: HttpRequest, source: Source, rows: list[AllocationRow], kind: str, problem: str
) -> HttpResponse:
    for row in rows:
        typed = request.POST.get(f"bill-{row.bill.pk}")
        row.typed = plain(row.mine) if typed is None else typed
    context = {
        "source": source,
        "kind": kind,
        "rows": rows,
        # What of it may be set against bills: all but what was paid back.
        "usable": source.amount - source.refunded,
        "free": source.amount - source.used,
        "problem": problem,
        "today": business_calendar.today(),
        "back": safe_next(request, source.get_absolute_url()),
    }
    return TemplateResponse(request, "sales/allocate.html", context, status=422 if problem else 200)


@require_POST
@permission_required(_MAY, raise_exception=True)
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one allocation back."""
    bills = Bill.objects.visible_to(request.user).values("pk")
    rows = Allocation.objects.filter(bill__in=bills).select_related("bill", "receipt", "sales_return")
    allocation = get_object_or_404(rows, pk=pk)
    try:
        services.release_allocation(actor=request.user, allocation=allocation)
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    else:
        text = _("%(amount)s is released: the bill is open by it, the money is free.")
        messages.success(request, text % {"amount": money(allocation.amount)})
    source = allocation.receipt or allocation.sales_return
    return redirect(safe_next(request, source.get_absolute_url()))


@require_POST
@permission_required(_MAY, raise_exception=True)
def offset(request: HttpRequest, pk: int) -> HttpResponse:
    """Use a customer's prepayments and credits for its open bills, oldest due first."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    used = services.offset_customer(actor=request.user, customer=customer)
    if used:
        text = _("%(amount)s paid ahead is set against open bills.")
        messages.success(request, text % {"amount": money(used)})
    else:
        messages.info(request, _("There is nothing to set off: no open bill, or no free money."))
    return redirect(safe_next(request, customer.get_absolute_url()))
