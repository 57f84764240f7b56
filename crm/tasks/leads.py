"""Leads on their way in: calls that had to wait, Excel files."""

from celery import shared_task
from django.utils import timezone

from crm.services import lead_capture, lead_imports


@shared_task
def sweep_captured_leads() -> None:
    """Calls of channels that could not be processed at once."""
    lead_capture.sweep(now=timezone.now())


@shared_task
def check_lead_import(job_id: int) -> None:
    lead_imports.check_job(job_id)


@shared_task
def run_lead_import(job_id: int) -> None:
    lead_imports.run_job(job_id)


@shared_task
def sweep_lead_imports() -> None:
    """Lead imports whose message was lost or whose worker died."""
    swept = lead_imports.sweep()
    for job_id in swept.check:
        check_lead_import.delay(job_id)
    for job_id in swept.run:
        run_lead_import.delay(job_id)
