"""Reads of routes: the list, the page with its stops, and who could be added."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, Prefetch, QuerySet

from accounts.models import User
from common.geo import distance_m
from crm.models import Customer
from territory.models import Route, RouteStop
from territory.queries.maps import place_of
from territory.rules import path_length_m


def routes_for_list(user: User) -> QuerySet[Route]:
    """Routes in scope with rep, number of stops and what `route_length_m` needs: two statements."""
    stops = RouteStop.objects.select_related("customer").only(
        "position", "route_id", "customer__latitude", "customer__longitude"
    )
    routes: QuerySet[Route] = Route.objects.visible_to(user)
    return (
        routes.select_related("rep")
        .annotate(stop_count=Count("stops"))
        .prefetch_related(Prefetch("stops", queryset=stops))
    )


def route_names(ids: Collection[int]) -> dict[int, str]:
    """Names of routes by id; one that is gone has none."""
    return dict(Route.objects.filter(pk__in=ids).values_list("pk", "name"))


def route_length_m(stops: Iterable[RouteStop]) -> float:
    """Great-circle length through the stops in order; a stop without location is passed over."""
    return path_length_m([place for stop in stops if (place := place_of(stop.customer))])


@dataclass(frozen=True)
class StopRow:
    """One line of the stop list. `leg_m` leads from the stop before; None at the first and without location."""

    stop: RouteStop
    number: int
    leg_m: float | None
    name: str
    visible: bool  # to the person who looks
    served: bool  # active and visible to the rep: tasks are made for it


def stop_rows(route: Route, user: User) -> list[StopRow]:
    """The stops of a route in order, as `user` may see them."""
    stops = list(route.stops.select_related("customer").order_by("position", "pk"))
    ids = [stop.customer_id for stop in stops]
    mine = set(Customer.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    reps = set(
        Customer.objects.visible_to(route.rep).active().filter(pk__in=ids).values_list("pk", flat=True)
    )
    rows: list[StopRow] = []
    before: tuple[float, float] | None = None
    for number, stop in enumerate(stops, start=1):
        customer, leg = stop.customer, None
        if place := place_of(customer):
            leg = distance_m(*before, *place) if before else None
            before = place
        visible = customer.pk in mine
        rows.append(
            StopRow(stop, number, leg, customer.name if visible else "", visible, customer.pk in reps)
        )
    return rows


def candidates(route: Route, user: User) -> QuerySet[Customer]:
    """Customers that may be put on the route: active, seen by the user and by the rep, not on it yet."""
    rows: QuerySet[Customer] = (
        Customer.objects.visible_to(user)
        .active()
        .filter(pk__in=Customer.objects.visible_to(route.rep).values("pk"))
        .exclude(pk__in=route.stops.values("customer_id"))
    )
    return rows
