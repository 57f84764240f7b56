"""A rep stops the recording of his position for a while, and takes it up again."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from territory.models import TrackingPause


def pause_tracking(*, rep: User, until: dt.datetime | None, now: dt.datetime | None = None) -> TrackingPause:
    """From now until `until` (None: until resumed) nothing is stored. Raises ValidationError for an end that is past,
    or when a pause is on."""
    now = now or timezone.now()
    if until is not None and until <= now:
        raise ValidationError(_("The end of the pause is past."))
    lasting = TrackingPause.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=now), rep=rep, starts_at__lte=now
    )
    if lasting.exists():
        raise ValidationError(_("Recording is paused already."))
    try:
        with transaction.atomic():
            return TrackingPause.objects.create(rep=rep, starts_at=now, ends_at=until)
    except IntegrityError as error:  # pressed twice at once
        raise ValidationError(_("Recording is paused already.")) from error


def resume_tracking(*, rep: User, now: dt.datetime | None = None) -> bool:
    """End the pause that is on; whether there was one."""
    now = now or timezone.now()
    lasting = Q(ends_at__isnull=True) | Q(ends_at__gt=now)
    return bool(TrackingPause.objects.filter(lasting, rep=rep, starts_at__lte=now).update(ends_at=now))
