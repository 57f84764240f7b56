from celery import shared_task

from alerts import services
from common.business_calendar import today


@shared_task(name="alerts.tasks.compute_alerts")
def compute_alerts(run_id: int | None = None) -> int | None:
    """Every night, or for a run that somebody asked for; returns the id of the run."""
    if run_id is None:
        services.forget_runs(today=today())
        return services.compute_alerts(today=today(), full=True).pk
    run = services.claim_run(run_id=run_id)
    return services.compute_alerts(today=run.date, run=run).pk if run else None


@shared_task(name="alerts.tasks.judge_changes")
def judge_changes() -> int | None:
    """Every minute: judge whoever changed; returns the id of the run, None when nobody did."""
    run = services.judge_changes(today=today())
    return run.pk if run else None


@shared_task(name="alerts.tasks.check_last_events")
def check_last_events() -> dict[str, int]:
    return services.check_last_events()
