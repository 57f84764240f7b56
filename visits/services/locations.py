"""The manager's decision about suggested locations: confirm, move to where the check-ins were, reject (D4)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from crm import services as crm
from crm.models import Customer
from crm.services.locations import reject_location
from visits import queries

DECISIONS = ("confirm", "move", "reject")
MOST = 200


@dataclass(frozen=True, slots=True)
class Decided:
    """How many locations were decided; the rest had been by somebody else, or had no fixes to move to."""

    done: int
    left: int


@transaction.atomic
def decide_locations(*, actor: User, customer_ids: Collection[int], decision: str) -> Decided:
    """Confirm locations as they are, move them to the middle of the check-ins' fixes and confirm that, or take them away
    so that the next check-in suggests anew.

    Only what the actor may edit and is still to confirm. Raises ValidationError for an unknown decision or too many.
    """
    if decision not in DECISIONS:
        raise ValidationError(_("Choose what to do with the locations."))
    if len(customer_ids) > MOST:
        raise ValidationError(_("At most %(count)s locations at once.") % {"count": MOST})
    editable = Customer.objects.editable_by(actor).values("pk")
    rows = list(queries.locations_to_confirm(user=actor).filter(pk__in=customer_ids).filter(pk__in=editable))
    done = sum(_decide(actor, row, decision) for row in queries.with_fixes(rows))
    return Decided(done, len(set(customer_ids)) - done)


def _decide(actor: User, row: queries.Suggested, decision: str) -> bool:
    try:
        if decision == "confirm":
            crm.confirm_location(actor=actor, customer=row.customer)
        elif decision == "reject":
            reject_location(actor=actor, customer=row.customer)
        elif row.better is None:
            return False
        else:
            latitude, longitude = row.better
            crm.update_customer(actor=actor, customer=row.customer, latitude=latitude, longitude=longitude)
    except ValidationError:
        # Somebody else decided a moment ago; his decision stands.
        return False
    return True
