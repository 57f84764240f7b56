"""Who answers for a customer, and who did before."""

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import today as business_today
from crm.enums import OwnerChangeReason
from crm.models import Customer, OwnerChange
from crm.services.audit import log_changes, text
from crm.signals import owner_changed

_CHUNK = 5000


@transaction.atomic
def assign_owner(
    *,
    actor: User | None,
    customers: Iterable[int],
    owner: User | None,
    reason: OwnerChangeReason,
    today: dt.date | None = None,
) -> int:
    """Give these customers to `owner` (None: to the pool); returns how many really changed hands.

    Every customer is checked: ids the actor may not change are left out, as are those `owner` has already.
    Writes owner, received_on (`today`, a business day), owner history and audit, and sends `owner_changed`.
    Raises ValidationError when the new owner is inactive or not among the actor's people. `actor` None is a job.
    """
    if owner is not None and not owner.is_active:
        raise ValidationError(_("%(person)s is no longer active."), params={"person": str(owner)})
    if (
        owner is not None
        and actor is not None
        and not User.objects.visible_to(actor).filter(pk=owner.pk).exists()
    ):
        raise ValidationError(_("You can assign customers only to people you are responsible for."))
    day = today or business_today()
    ids = sorted(set(customers))
    return sum(
        _assign_chunk(actor, ids[start : start + _CHUNK], owner, reason, day)
        for start in range(0, len(ids), _CHUNK)
    )


def _assign_chunk(
    actor: User | None, ids: list[int], owner: User | None, reason: OwnerChangeReason, day: dt.date
) -> int:
    scope = Customer.objects.all() if actor is None else Customer.objects.editable_by(actor)
    # Locked in the order of the key, so that two assignments cannot wait for each other in a ring.
    rows = list(
        scope.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk").only("pk", "name", "owner_id")
    )
    owner_id = owner.pk if owner else None
    moving = [row for row in rows if row.owner_id != owner_id]
    if not moving:
        return 0
    moved_ids = [row.pk for row in moving]
    # A pool customer has nobody who received it.
    Customer.objects.filter(pk__in=moved_ids).update(owner=owner, received_on=day if owner else None)
    OwnerChange.objects.bulk_create(
        [
            OwnerChange(customer_id=row.pk, from_user_id=row.owner_id, to_user=owner, by=actor, reason=reason)
            for row in moving
        ],
        batch_size=1000,
    )
    log_changes(
        actor=actor, changes=[(row, {"owner": [text(row.owner_id), text(owner_id)]}) for row in moving]
    )
    owner_changed.send(sender=Customer, customer_ids=moved_ids, owner=owner)
    return len(moving)
