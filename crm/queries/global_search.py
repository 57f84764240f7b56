"""Customers, leads and contacts for the search over everything (reports.queries.search)."""

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from common.search import LIMIT, Group, Hit, words_of
from crm.models import Contact, Customer, Lead, Phone

_SHOPS = 200  # customers whose people are looked at


def customer_hits(user: User, text: str) -> tuple[list[Group], list[int]]:
    """The newest customers found, as a group, and their keys: what was written for them may be looked up by these."""
    if not user.has_perm("crm.view_customer"):
        return [], []
    rows = list(
        Customer.objects.visible_to(user)
        .search(text)
        .order_by("-pk")
        .values_list("pk", "name", "code", "district", "owner__name")[:LIMIT]
    )
    hits = [
        Hit(name, reverse("crm:customer_detail", args=[pk]), _joined(code, district, owner))
        for pk, name, code, district, owner in rows
    ]
    return _group(_("Customers"), "building-store", hits, reverse("crm:customer_list")), [
        row[0] for row in rows
    ]


def lead_hits(user: User, text: str) -> list[Group]:
    if not user.has_perm("crm.view_lead"):
        return []
    rows = Lead.objects.visible_to(user).search(text).order_by("-pk")
    hits = [
        Hit(name, reverse("crm:lead_detail", args=[pk]), _joined(district, owner))
        for pk, name, district, owner in rows.values_list("pk", "name", "district", "owner__name")[:LIMIT]
    ]
    return _group(_("Leads"), "user-search", hits, reverse("crm:lead_list"))


def contact_hits(user: User, text: str) -> list[Group]:
    """People by a word of their own, name or phone; each opens the customer's page.

    Looked for at the newest customers found: their search text holds the people's names and phones, and has an index.
    """
    if not user.has_perms(["crm.view_customer", "crm.view_contact"]):
        return []
    shops = Customer.objects.visible_to(user).search(text).order_by("-pk").values("pk")[:_SHOPS]
    own = Q()
    for word in words_of(text):
        number = Q(raw__contains=word) | Q(e164__contains=word)
        own |= Q(name__icontains=word) | Q(Exists(Phone.objects.filter(number, contact=OuterRef("pk"))))
    rows = Contact.objects.visible_to(user).filter(own, customer__in=shops).order_by("-pk")
    hits = [
        Hit(name, reverse("crm:customer_detail", args=[customer]), _joined(position, customer_name))
        for customer, name, position, customer_name in rows.values_list(
            "customer_id", "name", "position", "customer__name"
        )[:LIMIT]
    ]
    return _group(_("Contacts"), "address-book", hits, reverse("crm:contact_list"))


def _group(title: str, icon: str, hits: list[Hit], more: str) -> list[Group]:
    return [Group(title, icon, hits, more)] if hits else []


def _joined(*parts: str | None) -> str:
    return " · ".join(filter(None, parts))
