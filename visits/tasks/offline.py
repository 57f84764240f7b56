"""Clearing up after phones; the schedule stands in config."""

from celery import shared_task

from visits.services import uploads


@shared_task
def purge_uploads() -> int:
    """Every night: photos that were sent in pieces and that no action used; returns how many."""
    return uploads.purge_uploads()
