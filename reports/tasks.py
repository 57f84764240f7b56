from celery import shared_task

import reports.queries.facts  # noqa: F401 - fills the register
from reports.services.day_figures import refresh_day_figures
from reports.services.schedules import make_due_runs, run_due


@shared_task(name="reports.tasks.refresh_day_figures")
def refresh_figures() -> int:
    """Every minute: sum up the days whose slips changed; returns how many days of facts were written."""
    return refresh_day_figures()


@shared_task(name="reports.tasks.send_scheduled_reports")
def send_scheduled_reports() -> int:
    """Every minute: make runs of what is due, run them and those that got stuck; returns how many were taken up."""
    make_due_runs()
    return run_due()
