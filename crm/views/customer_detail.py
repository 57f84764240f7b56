"""The page of one customer (B7)."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.views import View

from common.geo import navigation_links
from crm.enums import CUSTOMER_DICTIONARIES
from crm.models import Customer
from crm.queries import customers as queries
from crm.queries import history
from crm.views.access import current_user, merged_into, visible_customer

DICTIONARIES = [kind.value for kind in CUSTOMER_DICTIONARIES]
MAP_APPS = {
    "amap": _("AMap"),
    "baidu": _("Baidu Maps"),
    "tencent": _("Tencent Maps"),
    "apple": _("Apple Maps"),
    "geo": _("Other map app"),
}


class CustomerDetail(PermissionRequiredMixin, View):
    """The 360° page, thin (B7): facts, warnings, actions, contacts, map; the other apps' parts load as fragments."""

    raise_exception = True
    permission_required = "crm.view_customer"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        rows = Customer.objects.select_related(*DICTIONARIES, "owner").prefetch_related(
            "contacts__phones", "phones", "tags"
        )
        try:
            customer = visible_customer(request, pk, rows)
        except Http404:
            if kept := merged_into(request, pk):
                return redirect(kept)
            raise
        user = current_user(request)
        may_edit = (
            user.has_perm("crm.change_customer") and Customer.objects.editable_by(user).filter(pk=pk).exists()
        )
        context = {
            "customer": customer,
            "may_edit": may_edit,
            "may_share": may_edit and queries.may_share(user, customer),
            "phones": dial_numbers(customer),
            "contacts": customer.contacts.all(),
            "navigation": navigation(customer),
        }
        return TemplateResponse(request, "crm/customer_detail.html", context)


@permission_required("crm.view_customer", raise_exception=True)
def customer_history(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment: owners and changes."""
    customer = visible_customer(request, pk)
    context = {"owners": history.owner_history(customer), "changes": history.change_history(customer)}
    return TemplateResponse(request, "crm/_history.html", context)


def dial_numbers(customer: Customer) -> list[dict[str, Any]]:
    """Every number of the customer: {raw, dial, known, who}, the main contact's after the shop's own."""
    names = {contact.pk: contact.name for contact in customer.contacts.all()}
    return [
        {
            "raw": phone.raw,
            "dial": phone.e164 or "".join(c for c in phone.raw if c.isdigit()),
            "known": phone.is_recognised,
            "who": names.get(phone.contact_id, ""),
        }
        for phone in sorted(customer.phones.all(), key=lambda phone: (phone.contact_id or 0, phone.position))
    ]


def navigation(customer: Customer) -> list[tuple[str, str]]:
    """(name of the map application, address) pairs; none without a location."""
    if customer.latitude is None or customer.longitude is None:
        return []
    links = navigation_links(customer.latitude, customer.longitude, customer.name)
    return [(str(MAP_APPS.get(provider, provider)), address) for provider, address in links]
