"""Competitors seen at customers (B10)."""

import datetime as dt
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day
from crm.models import Competitor, CompetitorSighting, Customer
from crm.queries.competitors import may_delete, may_edit
from crm.services.audit import audited

# Whose sighting it is, and when it was noted, stays.
_WRITABLE = ("competitor", "product", "price", "unit", "person", "notes", "seen_on")


@transaction.atomic
def record_sighting(
    *,
    actor: User,
    customer: Customer,
    competitor: str,
    product: str,
    price: Decimal | None = None,
    unit: str = "",
    person: str = "",
    notes: str = "",
    seen_on: dt.date | None = None,
    now: dt.datetime | None = None,
) -> CompetitorSighting:
    """Note a competitor's product at a customer; the competitor is made when nobody named it before.

    `price` in yuan for one `unit`; `seen_on` is today's business day by default. Raises ValidationError by field, and
    when the actor may not write at this customer.
    """
    now = now or timezone.now()
    _require_customer(actor, customer)
    sighting = CompetitorSighting(
        customer=customer,
        product=product.strip(),
        price=price,
        unit=unit.strip(),
        person=person.strip(),
        notes=notes.strip(),
        seen_on=seen_on or business_day(now),
        rep=actor,
    )
    _require_past(sighting, now)
    with audited(actor):
        sighting.competitor = competitor_named(competitor)
        sighting.full_clean()
        sighting.save()
    return sighting


@transaction.atomic
def update_sighting(
    *, actor: User, sighting: CompetitorSighting, now: dt.datetime | None = None, **fields: object
) -> CompetitorSighting:
    """Correct a sighting: its author and the people above him, where they may write at the customer.

    `fields`: competitor (its name), product, price, unit, person, notes, seen_on. Raises ValidationError by field or
    for somebody else's sighting, TypeError on other fields.
    """
    if unknown := set(fields) - set(_WRITABLE):
        raise TypeError(f"Not fields to write here: {', '.join(sorted(unknown))}")
    stored = _locked(sighting)
    _require_customer(actor, stored.customer)
    if not may_edit(actor, stored):
        raise ValidationError(_("Only its author and the people above change this."))
    with audited(actor):
        for name, value in fields.items():
            if name == "competitor":
                value = competitor_named(str(value))
            setattr(stored, name, value.strip() if isinstance(value, str) else value)
        _require_past(stored, now or timezone.now())
        stored.full_clean()
        stored.save(update_fields=list(fields))
    return stored


@transaction.atomic
def delete_sighting(*, actor: User, sighting: CompetitorSighting, now: dt.datetime | None = None) -> None:
    """Take back what was noted by mistake: its author, on the business day he noted it.

    Raises ValidationError otherwise.
    """
    stored = _locked(sighting)
    _require_customer(actor, stored.customer)
    if not may_delete(actor, stored, now or timezone.now()):
        raise ValidationError(_("Only its author deletes this, on the day it was noted."))
    with audited(actor):
        stored.delete()


def competitor_named(name: str) -> Competitor:
    """The competitor of this name, small and capital letters alike; made when there is none."""
    wanted = " ".join(name.split())
    if found := Competitor.objects.filter(name__iexact=wanted).order_by("pk").first():
        return found
    try:
        Competitor(name=wanted).full_clean(validate_unique=False)
    except ValidationError as error:
        raise ValidationError({"competitor": error.messages}) from error
    # Two people may name it at once: the unique name decides, and both get the same row.
    return Competitor.objects.get_or_create(name=wanted)[0]


def _locked(sighting: CompetitorSighting) -> CompetitorSighting:
    rows = CompetitorSighting.objects.select_for_update(of=("self",)).select_related("customer")
    stored: CompetitorSighting | None = rows.filter(pk=sighting.pk).first()
    if stored is None:
        raise ValidationError(_("It was deleted meanwhile."))
    return stored


def _require_customer(actor: User, customer: Customer) -> None:
    if not Customer.objects.editable_by(actor).filter(pk=customer.pk).exists():
        raise ValidationError(_("You may not write at this customer."))


def _require_past(sighting: CompetitorSighting, now: dt.datetime) -> None:
    if sighting.seen_on and sighting.seen_on > business_day(now):
        raise ValidationError({"seen_on": _("This day has not come yet.")})
