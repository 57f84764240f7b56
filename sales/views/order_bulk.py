"""Approving or delivering many orders at once: each by itself, with a result for each."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from sales.models import SalesOrder
from sales.rules import OrderAction
from sales.views.orders import note_manager, perform

MOST = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one order, in words."""

    order: SalesOrder
    text: str
    done: bool


@require_POST
@permission_required(["sales.view_salesorder", "sales.approve_salesorder"], raise_exception=True)
def bulk_approve(request: HttpRequest) -> HttpResponse:
    return _draw(request, _("Approve orders"), OrderAction.APPROVE)


@require_POST
@permission_required(["sales.view_salesorder", "sales.add_delivery"], raise_exception=True)
def bulk_deliver(request: HttpRequest) -> HttpResponse:
    return _draw(request, _("Deliver orders"), OrderAction.DELIVER)


def _draw(request: HttpRequest, title: str, action: OrderAction) -> HttpResponse:
    """POST pk (many): do it to each of them, the oldest first; one that is refused stops no other."""
    keys = [pk for pk in request.POST.getlist("pk")[:MOST] if pk.isdecimal() and len(pk) < 19]
    orders = SalesOrder.objects.visible_to(request.user).select_related("customer", "rep")
    outcomes = [_try(request.user, order, action) for order in orders.filter(pk__in=keys).order_by("pk")]
    query = request.POST.get("query", "")
    back = reverse("sales:order_list")
    context = {
        "title": title,
        "outcomes": outcomes,
        "done": sum(outcome.done for outcome in outcomes),
        "failed": sum(not outcome.done for outcome in outcomes),
        "back": f"{back}?{query}" if query else back,
    }
    return TemplateResponse(request, "sales/order_bulk.html", context)


def _try(user: User, order: SalesOrder, action: OrderAction) -> Outcome:
    try:
        return Outcome(order, perform(user, order, action), done=True)
    except ValidationError as refusal:
        note_manager(user, order, refusal)
        return Outcome(order, " ".join(refusal.messages), done=False)
