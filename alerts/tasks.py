from celery import shared_task

from alerts import services
from common.business_calendar import today


@shared_task(name="alerts.tasks.compute_alerts")
def compute_alerts(run_id: int | None = None) -> int | None:
    """Every night, or for a run that somebody asked for; returns the id of the run."""
    if run_id is None:
        return services.compute_alerts(today=today()).pk
    run = services.claim_run(run_id=run_id)
    return services.compute_alerts(today=run.date, run=run).pk if run else None


@shared_task(name="alerts.tasks.check_last_events")
def check_last_events() -> dict[str, int]:
    return services.check_last_events()
