"""Nightly jobs of territory; the schedule stands in config."""

from celery import shared_task

from territory import services


@shared_task
def generate_visit_tasks() -> dict[str, int]:
    """Tasks of today and the 13 days after it, from routes and periodic plans."""
    result = services.generate_visit_tasks()
    return {"created": result.created, "existing": result.existing, "skipped": result.skipped}


@shared_task
def purge_tracks() -> int:
    """Positions older than the retention period go."""
    return services.purge_tracks()
