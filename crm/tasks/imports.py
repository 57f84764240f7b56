"""Customer files on their way in."""

from celery import shared_task

from crm.services import imports


@shared_task
def check_import(job_id: int) -> None:
    imports.check_job(job_id)


@shared_task
def run_import(job_id: int) -> None:
    imports.run_job(job_id)


@shared_task
def sweep_imports() -> None:
    """Imports whose message was lost or whose worker died."""
    swept = imports.sweep()
    for job_id in swept.check:
        check_import.delay(job_id)
    for job_id in swept.run:
        run_import.delay(job_id)
