"""Two customers become one (B5): a route stops once at each."""

from crm.services.merge_journal import MergeJournal
from territory.models import RouteStop


def resolve_merge(*, journal: MergeJournal) -> None:
    """Drop the merged customer's stop where the kept one stands on the same route."""
    kept = RouteStop.objects.filter(customer_id=journal.keep_id).values("route_id")
    doubled = RouteStop.objects.filter(customer_id=journal.merge_id, route_id__in=kept)
    for stop in list(doubled.order_by("pk")):
        journal.drop(stop)
