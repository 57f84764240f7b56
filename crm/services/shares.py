"""Customers shown to colleagues (A2)."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from crm.models import Customer, CustomerShare
from crm.services.audit import log_changes


@transaction.atomic
def share_customer(
    *,
    actor: User,
    customer: Customer,
    user: User,
    can_write: bool = False,
    expires_at: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> CustomerShare:
    """Show `customer` to `user` until `expires_at` (None: until revoked); sharing again replaces the terms.

    Raises ValidationError for the owner himself, an inactive user and an end in the past.
    """
    if user.pk == customer.owner_id:
        raise ValidationError(_("%(person)s owns this customer already."), params={"person": str(user)})
    if not user.is_active:
        raise ValidationError(_("%(person)s is no longer active."), params={"person": str(user)})
    if expires_at is not None and expires_at <= (now or timezone.now()):
        raise ValidationError(_("The end of sharing lies in the past."))
    share, _created = CustomerShare.objects.update_or_create(
        customer=customer,
        user=user,
        defaults={"can_write": can_write, "expires_at": expires_at, "created_by": actor},
    )
    terms = "write" if can_write else "read"
    log_changes(actor=actor, changes=[(customer, {"shares": ["", f"{user}: {terms}"]})])
    return share


@transaction.atomic
def revoke_share(*, actor: User, share: CustomerShare) -> None:
    """Stop showing the customer; it is no error when somebody else was faster."""
    log_changes(actor=actor, changes=[(share.customer, {"shares": [str(share.user), ""]})])
    share.delete()
