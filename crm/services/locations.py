"""Where a customer is, and how sure we are of it (domain-rules §2: the first check-in's fix is "to confirm")."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.geo import valid_coordinates
from crm.enums import LocationStatus
from crm.models import Customer
from crm.services.audit import log_changes, text


@transaction.atomic
def suggest_location(
    *, customer_id: int, latitude: float, longitude: float, actor: User | None = None
) -> bool:
    """Take a fix (WGS-84 degrees) as the location "to confirm", only where there is none yet.

    Returns whether it did; of two fixes at once exactly one wins. An impossible fix is ignored.
    """
    if not valid_coordinates(latitude, longitude):
        return False
    changed = Customer.objects.filter(pk=customer_id, latitude__isnull=True).update(
        latitude=latitude, longitude=longitude, location_status=LocationStatus.TO_CONFIRM
    )
    if changed:
        fields = {
            "latitude": [text(None), text(latitude)],
            "longitude": [text(None), text(longitude)],
            "location_status": [LocationStatus.NONE.value, LocationStatus.TO_CONFIRM.value],
        }
        log_changes(actor=actor, changes=[(Customer.objects.only("name").get(pk=customer_id), fields)])
    return bool(changed)


@transaction.atomic
def confirm_location(*, actor: User, customer: Customer) -> None:
    """Say that the location "to confirm" is right. Raises ValidationError when there is nothing to confirm."""
    changed = Customer.objects.filter(pk=customer.pk, location_status=LocationStatus.TO_CONFIRM).update(
        location_status=LocationStatus.CONFIRMED
    )
    if not changed:
        raise ValidationError(_("This location is confirmed already, or there is none."))
    states = [LocationStatus.TO_CONFIRM.value, LocationStatus.CONFIRMED.value]
    log_changes(actor=actor, changes=[(customer, {"location_status": states})])
    customer.location_status = LocationStatus.CONFIRMED


@transaction.atomic
def reject_location(*, actor: User, customer: Customer) -> None:
    """Take a location "to confirm" away: the next check-in suggests anew. Raises ValidationError when there is none."""
    changed = Customer.objects.filter(pk=customer.pk, location_status=LocationStatus.TO_CONFIRM).update(
        latitude=None, longitude=None, location_status=LocationStatus.NONE
    )
    if not changed:
        raise ValidationError(_("This location is confirmed already, or there is none."))
    fields = {
        "latitude": [text(customer.latitude), text(None)],
        "longitude": [text(customer.longitude), text(None)],
        "location_status": [LocationStatus.TO_CONFIRM.value, LocationStatus.NONE.value],
    }
    log_changes(actor=actor, changes=[(customer, fields)])
    customer.latitude = customer.longitude = None
    customer.location_status = LocationStatus.NONE


def location_status_for(*, actor: User | None, latitude: float | None) -> LocationStatus:
    """The state of a location set by `actor`: confirmed when he may confirm (or it is a job), else to confirm."""
    if latitude is None:
        return LocationStatus.NONE
    may_confirm = actor is None or actor.has_perm("crm.confirm_location")
    return LocationStatus.CONFIRMED if may_confirm else LocationStatus.TO_CONFIRM
