"""Positions go after the retention period (domain-rules §7)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from accounts.models import SystemOptions
from common import business_calendar
from territory.models import TrackDay, TrackingPause, TrackPoint
from territory.services.partitions import drop_months


def purge_tracks(*, now: dt.datetime | None = None) -> int:
    """Delete positions, and summaries of days and pauses, older than the retention period; answers how many positions."""
    now = now or timezone.now()
    before = now - dt.timedelta(days=SystemOptions.load().track_retention_days)
    gone = drop_months(before=before)
    with transaction.atomic():
        deleted, _by_model = TrackPoint.objects.filter(time__lt=before).delete()
        # A day of which a part is left keeps its summary.
        TrackDay.objects.filter(day__lt=business_calendar.today(before)).delete()
        TrackingPause.objects.filter(ends_at__lt=before).delete()
    return gone + deleted
