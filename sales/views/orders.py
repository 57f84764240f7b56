from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.models import User
from common.templatetags.paodian import money
from sales import queries, rules, services
from sales.filters.orders import OrderFilterSet
from sales.forms.base import plain
from sales.forms.orders import DeliverForm
from sales.models import SalesOrder
from sales.rules import OrderAction
from sales.tables.orders import ORDER_COLOURS, ORDER_COLUMNS
from sales.views.shared import SummedList


class OrderList(SummedList):
    permission_required = "sales.view_salesorder"
    title = _("Sales orders")
    template_name = "sales/order_list.html"
    columns = ORDER_COLUMNS
    filterset_class = OrderFilterSet
    default_sort = "-ordered_on"
    sum_label = _("Ordered")
    export_permission = "sales.export_salesorder"
    export_name = "orders"
    empty_text = _("No orders yet. Take one at a customer, or write one here.")
    create_url = reverse_lazy("sales:order_create")
    create_label = _("New order")
    create_permission = "sales.add_salesorder"

    def get_queryset(self) -> QuerySet:
        return SalesOrder.objects.visible_to(self.request.user).with_names()


@permission_required("sales.view_salesorder", raise_exception=True)
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    orders = SalesOrder.objects.visible_to(request.user).select_related("customer", "rep", "created_by")
    order = get_object_or_404(orders, pk=pk)
    lines = queries.lines_of(order)
    for line in lines:
        line.take = plain(line.left)
    context = {
        "order": order,
        "lines": lines,
        "subtotal": sum(line.amount for line in lines),
        "colour": dict(ORDER_COLOURS).get(order.status, "secondary"),
        "actions": rules.allowed_actions(order.status, request.user.has_perm),
        "deliveries": order.deliveries.select_related("created_by").order_by("pk"),
        "receivable": queries.receivables([order.customer_id])[order.customer_id],
        "history": queries.order_history(order),
    }
    return TemplateResponse(request, "sales/order_detail.html", context)


@require_POST
@permission_required("sales.view_salesorder", raise_exception=True)
def order_action(request: HttpRequest, pk: int, action: OrderAction) -> HttpResponse:
    """One step of the state machine; what the order refuses is said in a toast."""
    order = get_object_or_404(SalesOrder.objects.visible_to(request.user), pk=pk)
    check_action(request.user, order, action)
    try:
        text = perform(request, order, action)
    except ValidationError as refusal:
        for message in refusal.messages:
            messages.error(request, message)
    else:
        messages.success(request, text)
    return redirect(order)


def check_action(user: User, order: SalesOrder, action: OrderAction) -> None:
    """PermissionDenied unless the user has what the step takes; a step out of turn is left to the service."""
    permissions = rules.ACTION_PERMISSIONS.get((action, order.status))
    if permissions is None:
        if not rules.may_ever(action, user.has_perm):
            raise PermissionDenied
    elif not user.has_perms(permissions):
        raise PermissionDenied


def perform(request: HttpRequest, order: SalesOrder, action: OrderAction) -> str:
    """Do it and say what was done."""
    actor = request.user
    if action == OrderAction.SUBMIT:
        services.submit_order(actor=actor, order=order)
        return gettext("Order %(number)s is submitted.") % {"number": order.number}
    if action == OrderAction.APPROVE:
        services.approve_order(actor=actor, order=order)
        return gettext("Order %(number)s is approved.") % {"number": order.number}
    if action == OrderAction.CLOSE:
        services.close_order(actor=actor, order=order)
        return gettext("Order %(number)s is closed.") % {"number": order.number}
    if action == OrderAction.CANCEL:
        services.cancel_order(actor=actor, order=order)
        return gettext("Order %(number)s is cancelled.") % {"number": order.number}
    if action == OrderAction.APPROVE_AND_DELIVER:
        delivery = services.approve_and_deliver(actor=actor, order=order)
    else:
        delivery = services.deliver_order(actor=actor, order=order, quantities=wanted(request, order))
    return gettext("Delivered: %(number)s, %(amount)s.") % {
        "number": delivery.number,
        "amount": money(delivery.amount),
    }


def wanted(request: HttpRequest, order: SalesOrder) -> dict[int, Any] | None:
    """Quantities by line of a delivery in parts; None (all that is left) when the form names none."""
    lines = queries.lines_of(order)
    if not any(f"line-{line.pk}" in request.POST for line in lines):
        return None
    form = DeliverForm(request.POST, lines=lines)
    if not form.is_valid():
        raise ValidationError(
            [
                f"{form.fields[name].label}: {error}"
                for name, errors in form.errors.items()
                for error in errors
            ]
        )
    return form.quantities()
