"""Who saved a customer although it looked like another (B5)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from accounts.models import User
from crm.models import Customer
from crm.queries.duplicates import DuplicateHit
from crm.services.audit import log_changes


@transaction.atomic
def note_saved_anyway(*, actor: User, customer: Customer, hits: Sequence[DuplicateHit]) -> None:
    """Write down that the actor saw these hits, as masked as he saw them, and saved all the same. No hits: nothing."""
    if hits:
        seen = "; ".join(f"{hit.name} ({hit.why})" for hit in hits)
        log_changes(actor=actor, changes=[(customer, {"duplicates": ["None", seen]})])
