"""Reads of routes: the list, the page with its stops, and who could be added."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

from django.db.models import Count, Prefetch, QuerySet
from django.db.models.functions import Coalesce

from accounts.models import SystemOptions, User
from common.geo import distance_m
from crm.models import Customer
from territory.models import Route, RouteQuality, RouteStop
from territory.queries.route_plans import RoutePlan, plan_of
from territory.rules.route_quality import find_turn_backs
from territory.rules.tours import line_of


def routes_for_list(user: User) -> QuerySet[Route]:
    """Routes in scope with rep, figures, number of stops and what `plan_of` needs: two statements.

    `saving` (metres) is -1 for a route that was never measured, so that sorting is the same on every database.
    """
    stops = RouteStop.objects.select_related("customer").only(
        "position",
        "route_id",
        "opens_at",
        "closes_at",
        "customer__latitude",
        "customer__longitude",
    )
    routes: QuerySet[Route] = Route.objects.visible_to(user)
    return (
        routes.select_related("rep", "quality")
        .annotate(stop_count=Count("stops"), saving=Coalesce("quality__saving_m", -1.0))
        .prefetch_related(Prefetch("stops", queryset=stops))
    )


def route_names(ids: Collection[int]) -> dict[int, str]:
    """Names of routes by id; one that is gone has none."""
    return dict(Route.objects.filter(pk__in=ids).values_list("pk", "name"))


@dataclass(frozen=True)
class StopRow:
    """One line of the stop list. `leg_m` leads from the stop or start before; None where there is none, and without
    location. `arrives` is the local clock; `late` means that the stop has closed by then."""

    stop: RouteStop
    number: int
    leg_m: float | None
    name: str
    visible: bool  # to the person who looks
    served: bool  # active and visible to the rep: tasks are made for it
    arrives: dt.time | None
    late: bool
    turns_back: bool  # gone to and come back from for its own sake


@dataclass(frozen=True)
class RouteView:
    """What the page of a route shows."""

    plan: RoutePlan
    rows: list[StopRow]
    length_m: float
    last_leg_m: float | None  # to the end, or back
    ends_at: dt.time
    quality: RouteQuality | None  # None: not measured since it changed

    @property
    def order(self) -> list[int]:
        """Stop ids as they are stored."""
        return [row.stop.pk for row in self.rows]


def route_view(route: Route, user: User) -> RouteView:
    """The stops of a route in order, as `user` may see them, with the day they make."""
    stops = list(route.stops.select_related("customer").order_by("position", "pk"))
    plan = plan_of(route, stops, SystemOptions.load())
    line = line_of(plan.points, plan.shape)
    legs = [distance_m(*a, *b) for a, b in pairwise(line)]
    day = plan.day(range(len(plan.located)))
    first_leg = 0 if plan.shape.start else -1
    at = {stop.pk: index for index, stop in enumerate(plan.located)}
    back = {plan.located[index].pk for index in find_turn_backs(plan.points, plan.shape)}
    ids = [stop.customer_id for stop in stops]
    mine = set(Customer.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    reps = set(
        Customer.objects.visible_to(route.rep).active().filter(pk__in=ids).values_list("pk", flat=True)
    )
    rows = []
    for number, stop in enumerate(stops, start=1):
        index = at.get(stop.pk)
        leg = first_leg + index if index is not None else -1
        visible = stop.customer_id in mine
        rows.append(
            StopRow(
                stop,
                number,
                legs[leg] if leg >= 0 else None,
                stop.customer.name if visible else "",
                visible,
                stop.customer_id in reps,
                clock_time(day.arrivals[index].begins_s) if index is not None else None,
                index is not None and day.arrivals[index].late_s > 0,
                stop.pk in back,
            )
        )
    known = RouteQuality.objects.filter(route=route).first()
    return RouteView(
        plan,
        rows,
        sum(legs),
        legs[-1] if legs and (plan.shape.end or plan.shape.closed) else None,
        clock_time(day.ends_s),
        known if known and plan.is_fresh(known.key) else None,
    )


def clock_time(seconds: int) -> dt.time:
    """Seconds since midnight as a clock shows them, the day after included."""
    minutes = seconds // 60 % 1440
    return dt.time(minutes // 60, minutes % 60)


def candidates(route: Route, user: User) -> QuerySet[Customer]:
    """Customers that may be put on the route: active, seen by the user and by the rep, not on it yet."""
    rows: QuerySet[Customer] = (
        Customer.objects.visible_to(user)
        .active()
        .filter(pk__in=Customer.objects.visible_to(route.rep).values("pk"))
        .exclude(pk__in=route.stops.values("customer_id"))
    )
    return rows
