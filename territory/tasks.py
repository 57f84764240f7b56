"""Nightly jobs of territory; the schedule stands in config."""

from celery import shared_task
from django.utils import timezone

from common import business_calendar
from territory import services
from territory.services import territories, territory_handover, tour_plan_jobs
from territory.services.map_cells import refresh_map_cells as refresh


@shared_task
def generate_visit_tasks() -> dict[str, int]:
    """Tasks of today and the 13 days after it, from routes and periodic plans."""
    result = services.generate_visit_tasks()
    return {"created": result.created, "existing": result.existing, "skipped": result.skipped}


@shared_task
def purge_tracks() -> int:
    """Positions older than the retention period go."""
    return services.purge_tracks()


@shared_task
def make_months() -> int:
    """The months of the table of positions that are needed soon."""
    return services.make_months(today=business_calendar.today())


@shared_task
def sum_stale_days() -> int:
    """Days of tracks that changed are summed up anew."""
    return services.sum_stale_days()


@shared_task
def refresh_map_cells() -> int | None:
    """The sums that the customer map reads follow what changed."""
    return refresh(now=timezone.now(), today=business_calendar.today())


@shared_task
def measure_routes(route_ids: list[int] | None = None) -> int:
    """Figures of these routes, or of all, as far as they changed."""
    return services.measure_routes(route_ids=route_ids)


@shared_task
def run_suggestion(suggestion_id: int) -> None:
    services.run_suggestion(suggestion_id)


@shared_task
def sweep_suggestions() -> None:
    """Searches for a better order whose message was lost or whose worker died."""
    for suggestion_id in services.sweep_suggestions():
        run_suggestion.delay(suggestion_id)


@shared_task
def run_scenario(scenario_id: int) -> None:
    """Share the customers of a territory scenario out."""
    territories.run_scenario(scenario_id)


@shared_task
def sweep_scenarios() -> None:
    """Territory scenarios whose message was lost or whose worker died."""
    for scenario_id in territories.sweep_scenarios():
        run_scenario.delay(scenario_id)


@shared_task
def run_handover(scenario_id: int) -> None:
    """Hand the customers of a published scenario over, or back; crm's sweeper looks after the actions themselves."""
    territory_handover.run_handover(scenario_id)


@shared_task
def run_tour_plan(plan_id: int) -> None:
    """Search for the tours of a plan."""
    tour_plan_jobs.run_tour_plan(plan_id)


@shared_task
def sweep_tour_plans() -> None:
    """Searches for tours whose message was lost or whose worker died."""
    for plan_id in tour_plan_jobs.sweep_tour_plans():
        run_tour_plan.delay(plan_id)
