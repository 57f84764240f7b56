"""Two customers become one (B5): what stops at each once, or has each once, keeps the kept customer's row."""

from typing import Any

from django.db.models import QuerySet

from crm.services.merge_journal import MergeJournal
from territory.models import RouteStop, ScenarioCustomer, TourPlanShop, TourStop


def resolve_merge(*, journal: MergeJournal) -> None:
    """Drop the merged customer's stop where the kept one stands on the same route, and its row of a territory scenario
    likewise; of a tour plan that has both, its row with the visits laid for it."""
    _drop_doubled(journal, RouteStop, "route_id")
    _drop_doubled(journal, ScenarioCustomer, "scenario_id")
    both = TourPlanShop.objects.filter(customer_id=journal.keep_id).values("plan_id")
    laid = TourStop.objects.filter(shop__customer_id=journal.merge_id, shop__plan_id__in=both)
    for stop in list(laid.order_by("pk")):
        journal.drop(stop)
    _drop_doubled(journal, TourPlanShop, "plan_id")


def _drop_doubled(
    journal: MergeJournal, model: type[RouteStop | ScenarioCustomer | TourPlanShop], whole: str
) -> None:
    """Drop the merged customer's rows of those wholes (routes, scenarios, plans) that have the kept one too."""
    rows: QuerySet[Any] = model._default_manager.all()
    kept = rows.filter(customer_id=journal.keep_id).values(whole)
    for row in list(rows.filter(customer_id=journal.merge_id, **{f"{whole}__in": kept}).order_by("pk")):
        journal.drop(row)
