"""The page of one customer (B7)."""

from typing import Any, NamedTuple

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views import View

from accounts.models import User
from common.geo import navigation_links
from crm.enums import CUSTOMER_DICTIONARIES
from crm.models import Customer, Phone
from crm.queries import customers as queries
from crm.queries import history
from crm.views.access import current_user, merged_into, visible_customer
from crm.views.customer_parts import address_of, may_edit

DICTIONARIES = [kind.value for kind in CUSTOMER_DICTIONARIES]
MAP_APPS = {
    "amap": _("AMap"),
    "baidu": _("Baidu Maps"),
    "tencent": _("Tencent Maps"),
    "apple": _("Apple Maps"),
    "geo": _("Other map app"),
}


class CustomerDetail(PermissionRequiredMixin, View):
    """The 360° page, thin (B7): when what happened last, warnings, actions, map; all else loads as fragments."""

    raise_exception = True
    permission_required = "crm.view_customer"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        rows = Customer.objects.select_related(*DICTIONARIES, "owner").prefetch_related(
            Prefetch("phones", Phone.objects.select_related("contact")), "tags"
        )
        try:
            customer = visible_customer(request, pk, rows)
        except Http404:
            if kept := merged_into(request, pk):
                return redirect(kept)
            raise
        user = current_user(request)
        editable = may_edit(user, customer)
        phones = dial_numbers(customer)
        can_follow_up = user.has_perm("crm.add_followup")
        context = {
            "customer": customer,
            "may_edit": editable,
            "may_share": editable and queries.may_share(user, customer),
            "phones": phones,
            "navigation": navigation(customer),
            "tabs": tabs(user, pk),
            "follow_up_address": address_of("crm:follow_up_create", query=f"customer={pk}")
            if can_follow_up
            else "",
        }
        return TemplateResponse(request, "crm/customer_detail.html", context)


class Tab(NamedTuple):
    key: str  # stands in the #hash
    label: Any
    address: str


def tabs(user: User, pk: int) -> list[Tab]:
    """The tabs that `user` may open; upper apps' fragments by their address, as in the action bar."""
    offered = [
        ("crm.view_customer", Tab("timeline", _("Timeline"), reverse("crm:customer_timeline", args=[pk]))),
        ("crm.view_contact", Tab("contacts", _("Contacts"), reverse("crm:contact_tree", args=[pk]))),
        ("crm.view_followup", Tab("follow-ups", _("Follow-ups"), address_of("crm:customer_follow_ups", pk))),
        ("visits.view_visit", Tab("visits", _("Visits"), f"/customers/{pk}/visits/")),
        ("visits.view_visit", Tab("photos", _("Photos"), f"/customers/{pk}/photos/")),
        ("visits.view_visit", Tab("shelf", _("Stock in the shop"), f"/customers/{pk}/shelf/")),
        ("team.view_customertask", Tab("tasks", _("Customer tasks"), f"/customers/{pk}/tasks/")),
        ("sales.view_salesorder", Tab("sales", _("Orders and money"), f"/customers/{pk}/sales/")),
        ("sales.view_quote", Tab("offers", _("Quotations and agreements"), f"/customers/{pk}/offers/")),
        (
            "crm.view_followup team.view_document",
            Tab("documents", _("Documents shown"), f"/customers/{pk}/documents/"),
        ),
        (
            "crm.view_competitorsighting",
            Tab("competitors", _("Competitors"), address_of("crm:customer_competitors", pk)),
        ),
        ("crm.view_customer", Tab("history", _("History"), reverse("crm:customer_history", args=[pk]))),
    ]
    return [tab for permissions, tab in offered if tab.address and user.has_perms(permissions.split())]


@permission_required("crm.view_customer", raise_exception=True)
def customer_history(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment: owners and changes."""
    customer = visible_customer(request, pk)
    context = {"owners": history.owner_history(customer), "changes": history.change_history(customer)}
    return TemplateResponse(request, "crm/_history.html", context)


def dial_numbers(customer: Customer) -> list[dict[str, Any]]:
    """Every number of the customer: {raw, dial, known, who, contact}, the contacts' after the shop's own."""
    return [
        {
            "raw": phone.raw,
            "dial": phone.e164 or "".join(c for c in phone.raw if c.isdigit()),
            "known": phone.is_recognised,
            "who": phone.contact.name if phone.contact else "",
            "contact": phone.contact_id,
        }
        for phone in sorted(customer.phones.all(), key=lambda phone: (phone.contact_id or 0, phone.position))
    ]


def navigation(customer: Customer) -> list[tuple[str, str]]:
    """(name of the map application, address) pairs; none without a location."""
    if customer.latitude is None or customer.longitude is None:
        return []
    links = navigation_links(customer.latitude, customer.longitude, customer.name)
    return [(str(MAP_APPS.get(provider, provider)), address) for provider, address in links]
