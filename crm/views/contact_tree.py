"""Fragment: the people of a customer as the tree of who answers to whom (B2)."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from crm.models import Contact, Customer, Phone
from crm.rules.follow_ups import Branch, build_tree
from crm.views.access import current_user, visible_customer


@dataclass(frozen=True, slots=True)
class Node:
    contact: Contact
    children: list[Node]


@permission_required(["crm.view_customer", "crm.view_contact"], raise_exception=True)
def contact_tree(request: HttpRequest, pk: int) -> HttpResponse:
    customer = visible_customer(request, pk)
    user = current_user(request)
    contacts = {contact.pk: contact for contact in customer.contacts.prefetch_related("phones")}
    branches = build_tree({key: contact.reports_to_id for key, contact in contacts.items()})
    may_edit = Customer.objects.editable_by(user).filter(pk=pk).exists()
    context = {
        "customer": customer,
        "nodes": _nodes(branches, contacts),
        "phones": Phone.objects.filter(customer=customer, contact__isnull=True),
        "may_add": may_edit and user.has_perm("crm.add_contact"),
        "may_change": may_edit and user.has_perm("crm.change_contact"),
    }
    return TemplateResponse(request, "crm/_contact_tree.html", context)


def _nodes(branches: list[Branch] | tuple[Branch, ...], contacts: dict[int, Contact]) -> list[Node]:
    return [Node(contacts[branch.pk], _nodes(branch.children, contacts)) for branch in branches]
