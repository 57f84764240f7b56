"""Reads for the customer screens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from accounts.querysets import scope_user_ids
from crm.models import Customer, Dictionary

Entries = dict[str, list[tuple[int, str]]]


def dictionary_entries(kinds: Iterable[str]) -> Entries:
    """Entries in use of several dictionaries, {kind: [(id, name)]}, in one query."""
    entries: Entries = {str(kind): [] for kind in kinds}
    rows = Dictionary.objects.filter(kind__in=entries, is_active=True).values_list("kind", "pk", "name")
    for kind, pk, name in rows:
        entries[kind].append((pk, name))
    return entries


def assignable_people(user: User) -> Any:
    """Active people `user` may give customers to."""
    return User.objects.visible_to(user).active().order_by("name", "pk")


def may_share(user: User, customer: Customer) -> bool:
    """Whether `user` answers for the customer himself or through his people, not just by a share."""
    ids = scope_user_ids(user)
    return ids is None or customer.owner_id in ids
