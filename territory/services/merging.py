"""Two customers become one (B5): a route stops once at each, and a territory scenario has each once."""

from crm.services.merge_journal import MergeJournal
from territory.models import RouteStop, ScenarioCustomer


def resolve_merge(*, journal: MergeJournal) -> None:
    """Drop the merged customer's stop where the kept one stands on the same route, and its row of a scenario likewise."""
    kept = RouteStop.objects.filter(customer_id=journal.keep_id).values("route_id")
    doubled = RouteStop.objects.filter(customer_id=journal.merge_id, route_id__in=kept)
    for stop in list(doubled.order_by("pk")):
        journal.drop(stop)
    known = ScenarioCustomer.objects.filter(customer_id=journal.keep_id).values("scenario_id")
    twice = ScenarioCustomer.objects.filter(customer_id=journal.merge_id, scenario_id__in=known)
    for row in list(twice.order_by("pk")):
        journal.drop(row)
