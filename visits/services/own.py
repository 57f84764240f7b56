"""Whose visit, and when: what every action of a phone in a store has to answer first."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day
from visits import rules
from visits.enums import VisitStatus
from visits.models import Visit


class NotYet(ValidationError):
    """What this action builds on has not been received: it may come, so nothing is decided and nothing is stored."""


def own_visit(*, actor: User, visit: Visit, occurred_at: dt.datetime, now: dt.datetime) -> Visit:
    """The stored visit, locked (PostgreSQL) so that a check-out comes before or after, not between.

    Raises ValidationError, its `code` "time" or "visit": somebody else's, or over by the time it happened.
    """
    refuse(rules.time_refusal(occurred_at=occurred_at, received_at=now))
    rows = Visit.objects.select_for_update(of=("self",)).filter(pk=visit.pk, rep=actor)
    stored: Visit | None = rows.select_related("customer").first()
    if stored is None:
        raise ValidationError(_("This is not a visit of yours."), code="visit")
    stored.rep = actor
    if stored.status != VisitStatus.OPEN and business_day(occurred_at) != stored.day:
        raise ValidationError(
            _("This visit of %(day)s is over. Check in again.") % {"day": stored.day}, code="visit"
        )
    return stored


def refuse(refusal: rules.Refusal | None) -> None:
    if refusal is not None:
        raise ValidationError(refusal.message, code=refusal.code)
