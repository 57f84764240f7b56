"""What the rep thinks and says of a visit. Setting the same again changes nothing, so no uuid is needed."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from crm import services as crm
from crm.enums import DictionaryKind
from crm.models import Customer, Dictionary
from visits.models import Visit
from visits.services.evidence import grade_again
from visits.services.own import own_visit

SUMMARY_LENGTH = 2000


@transaction.atomic
def record_maturity(
    *,
    actor: User,
    visit: Visit,
    value: int,
    occurred_at: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> Visit:
    """Note the customer's maturity (`value`: id of its dictionary entry); the customer keeps the last visit's.

    Codes: visit, time, maturity.
    """
    now = now or timezone.now()
    stored = own_visit(actor=actor, visit=visit, occurred_at=occurred_at or now, now=now)
    entry = Dictionary.objects.filter(pk=value, kind=DictionaryKind.MATURITY).first()
    if entry is None:
        raise ValidationError(_("This maturity is not in the list any more."), code="maturity")
    stored.maturity = entry
    stored.save(update_fields=["maturity"])
    grade_again(stored)
    # What a phone sends late must not undo what a later visit found, and a shared customer's file is its owner's.
    later = Visit.objects.filter(
        customer=stored.customer_id, check_in_at__gt=stored.check_in_at, maturity__isnull=False
    )
    may_write = Customer.objects.editable_by(actor).filter(pk=stored.customer_id)
    if stored.customer.maturity_id != entry.pk and may_write.exists() and not later.exists():
        crm.update_customer(actor=actor, customer=stored.customer, maturity=entry)
    return stored


@transaction.atomic
def record_summary(
    *,
    actor: User,
    visit: Visit,
    text: str,
    occurred_at: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> Visit:
    """Write the visit's summary; the one before is replaced. Codes: visit, time, summary."""
    now = now or timezone.now()
    if len(text) > SUMMARY_LENGTH:
        raise ValidationError(
            _("The summary is longer than %(count)s characters.") % {"count": SUMMARY_LENGTH}, code="summary"
        )
    stored = own_visit(actor=actor, visit=visit, occurred_at=occurred_at or now, now=now)
    stored.summary = text.strip()
    stored.save(update_fields=["summary"])
    grade_again(stored)
    return stored
