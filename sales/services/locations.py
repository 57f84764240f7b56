"""Warehouses and vans: whose they are, which one orders are delivered from, which may go below zero."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from sales.enums import LocationKind
from sales.models import StockBalance, StockLocation, StockMove


@transaction.atomic
def save_location(*, actor: User, location: StockLocation) -> StockLocation:
    """Save a new or changed warehouse or van; a new default warehouse takes the place of the old one.

    ValidationError, by field, when what is there forbids the change: goods below zero, goods at a place that is given
    up or would be another kind of place, a second van of one driver.
    """
    if location.kind not in (LocationKind.WAREHOUSE, LocationKind.VAN):
        raise ValidationError({"kind": _("Only warehouses and vans are kept here.")})
    if location.kind == LocationKind.VAN:
        location.may_be_negative = location.is_default = False
    else:
        location.rep = None
    if location.pk is not None:
        _check_change(location)
    _check_driver(location)
    if location.is_default:
        if not location.is_active:
            raise ValidationError(
                {"is_active": _("Orders are delivered from here; choose another one first.")}
            )
        StockLocation.objects.filter(is_default=True).exclude(pk=location.pk).update(is_default=False)
    elif not StockLocation.objects.filter(is_default=True).exclude(pk=location.pk).exists():
        was_default = StockLocation.objects.filter(pk=location.pk, is_default=True).exists()
        if was_default:
            raise ValidationError(
                {"is_default": _("Orders are delivered from here; choose another one first.")}
            )
    location.save()
    StockBalance.objects.filter(location=location).update(may_be_negative=location.may_be_negative)
    return location


def _check_change(location: StockLocation) -> None:
    old = StockLocation.objects.select_for_update().get(pk=location.pk)
    balances = StockBalance.objects.filter(location=location)
    if old.kind != location.kind and StockMove.objects.filter(target=location).exists():
        raise ValidationError({"kind": _("Goods have moved here already; make a new place instead.")})
    if old.rep_id != location.rep_id and balances.exclude(quantity=0).exists():
        raise ValidationError({"rep": _("Unload the van before another rep takes it.")})
    if not location.may_be_negative and balances.filter(quantity__lt=0).exists():
        raise ValidationError({"may_be_negative": _("Some goods are below zero here; count them first.")})
    if not location.is_active and balances.exclude(quantity=0).exists():
        raise ValidationError({"is_active": _("There are still goods here.")})


def _check_driver(location: StockLocation) -> None:
    if location.kind != LocationKind.VAN or location.rep is None or not location.is_active:
        return
    others = StockLocation.objects.active().filter(kind=LocationKind.VAN, rep=location.rep)
    other = others.exclude(pk=location.pk).first()
    if other is not None:
        raise ValidationError(
            {"rep": _("%(rep)s drives %(van)s already.") % {"rep": location.rep, "van": other}}
        )
