"""Composed reads of territory's screens. What comes in is scoped here; nothing is written."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery

from accounts.models import User
from common.business_calendar import day_bounds
from common.geo import distance_m
from crm.models import Customer
from territory.models import Route, RouteStop, TrackPoint
from territory.rules import DayTrack, Fix, Place, Stop, analyse_day, match_customer, path_length_m, visit_band
from visits.models import Visit

SCALE = 100_000  # five decimals of a degree, about a metre


# --- customer map


def map_points(customers: QuerySet[Customer], today: dt.date) -> dict[str, Any]:
    """Columns of the customers that have a location: `id`, `lat` and `lng` in 1/100,000 degree, `level`, `band`.

    `level` is one string of A, B, C or "-" by position; `band` likewise of rules.visit_band. Integers and strings in
    columns pack to a tenth of what objects would weigh.
    """
    rows = (
        customers.filter(latitude__isnull=False)
        .order_by("pk")
        .values_list("pk", "latitude", "longitude", "level", "last_visit_on")
    )
    ids, lats, lngs, levels, bands = [], [], [], [], []
    for pk, lat, lng, level, last_visit_on in rows:
        assert lat is not None
        assert lng is not None
        ids.append(pk)
        lats.append(round(lat * SCALE))
        lngs.append(round(lng * SCALE))
        levels.append(level or "-")
        bands.append(str(visit_band(last_visit_on, today)))
    return {"id": ids, "lat": lats, "lng": lngs, "level": "".join(levels), "band": "".join(bands)}


def place_of(customer: Customer) -> tuple[float, float] | None:
    """(lat, lng), or None without location."""
    if customer.latitude is None or customer.longitude is None:
        return None
    return customer.latitude, customer.longitude


def nearest(
    customers: QuerySet[Customer], pks: Collection[int], lat: float, lng: float
) -> list[tuple[Customer, float]]:
    """The named customers with their distance in metres from a place, nearest first."""
    rows = [
        (customer, distance_m(lat, lng, *place))
        for customer in customers.filter(pk__in=pks)
        if (place := place_of(customer))
    ]
    return sorted(rows, key=lambda row: row[1])


# --- routes


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


# --- tracks


@dataclass(frozen=True)
class PersonDay:
    """One line of the people list."""

    rep: User
    mileage_m: float
    stops: int
    visits: int
    points: int


@dataclass(frozen=True)
class StopAt:
    stop: Stop
    place: Place | None


@dataclass(frozen=True)
class RepDay:
    """All the day page draws of one rep."""

    track: DayTrack
    stops: list[StopAt]
    visits: list[Visit]


def trackable_people(user: User) -> QuerySet[User]:
    """Active reps in scope and, whatever his role, the user himself when he is recorded."""
    people: QuerySet[User] = User.objects.visible_to(user).active()
    reps = people.filter(role__code="rep")
    own = people.filter(pk=user.pk, tracking_notice_at__isnull=False)
    return (reps | own).order_by("name", "pk")


def day_fixes(rep_ids: Collection[int], day: dt.date) -> dict[int, list[Fix]]:
    """The positions of one business day by rep, in order of time."""
    start, end = day_bounds(day)
    fixes: dict[int, list[Fix]] = defaultdict(list)
    rows = TrackPoint.objects.filter(rep__in=rep_ids, time__gte=start, time__lt=end).order_by(
        "rep_id", "time"
    )
    for rep_id, *fix in rows.values_list("rep_id", "time", "latitude", "longitude", "accuracy_m"):
        fixes[rep_id].append(Fix(*fix))
    return fixes


def day_mileage(rep_ids: Collection[int], day: dt.date) -> dict[int, float]:
    """Metres of that business day for each of these reps who has a track, in one statement."""
    return {rep_id: analyse_day(fixes).mileage_m for rep_id, fixes in day_fixes(rep_ids, day).items()}


def people_day(people: Iterable[User], day: dt.date) -> list[PersonDay]:
    """Day totals of these people in two statements, people with a track first."""
    people = list(people)
    ids = [person.pk for person in people]
    fixes = day_fixes(ids, day)
    counts = (
        Visit.objects.filter(day=day, rep__in=ids).order_by().values_list("rep_id").annotate(n=Count("pk"))
    )
    visits = dict(counts)
    rows = []
    for person in people:
        track = analyse_day(fixes.get(person.pk, ()))
        rows.append(
            PersonDay(
                person, track.mileage_m, len(track.stops), visits.get(person.pk, 0), points=track.points
            )
        )
    return sorted(rows, key=lambda row: row.points == 0)


def rep_day(rep: User, day: dt.date, viewer: User) -> RepDay:
    """Track, stops with their customers, and visits of one rep and day.

    A stop is matched with customers the viewer may see: those visited that day and those the rep owns.
    """
    track = analyse_day(day_fixes([rep.pk], day).get(rep.pk, ()))
    visits: list[Visit] = list(
        Visit.objects.filter(rep=rep, day=day).select_related("customer").order_by("check_in_at", "pk")
    )
    places = _places(rep, visits, viewer) if track.stops else []
    return RepDay(track, [StopAt(stop, match_customer(stop, places)) for stop in track.stops], visits)


def _places(rep: User, visits: Iterable[Visit], viewer: User) -> list[Place]:
    visited = {visit.customer_id for visit in visits}
    customers = Customer.objects.visible_to(viewer).filter(latitude__isnull=False)
    rows = customers.filter(Q(owner=rep) | Q(pk__in=visited))
    return [
        Place(customer.pk, customer.name, *place, visited=customer.pk in visited)
        for customer in rows.only("pk", "name", "latitude", "longitude")
        if (place := place_of(customer))
    ]


def live_positions(people: QuerySet[User]) -> list[tuple[User, TrackPoint | None]]:
    """Everybody with the last position, newest first; two statements."""
    last = TrackPoint.objects.filter(rep=OuterRef("pk")).order_by("-time").values("pk")[:1]
    rows = list(people.annotate(last_point=Subquery(last)))
    points = TrackPoint.objects.in_bulk([row.last_point for row in rows if row.last_point])
    pairs = [(row, points.get(row.last_point)) for row in rows]
    return sorted(pairs, key=lambda pair: -pair[1].time.timestamp() if pair[1] else 0)
