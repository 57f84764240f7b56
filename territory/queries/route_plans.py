"""A route as the search for a better order needs it: places, opening hours, how it is walked (F3)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from accounts.models import SystemOptions
from territory.models import Route, RouteQuality, RouteStop, RouteSuggestion
from territory.queries.maps import place_of
from territory.rules.tours import LatLng, Shape, tour_length_m
from territory.rules.windows import Hours, Pace, Timetable, timetable

UNDO_FOR = dt.timedelta(days=1)


@dataclass(frozen=True)
class RoutePlan:
    """`located` are the stops that take part, in today's order; `unlocated` have no place and go last."""

    located: list[RouteStop]
    unlocated: list[RouteStop]
    points: list[LatLng]
    hours: list[Hours]
    shape: Shape
    pace: Pace

    @property
    def has_hours(self) -> bool:
        return any(self.hours)

    @property
    def today(self) -> list[int]:
        """Stop ids in the order they would have if only those without a place went last."""
        return [stop.pk for stop in (*self.located, *self.unlocated)]

    def day(self, order: Iterable[int]) -> Timetable:
        """The day when the located stops are walked in this order of indices."""
        chosen = list(order)
        return timetable(
            [self.points[i] for i in chosen], [self.hours[i] for i in chosen], self.pace, self.shape
        )

    def length_m(self, order: Iterable[int]) -> float:
        return tour_length_m([self.points[i] for i in order], self.shape)

    @cached_property
    def key(self) -> str:
        """Of everything the figures depend on: the first half of the places whatever their order, the second of the order.

        While the first half stays, the best length known stays what it is.
        """
        shape = (
            f"{self.shape.closed} {self.shape.start} {self.shape.end} {self.pace if self.has_hours else ''}"
        )
        stops = [f"{point} {hours}" for point, hours in zip(self.points, self.hours, strict=True)]
        return _digest(shape, *sorted(stops)) + _digest(*stops)

    def is_fresh(self, key: str) -> bool:
        return key == self.key

    def same_places(self, key: str) -> bool:
        return key[:HALF] == self.key[:HALF]


HALF = 20


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:HALF]


def shape_of(route: Route) -> Shape:
    return Shape(closed=route.is_closed, start=route.start, end=None if route.is_closed else route.end)


def pace_of(route: Route, options: SystemOptions) -> Pace:
    return Pace(
        leaves_s=day_second(route.leaves_at or options.work_start),
        stay_s=route.stay_minutes * 60,
        speed_ms=options.travel_speed_kmh / 3.6,
        road_factor=float(options.road_factor),
    )


def hours_of(stop: RouteStop) -> Hours:
    return Hours(
        day_second(stop.opens_at) if stop.opens_at else None,
        day_second(stop.closes_at) if stop.closes_at else None,
    )


def day_second(time: dt.time) -> int:
    """Second of the day."""
    return time.hour * 3600 + time.minute * 60 + time.second


def plan_of(route: Route, stops: Iterable[RouteStop], options: SystemOptions) -> RoutePlan:
    """From stops in order, with their customers; nothing is read."""
    located, unlocated, points = [], [], []
    for stop in stops:
        if place := place_of(stop.customer):
            located.append(stop)
            points.append(place)
        else:
            unlocated.append(stop)
    return RoutePlan(
        located,
        unlocated,
        points,
        [hours_of(stop) for stop in located],
        shape_of(route),
        pace_of(route, options),
    )


def is_measured(route: Route, options: SystemOptions) -> bool:
    """Whether the figures of a route of `routes_for_list` are those of its present order."""
    known: RouteQuality | None = getattr(route, "quality", None)
    return known is not None and plan_of(route, route.stops.all(), options).is_fresh(known.key)


def route_plans(route_ids: Collection[int]) -> dict[int, RoutePlan]:
    """By route id, in three statements, whatever the number."""
    options = SystemOptions.load()
    stops: dict[int, list[RouteStop]] = {}
    rows = RouteStop.objects.filter(route__in=route_ids).select_related("customer")
    needed = rows.only(
        "route_id", "position", "opens_at", "closes_at", "customer__latitude", "customer__longitude"
    )
    for stop in needed.order_by("route_id", "position", "pk"):
        stops.setdefault(stop.route_id, []).append(stop)
    routes = Route.objects.filter(pk__in=route_ids)
    return {route.pk: plan_of(route, stops.get(route.pk, ()), options) for route in routes}


def last_suggestion(route: Route, order: list[int], now: dt.datetime) -> RouteSuggestion | None:
    """The suggestion that still has a meaning for the stops in `order` (ids): being searched, offered, failed, or
    taken within the last day and not changed since, so that it can be undone."""
    last: RouteSuggestion | None = route.suggestions.order_by("-pk").first()
    if last is None or last.is_busy:
        return last
    if last.state == "ready":
        return last if last.seen == order else None
    if last.state == "accepted":
        return last if last.order == order and last.created_at > now - UNDO_FOR else None
    return last if last.state == "failed" and last.seen == order else None
