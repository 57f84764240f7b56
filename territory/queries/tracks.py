"""Reads of tracks: a day of people, a day of one rep, live positions."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from crm.models import Customer
from territory.models import TrackDay, TrackingPause
from territory.queries.pauses import pauses_of_day
from territory.queries.track_days import day_fixes, track_days
from territory.rules import (
    DayTrack,
    Place,
    PlanCheck,
    Stop,
    analyse_day,
    check_plan,
    match_customer,
    off_way_m,
    order_saving,
    path_length_m,
)
from visits.models import Visit, VisitTask


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

    @property
    def minutes(self) -> int:
        return round(self.stop.stay.total_seconds() / 60)


@dataclass(frozen=True)
class RepDay:
    """All the day page draws of one rep."""

    rep: User
    track: DayTrack
    stops: list[StopAt]
    visits: list[Visit]
    unseen: list[Visit]  # visits without a stay at the customer
    saving: float | None  # domain-rules §7, "order saving"
    plan: PlanCheck
    way: list[Place]  # planned customers with a location, in planned order
    pauses: list[TrackingPause]

    @property
    def missed(self) -> list[Place]:
        """Planned and not visited."""
        return [place for place in self.way if not place.visited]

    @property
    def way_m(self) -> float:
        """Length of the planned way, from its first customer to its last."""
        return path_length_m([(place.lat, place.lng) for place in self.way])

    @cached_property
    def off_way_m(self) -> float | None:
        """Metres driven over a kilometre off the planned way."""
        return off_way_m(self.track.segments, [(place.lat, place.lng) for place in self.way])


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


def rep_days(reps: Sequence[User], day: dt.date, viewer: User) -> list[RepDay]:
    """Track, stops with their customers, visits, plan and pauses of each rep on one day: five statements for all.

    A stop is matched with customers the viewer may see: those visited that day and those the rep owns.
    """
    ids = [rep.pk for rep in reps]
    fixes = day_fixes(ids, day)
    visits: dict[int, list[Visit]] = defaultdict(list)
    rows = Visit.objects.filter(rep__in=ids, day=day).select_related("customer")
    for visit in rows.order_by("check_in_at", "pk"):
        visits[visit.rep_id].append(visit)
    planned: dict[int, list[int]] = defaultdict(list)
    tasks = VisitTask.objects.filter(rep__in=ids, date=day).order_by("position", "pk")
    for rep_id, customer_id in tasks.values_list("rep_id", "customer_id"):
        planned[rep_id].append(customer_id)
    places = _places(ids, [visit for made in visits.values() for visit in made], viewer)
    pauses = pauses_of_day(ids, day)
    return [
        _rep_day(
            rep, analyse_day(fixes.get(rep.pk, ())), visits[rep.pk], places, planned[rep.pk], pauses[rep.pk]
        )
        for rep in reps
    ]


def _rep_day(
    rep: User,
    track: DayTrack,
    visits: list[Visit],
    places: list[tuple[int | None, Place]],
    planned: list[int],
    pauses: list[TrackingPause],
) -> RepDay:
    visited = {visit.customer_id for visit in visits}
    known = {place.customer_id: place for _owner_id, place in places}
    way = [known[pk] for pk in dict.fromkeys(planned) if pk in known]
    near = [
        place._replace(visited=place.customer_id in visited)
        for owner_id, place in places
        if owner_id == rep.pk or place.customer_id in visited
    ]
    stops = [StopAt(stop, match_customer(stop, near)) for stop in track.stops]
    seen = {item.place.customer_id for item in stops if item.place}
    return RepDay(
        rep=rep,
        track=track,
        stops=stops,
        visits=visits,
        unseen=[visit for visit in visits if visit.customer_id not in seen] if track.kept else [],
        saving=order_saving(track.stops),
        plan=check_plan(planned, [visit.customer_id for visit in visits]),
        way=[place._replace(visited=place.customer_id in visited) for place in way],
        pauses=pauses,
    )


def _places(rep_ids: Sequence[int], visits: Iterable[Visit], viewer: User) -> list[tuple[int | None, Place]]:
    """(owner, place) of the customers that may be where a rep stopped."""
    visited = {visit.customer_id for visit in visits}
    customers = Customer.objects.visible_to(viewer).filter(latitude__isnull=False)
    rows = customers.filter(Q(owner__in=rep_ids) | Q(pk__in=visited))
    return [
        (owner_id, Place(pk, name, lat, lng))
        for pk, name, lat, lng, owner_id in rows.values_list(
            "pk", "name", "latitude", "longitude", "owner_id"
        )
        if lat is not None and lng is not None
    ]
