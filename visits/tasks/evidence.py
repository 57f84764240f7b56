"""Closing what was forgotten; the schedule stands in config."""

from celery import shared_task
from django.utils import timezone

from visits.services import close_forgotten


@shared_task
def close_forgotten_visits() -> int:
    """Shortly after midnight: visits of past days without a check-out; returns how many were closed."""
    return close_forgotten(now=timezone.now())
