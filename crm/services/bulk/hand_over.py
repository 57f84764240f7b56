"""Owners change through one door; here its answer for a batch."""

import datetime as dt

from accounts.models import User
from crm.enums import OwnerChangeReason
from crm.services.owners import OwnerOutcome, assign_owner


def hand_over(
    *, actor: User, ids: list[int], owner: User | None, reason: OwnerChangeReason, note: str, now: dt.datetime
) -> OwnerOutcome:
    return assign_owner(actor=actor, customers=ids, owner=owner, reason=reason, note=note, now=now)
