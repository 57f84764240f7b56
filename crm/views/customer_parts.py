"""What the customer's page and the drawer of the list load after themselves (B7)."""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from common import business_calendar
from common.templatetags.paodian import day as day_text
from common.templatetags.paodian import money
from crm.enums import ActionKind, TimelineKind
from crm.forms.timeline import TimelineForm
from crm.models import Customer
from crm.queries import customers as queries
from crm.queries.next_action import customer_facts
from crm.queries.timeline import timeline
from crm.rules.next_action import CustomerFacts, NextAction, next_action
from crm.rules.timeline import ICONS, TimelineEvent, Wish
from crm.views.access import current_user, visible_customer

PAGE = 20
DRAWER_EVENTS = 10
KIND_PERMISSIONS = {
    TimelineKind.VISIT: "visits.view_visit",
    TimelineKind.FOLLOW_UP: "crm.view_followup",
    TimelineKind.ORDER: "sales.view_salesorder",
    TimelineKind.DELIVERY: "sales.view_delivery",
    TimelineKind.RECEIPT: "sales.view_receipt",
    TimelineKind.RETURN: "sales.view_salesreturn",
    TimelineKind.REFUND: "sales.view_refund",
    TimelineKind.COLLECTION: "sales.view_collectionnote",
    TimelineKind.QUOTE: "sales.view_quote",
    TimelineKind.AGREEMENT: "sales.view_agreement",
    TimelineKind.COMPETITOR: "crm.view_competitorsighting",
    TimelineKind.ALERT: "alerts.view_alert",
    TimelineKind.INSTRUCTION: "team.view_instruction",
}


# --- timeline
@permission_required("crm.view_customer", raise_exception=True)
def customer_timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment: the merged timeline; with `before` only the older events, to be put below those shown."""
    customer = visible_customer(request, pk)
    user = current_user(request)
    form = TimelineForm(request.GET)
    context: dict[str, Any] = {"customer": customer, "form": form, "kinds": _kinds(user, form)}
    if not form.is_valid():
        return TemplateResponse(request, "crm/_customer_timeline.html", context, status=422)
    today = business_calendar.today()
    wish = form.wish(PAGE, today)
    events, cursor = timeline(customer, user, wish)
    context |= {
        "days": _days(events, wish.before and business_calendar.business_day(wish.before.at)),
        "earlier": _earlier(request.GET, str(cursor)) if cursor else "",
        "person": wish.person_id,
        "person_name": events[0].person if wish.person_id and events else "",
        "is_filtered": bool(wish.kinds or wish.person_id or wish.since),
    }
    template = "crm/_customer_events.html" if wish.before else "crm/_customer_timeline.html"
    return TemplateResponse(request, template, context)


def _kinds(user: User, form: TimelineForm) -> list[tuple[str, str, str, bool]]:
    """(value, label, icon, chosen) of each kind of event that the user may see."""
    chosen = form["kind"].value() or []
    return [
        (kind.value, str(kind.label), ICONS[kind], kind.value in chosen)
        for kind in TimelineKind
        if kind not in KIND_PERMISSIONS or user.has_perm(KIND_PERMISSIONS[kind])
    ]


def _days(
    events: list[TimelineEvent], shown: dt.date | None = None
) -> list[tuple[dt.date | None, list[TimelineEvent]]]:
    """Events under their business day; the first day has no heading (None) when it is `shown` already."""
    grouped = [
        (day, list(group)) for day, group in groupby(events, lambda e: business_calendar.business_day(e.at))
    ]
    return [(None if day == shown else day, group) for day, group in grouped]


def _earlier(query: QueryDict, cursor: str) -> str:
    wanted = query.copy()
    wanted["before"] = cursor
    return wanted.urlencode()


# --- head
@permission_required("crm.view_customer", raise_exception=True)
def customer_head(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment: the next best action and the figures."""
    customer = visible_customer(request, pk)
    return TemplateResponse(request, "crm/_customer_head.html", _head(customer, current_user(request)))


@permission_required("crm.view_customer", raise_exception=True)
def customer_drawer(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment: the head, beside the list; the last events come after it."""
    customer = visible_customer(request, pk, Customer.objects.select_related("owner"))
    return TemplateResponse(request, "crm/_customer_drawer.html", _head(customer, current_user(request)))


@permission_required("crm.view_customer", raise_exception=True)
def customer_last_events(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment: the newest events, for the drawer."""
    customer = visible_customer(request, pk)
    events, cursor = timeline(customer, current_user(request), Wish(limit=DRAWER_EVENTS))
    context = {"customer": customer, "days": _days(events), "has_more": cursor is not None}
    return TemplateResponse(request, "crm/_customer_last_events.html", context)


def _head(customer: Customer, user: User) -> dict[str, Any]:
    today = business_calendar.today()
    facts = customer_facts(customer, user, today)
    doors = action_doors(customer, user)
    action = next_action(facts, today, frozenset(doors))
    limit = customer.credit_limit
    return {
        "customer": customer,
        "facts": facts,
        "action": action,
        "why": _why(action, facts) if action else "",
        "door": doors[action.kind] if action else "",
        "by_post": action is not None and action.kind == ActionKind.CONFIRM_LOCATION,
        "credit_limit": limit,
        "credit_left": facts.money.credit_left(limit) if facts.money else None,
    }


def _why(action: NextAction, facts: CustomerFacts) -> str:
    return str(action.why) % {
        "amount": money(facts.money.overdue) if facts.money else "",
        "date": day_text(action.on),
        "days": action.days,
    }


def action_doors(customer: Customer, user: User) -> dict[ActionKind, str]:
    """Where each action is done, {kind: address}, of those that the user may do.

    Addresses of upper apps are written out: crm may not import them, and what is not installed has no permission.
    """
    pk = customer.pk
    follow_up = address_of("crm:follow_up_create", query=f"customer={pk}")
    pool = address_of("crm:pool_list", query=f"q={customer.code}")
    doors = {
        ActionKind.CLAIM: (pool, "crm.claim_customer"),
        ActionKind.COLLECT: (f"/receipts/new/?customer={pk}", "sales.add_receipt"),
        ActionKind.CONTACT: (follow_up, "crm.add_followup"),
        ActionKind.FOLLOW_UP: (follow_up, "crm.add_followup"),
        ActionKind.CHECK_IN: (f"/visits/check-in/{pk}/", "visits.add_visit"),
        ActionKind.PLAN_VISIT: (f"/tasks/new/?customer={pk}", "visits.add_visittask"),
        ActionKind.FIRST_ORDER: (f"/orders/new/?customer={pk}", "sales.add_salesorder"),
    }
    found = {kind: door for kind, (door, permission) in doors.items() if door and user.has_perm(permission)}
    needs_place = not customer.has_location or customer.location_status == "to_confirm"
    if needs_place and may_edit(user, customer):
        found[ActionKind.SET_LOCATION] = reverse("crm:customer_edit", args=[pk]) + "#location"
        if user.has_perm("crm.confirm_location"):
            found[ActionKind.CONFIRM_LOCATION] = reverse("crm:confirm_location", args=[pk])
    return found


def address_of(name: str, *args: Any, query: str = "") -> str:
    """The address of a screen with `query`; "" where this installation leaves the screen out."""
    try:
        address = reverse(name, args=args)
    except NoReverseMatch:
        return ""
    return f"{address}?{query}" if query else address


def may_edit(user: User, customer: Customer) -> bool:
    """Whether `user` may change a customer that he sees; the shares are asked only about somebody else's."""
    if not user.has_perm("crm.change_customer"):
        return False
    if queries.may_share(user, customer):
        return True
    return bool(Customer.objects.editable_by(user).filter(pk=customer.pk).exists())
