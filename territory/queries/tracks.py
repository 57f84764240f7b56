"""Reads of tracks: a day of people, a day of one rep, live positions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from accounts.models import User
from crm.models import Customer
from territory.models import TrackDay, TrackPoint
from territory.queries.maps import place_of
from territory.queries.track_days import day_fixes, track_days
from territory.rules import DayTrack, Place, Stop, analyse_day, match_customer
from visits.models import Visit


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


def people_day(people: Iterable[User], day: dt.date) -> list[PersonDay]:
    """Day totals of these people, people with a track first: three statements at most."""
    people = list(people)
    ids = [person.pk for person in people]
    days = track_days(day, reps=ids)
    counts = (
        Visit.objects.filter(day=day, rep__in=ids).order_by().values_list("rep_id").annotate(n=Count("pk"))
    )
    visits = dict(counts)
    rows = []
    for person in people:
        track = days.get((person.pk, day), TrackDay())
        rows.append(
            PersonDay(person, track.mileage_m, track.stops, visits.get(person.pk, 0), points=track.points)
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
    last = TrackPoint.objects.filter(rep=OuterRef("pk")).order_by("-time").values("time")[:1]
    rows = list(people.annotate(last_seen=Subquery(last)))
    found = Q()
    for row in rows:
        if row.last_seen:
            found |= Q(rep=row.pk, time=row.last_seen)
    points = {point.rep_id: point for point in TrackPoint.objects.filter(found)} if found else {}
    pairs = [(row, points.get(row.pk)) for row in rows]
    return sorted(pairs, key=lambda pair: -pair[1].time.timestamp() if pair[1] else 0)
