"""Bulk actions that are too large for a request."""

from celery import shared_task

from crm.services import bulk


@shared_task
def run_bulk_job(job_id: int) -> None:
    bulk.run_job(job_id)


@shared_task
def sweep_bulk_jobs() -> None:
    """Actions whose message was lost or whose worker died."""
    for job_id in bulk.sweep():
        run_bulk_job.delay(job_id)
