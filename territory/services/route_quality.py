"""Measures routes (F3): the length of the best order known is searched once for a set of places and kept; what depends
on the order alone is counted anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.utils import timezone

from territory.models import Route, RouteQuality
from territory.queries.route_plans import RoutePlan, route_plans
from territory.rules.route_quality import quality
from territory.rules.tours import SECONDS, shortest_order
from territory.rules.windows import shortest_order_in_hours

BATCH = 200
SECONDS_WITH_HOURS = 3.0


def find_order(plan: RoutePlan, seconds: float = SECONDS) -> list[int]:
    """Indices into `plan.located` in the best order found; never worse than today's. `seconds` is the most it takes."""
    if plan.has_hours:
        return shortest_order_in_hours(plan.points, plan.hours, plan.pace, plan.shape, seconds)
    return shortest_order(plan.points, plan.shape, min(seconds, SECONDS))


def measure_routes(
    *,
    route_ids: Collection[int] | None = None,
    now: dt.datetime | None = None,
    seconds: float = SECONDS_WITH_HOURS,
) -> int:
    """Measure these routes, or all, as far as they changed since they were measured; answers how many did.

    Safe to run twice at once: the same places give the same figures.
    """
    ids = list(Route.objects.order_by("pk").values_list("pk", flat=True)) if route_ids is None else route_ids
    pks = sorted(ids)
    batches = [pks[start : start + BATCH] for start in range(0, len(pks), BATCH)]
    return sum(_measure_batch(batch, now or timezone.now(), seconds) for batch in batches)


def measure_now(route: Route, *, now: dt.datetime | None = None) -> bool:
    """Measure a route that was just changed, unless that takes a search with opening hours: False, it wants a job."""
    now = now or timezone.now()
    plan = route_plans([route.pk])[route.pk]
    known = RouteQuality.objects.filter(route=route).first()
    if plan.has_hours and not (known and plan.same_places(known.key)):
        return False
    measure_routes(route_ids=[route.pk], now=now)
    return True


def _measure_batch(route_ids: list[int], now: dt.datetime, seconds: float) -> int:
    known = RouteQuality.objects.in_bulk(route_ids)
    changed = [
        _measure(route_id, plan, known.get(route_id), now, seconds)
        for route_id, plan in route_plans(route_ids).items()
        if route_id not in known or not plan.is_fresh(known[route_id].key)
    ]
    # A route that was deleted meanwhile has no row to hang a figure on.
    still = set(Route.objects.filter(pk__in=[row.pk for row in changed]).values_list("pk", flat=True))
    RouteQuality.objects.bulk_create(
        [row for row in changed if row.pk in still],
        update_conflicts=True,
        unique_fields=["route"],
        update_fields=[
            "key",
            "length_m",
            "best_m",
            "saving_m",
            "saving_share",
            "crossings",
            "turn_backs",
            "measured_at",
        ],
    )
    return len(changed)


def _measure(
    route_id: int, plan: RoutePlan, known: RouteQuality | None, now: dt.datetime, seconds: float
) -> RouteQuality:
    if known and plan.same_places(known.key):
        best = (
            min(known.best_m, plan.length_m(range(len(plan.points)))) if not plan.has_hours else known.best_m
        )
    else:
        best = plan.length_m(find_order(plan, seconds))
    found = quality(plan.points, best, plan.shape)
    return RouteQuality(
        route_id=route_id,
        key=plan.key,
        length_m=found.length_m,
        best_m=best,
        saving_m=found.saving_m,
        saving_share=found.saving_share,
        crossings=found.crossings,
        turn_backs=len(found.turn_backs),
        measured_at=now,
    )
