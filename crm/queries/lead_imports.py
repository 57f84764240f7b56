"""Reads of the lead import: who is here already."""

import datetime as dt
from collections.abc import Collection, Iterable

from crm.models import Customer, LeadContact, Phone
from crm.queries.duplicates import Limits, leads_within

Key = tuple[str, str]  # (what is equal, its normalised value)

_PIECE = 1000


def known_keys(keys: Collection[Key], within: Limits) -> dict[Key, str]:
    """{("phone" | "tax_id" | "name", value): "customer" | "lead" | "bin"} for those that somebody has.

    Looked for is in the libraries that `within` names; two reads a thousand values, library and kind.
    """
    found: dict[Key, str] = {}
    by_kind: dict[str, list[str]] = {}
    for kind, value in sorted(keys):
        by_kind.setdefault(kind, []).append(value)
    for kind, values in by_kind.items():
        for start in range(0, len(values), _PIECE):
            some = values[start : start + _PIECE]
            # What weighs more comes last: a customer, a lead, a lead in the recycle bin.
            if within.leads:
                for value, deleted_at in sorted(_leads_with(kind, some, within), key=lambda row: not row[1]):
                    found[kind, value] = "bin" if deleted_at else "lead"
            if within.customers:
                found.update({(kind, value): "customer" for value in _customers_with(kind, some)})
    return found


def _leads_with(kind: str, values: list[str], within: Limits) -> Iterable[tuple[str, dt.datetime | None]]:
    leads = leads_within(within)
    if kind == "phone":
        rows = LeadContact.objects.filter(e164__in=values, lead__in=leads).order_by()
        return rows.values_list("e164", "lead__deleted_at").distinct()
    column = "name_key" if kind == "name" else kind
    return leads.filter(**{f"{column}__in": values}).values_list(column, "deleted_at").distinct()


def _customers_with(kind: str, values: list[str]) -> Iterable[str]:
    if kind == "phone":
        return Phone.objects.filter(e164__in=values).order_by().values_list("e164", flat=True).distinct()
    column = "name_key" if kind == "name" else kind
    rows = Customer.objects.filter(**{f"{column}__in": values}).order_by()
    return rows.values_list(column, flat=True).distinct()
