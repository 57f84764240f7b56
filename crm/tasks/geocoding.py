"""Addresses looked up at a map service, a minute at a time."""

from celery import shared_task

from crm.services import geocoding


@shared_task
def run_geocode_job(job_id: int) -> None:
    """One slice; then the job that has waited longest has its turn, which may be the same one."""
    geocoding.run_slice(job_id)
    if (next_id := geocoding.waiting_job()) is not None:
        run_geocode_job.delay(next_id)


@shared_task
def sweep_geocode_jobs() -> None:
    """Look-ups whose message was lost or whose worker died."""
    if (job_id := geocoding.sweep()) is not None:
        run_geocode_job.delay(job_id)
