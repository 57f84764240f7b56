from celery import shared_task

from alerts import services
from alerts.services.backtest import run_backtest, sweep_backtests
from alerts.services.rhythm import refresh_rhythms
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


@shared_task(name="alerts.tasks.refresh_rhythms")
def refresh_all_rhythms() -> int:
    """Every night before the alerts; returns how many customers were computed."""
    return refresh_rhythms(today=today()).computed


@shared_task(name="alerts.tasks.backtest")
def backtest(run_id: int) -> None:
    """Replay history, as somebody asked on the page."""
    run_backtest(run_id)


@shared_task(name="alerts.tasks.sweep_backtests")
def sweep_stuck_backtests() -> None:
    """Begin again what a killed worker left."""
    for run_id in sweep_backtests():
        backtest.delay(run_id)
