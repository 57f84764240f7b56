"""The payment plan of an order: a fragment on its page, and the page that changes it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from common import business_calendar
from sales.enums import OrderStatus
from sales.forms.base import attach_errors
from sales.forms.money import PlanForm, SplitForm
from sales.models import SalesOrder
from sales.queries.payment_plans import plan_of
from sales.rules.payment_plans import add_months, split_equally
from sales.services import payment_plans as services
from sales.services.payment_plans import Part


def _visible(request: HttpRequest, pk: int) -> SalesOrder:
    rows = SalesOrder.objects.visible_to(request.user).select_related("customer")
    order: SalesOrder = get_object_or_404(rows, pk=pk)
    return order


@require_GET
@permission_required("sales.view_salesorder", raise_exception=True)
def order_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment for the order's page: hx-get it on load."""
    order = _visible(request, pk)
    may_change = request.user.has_perm("sales.change_paymentinstalment") and order.status not in (
        OrderStatus.CANCELLED,
        OrderStatus.CLOSED,
    )
    context = {
        "order": order,
        "plan": plan_of(order, business_calendar.today()),
        "may_change": may_change,
        "may_receive": request.user.has_perm("sales.add_receipt"),
        "sees_receipts": request.user.has_perm("sales.view_receipt"),
    }
    return TemplateResponse(request, "sales/order_plan.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("sales.change_paymentinstalment", raise_exception=True)
def order_plan_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """GET parts, first, every, unit: the plan cut anew, not saved. POST: save what was typed."""
    order = _visible(request, pk)
    split = SplitForm(request.GET if "parts" in request.GET else None, initial=_usual(order))
    if request.method == "POST":
        form = PlanForm(request.POST)
        if form.is_valid():
            try:
                services.set_plan(actor=request.user, order=order, parts=form.parts())
            except ValidationError as refusal:
                attach_errors(form, refusal)
            else:
                messages.success(
                    request, _("The payment plan of %(number)s is saved.") % {"number": order.number}
                )
                return redirect(order)
    else:
        form = PlanForm(parts=_wanted(order, split))
    context = {
        "order": order,
        "form": form,
        "split": split,
        "plan": plan_of(order, business_calendar.today()),
    }
    status = 422 if request.method == "POST" else 200
    return TemplateResponse(request, "sales/order_plan_form.html", context, status=status)


def _usual(order: SalesOrder) -> dict[str, object]:
    return {"parts": 3, "every": 1, "unit": "months", "first": add_months(order.ordered_on, 1)}


def _wanted(order: SalesOrder, split: SplitForm) -> list[Part]:
    """The plan cut anew when that was asked for, else the one that stands."""
    if not split.is_bound:
        return [Part(row.due_on, row.amount, row.note) for row in order.instalments.order_by("position")]
    if not split.is_valid():
        return []
    data = split.cleaned_data
    try:
        rows = split_equally(
            order.total,
            parts=data["parts"],
            first=data["first"],
            every=data["every"],
            months=data["unit"] == "months",
        )
    except ValueError:
        split.add_error("parts", _("The order is too small for so many instalments."))
        return []
    return [Part(row.due_on, row.amount) for row in rows]
