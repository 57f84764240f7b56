"""Reads of the lead import: who is here already, how the last file was mapped."""

from collections.abc import Collection

from accounts.models import User
from crm.models import Customer, Lead, LeadContact, LeadImport, Phone

_PIECE = 1000


def known_keys(keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """{("phone" | "name", value): "customer" | "lead"} for those that somebody has; four reads a thousand values."""
    found: dict[tuple[str, str], str] = {}
    phones = sorted(value for kind, value in keys if kind == "phone")
    names = sorted(value for kind, value in keys if kind == "name")
    for start in range(0, len(phones), _PIECE):
        some = phones[start : start + _PIECE]
        leads = LeadContact.objects.filter(e164__in=some, lead__deleted_at__isnull=True)
        _note(found, "phone", "lead", leads.order_by().values_list("e164", flat=True))
        customers = Phone.objects.filter(e164__in=some).order_by()
        _note(found, "phone", "customer", customers.values_list("e164", flat=True))
    for start in range(0, len(names), _PIECE):
        some = names[start : start + _PIECE]
        lead_names = Lead.objects.filter(name_key__in=some, deleted_at__isnull=True).order_by()
        _note(found, "name", "lead", lead_names.values_list("name_key", flat=True))
        customer_names = Customer.objects.filter(name_key__in=some).order_by()
        _note(found, "name", "customer", customer_names.values_list("name_key", flat=True))
    return found


def _note(found: dict[tuple[str, str], str], kind: str, whose: str, values: Collection[str]) -> None:
    # A customer weighs more than a lead and comes last.
    found.update({(kind, value): whose for value in values})


def last_mapping(*, actor: User, headers: list[str]) -> dict[str, str] | None:
    """How the actor mapped his last lead file with the same columns, if there was one."""
    rows = LeadImport.objects.filter(created_by=actor, state__in=["done", "undone"]).order_by("-pk")
    for mapping, preview in rows.values_list("mapping", "preview")[:20]:
        if [column["header"] for column in preview.get("columns", [])] == headers:
            return dict(mapping)
    return None
