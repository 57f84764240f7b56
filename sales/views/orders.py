"""The queue of orders, an order's page, and the steps of its state machine."""

from __future__ import annotations

from decimal import Decimal
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
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from common import business_calendar
from common.punctuation import named
from common.templatetags.paodian import money
from common.views import BulkAction
from sales import queries, rules, services
from sales.filters.orders import OrderFilterSet
from sales.forms.base import plain
from sales.forms.orders import DeliverForm, RejectForm
from sales.models import Quote, SalesOrder
from sales.queries import orders as order_queries
from sales.queries.approvers import approvers_of
from sales.queries.credit import credit_of
from sales.rules import OrderAction
from sales.rules.stock import in_words
from sales.tables.orders import ORDER_COLUMNS, order_badge
from sales.views.shared import SummedList

ZERO = Decimal(0)


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
    bulk_actions = (
        BulkAction(
            _("Approve"), reverse_lazy("sales:order_bulk_approve"), "check", "sales.approve_salesorder"
        ),
        BulkAction(
            _("Deliver"),
            reverse_lazy("sales:order_bulk_deliver"),
            "truck-delivery",
            "sales.add_delivery",
            confirm=_("Deliver all that is left of the selected orders, from the usual warehouse?"),
        ),
    )

    def get_queryset(self) -> QuerySet:
        return SalesOrder.objects.visible_to(self.request.user).with_names()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if self.wants_results_only(self.request):  # the tabs stand above them
            return context
        counts = order_queries.queue_counts(self.request.user)
        context["queues"] = [(key, label, counts[key]) for key, label, _q in order_queries.QUEUES]
        context["queue"] = self.request.GET.get("queue", "")
        return context


@require_GET
@permission_required("sales.view_salesorder", raise_exception=True)
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return draw_order(request, find_order(request, pk))


def find_order(request: HttpRequest, pk: int) -> SalesOrder:
    orders = SalesOrder.objects.visible_to(request.user).select_related(
        "customer", "rep", "created_by", "approved_by"
    )
    order: SalesOrder = get_object_or_404(orders, pk=pk)
    return order


def draw_order(
    request: HttpRequest, order: SalesOrder, form: DeliverForm | None = None, reject: RejectForm | None = None
) -> HttpResponse:
    """The order's page; with a form that was refused, what was typed is still there."""
    lines = queries.lines_of(order)
    actions = rules.allowed_actions(order.status, request.user.has_perm)
    returned = order_queries.returned_by_line(order)
    for line in lines:
        line.take = line.most = plain(line.left)
        line.came_back = returned.get(line.pk)
    context = {
        "order": order,
        "quote": Quote.objects.visible_to(request.user).filter(order=order).first(),
        "lines": lines,
        "subtotal": sum(line.amount for line in lines),
        "badge": order_badge(order),
        "actions": actions,
        "deliveries": order.deliveries.select_related("created_by", "location").order_by("pk"),
        "receivable": queries.receivables([order.customer_id])[order.customer_id],
        "history": order_queries.order_history(order),
        "slip": order_queries.finance_slip(order),
        "reject": reject or RejectForm(),
        "may_edit_details": may_edit_details(request.user, order),
    }
    if order.status == "submitted":
        context |= approval(request.user, order, actions)
    if OrderAction.DELIVER in actions:
        context |= leaving(request.user, order, lines, form)
    bound = (form and form.is_bound) or (reject and reject.is_bound)
    return TemplateResponse(request, "sales/order_detail.html", context, status=422 if bound else 200)


def approval(user: User, order: SalesOrder, actions: list[OrderAction]) -> dict[str, Any]:
    """Why a manager is needed, what the customer owes now, and who may decide."""
    needs_manager = bool(order.approval_reason)
    may_decide = not needs_manager or user.has_perm("sales.approve_credit")
    return {
        "credit": credit_of(order.customer, business_calendar.today()),
        "may_decide": may_decide and OrderAction.APPROVE in actions,
        "approvers": [] if may_decide else approvers_of(order),
    }


def leaving(user: User, order: SalesOrder, lines: list[Any], form: DeliverForm | None) -> dict[str, Any]:
    """The places the goods may leave from, and what each has of them."""
    places = list(order_queries.places_for(order, user))
    there = order_queries.on_hand_at(places, lines)
    chosen = str(form["location"].value() or "") if form is not None else ""
    chosen = chosen or (str(places[0].pk) if places else "")
    stock = {
        str(place.pk): {
            str(line.pk): {
                "text": in_words(there[place.pk].get(line.product_id, ZERO), line.product),
                "short": there[place.pk].get(line.product_id, ZERO) < line.left,
            }
            for line in lines
        }
        for place in places
    }
    for line in lines:
        line.there = stock.get(chosen, {}).get(str(line.pk))
        if form is not None:
            bound = form[f"line-{line.pk}"]
            line.take, line.errors = bound.value(), bound.errors
    return {"places": places, "place": chosen, "stock": stock, "deliver_form": form}


def may_edit_details(user: User, order: SalesOrder) -> bool:
    return order.status != "cancelled" and user.has_perm("sales.approve_salesorder")


# --- steps ---------------------------------------------------------------------------------------------
@require_POST
@permission_required("sales.view_salesorder", raise_exception=True)
def order_action(request: HttpRequest, pk: int, action: OrderAction) -> HttpResponse:
    """One step of the state machine; what the order refuses is said, and what was typed stays."""
    order = find_order(request, pk)
    check_action(request.user, order, action)
    if action == OrderAction.DELIVER:
        return deliver(request, order)
    if action == OrderAction.REJECT:
        return reject(request, order)
    try:
        text = perform(request.user, order, action)
    except ValidationError as refusal:
        note_manager(request.user, order, refusal)
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


def note_manager(user: User, order: SalesOrder, refusal: ValidationError) -> None:
    """An order that turns out to need a manager waits for one from now on, and he is told."""
    if getattr(refusal, "code", "") == "credit":
        services.judge_order(actor=user, order=order)


def perform(actor: User, order: SalesOrder, action: OrderAction) -> str:
    """Do it and say what was done."""
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
        return delivered(services.approve_and_deliver(actor=actor, order=order))
    return delivered(services.deliver_order(actor=actor, order=order))


def delivered(delivery: Any) -> str:
    text = gettext("Delivered: %(number)s, %(amount)s.")
    return text % {"number": delivery.number, "amount": money(delivery.amount)}


def deliver(request: HttpRequest, order: SalesOrder) -> HttpResponse:
    """Quantities by line and the place they leave; all that is left of every line when the form names none."""
    lines = queries.lines_of(order)
    places = order_queries.places_for(order, request.user)
    form = DeliverForm(request.POST, lines=lines, places=places)
    whole = not any(f"line-{line.pk}" in request.POST for line in lines)
    if not form.is_valid():
        for name, errors in form.errors.items():
            messages.error(request, named(form.fields[name].label, " ".join(errors)))
        return draw_order(request, order, form)
    try:
        delivery = services.deliver_order(
            actor=request.user,
            order=order,
            quantities=None if whole else form.quantities(),
            location=form.cleaned_data["location"],
        )
    except ValidationError as refusal:
        for message in refusal.messages:
            messages.error(request, message)
        if OrderAction.DELIVER not in rules.allowed_actions(order.status, request.user.has_perm):
            return redirect(order)
        return draw_order(request, find_order(request, order.pk), form)
    messages.success(request, delivered(delivery))
    return redirect(order)


def reject(request: HttpRequest, order: SalesOrder) -> HttpResponse:
    form = RejectForm(request.POST)
    if not form.is_valid():
        return draw_order(request, order, reject=form)
    try:
        services.reject_order(actor=request.user, order=order, reason=form.cleaned_data["reason"])
    except ValidationError as refusal:
        for message in refusal.messages:
            messages.error(request, message)
    else:
        messages.success(request, gettext("Order %(number)s is rejected.") % {"number": order.number})
    return redirect(order)
