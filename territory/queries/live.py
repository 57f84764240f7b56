"""Where people are now: last positions, who is in a store, and who is nearest to a customer (F6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from accounts.models import User
from common.geo import distance_m
from territory.models import TrackPoint
from visits.enums import TaskStatus, VisitStatus
from visits.models import Visit, VisitTask

RECENT = dt.timedelta(hours=12)
AHEAD = dt.timedelta(minutes=5)  # of a phone's clock; a point of tonight would say until then where nobody is


@dataclass(frozen=True)
class Near:
    """A rep as somebody who looks for one near a place sees him."""

    rep: User
    point: TrackPoint
    distance_m: float
    visit: Visit | None  # the one that is open: he is busy
    left: int  # customers of today he has yet to visit


def live_positions(people: QuerySet[User], now: dt.datetime) -> list[tuple[User, TrackPoint | None]]:
    """Everybody with the last position, newest first; two statements."""
    until_now = TrackPoint.objects.filter(rep=OuterRef("pk"), time__lte=now + AHEAD)
    last = until_now.order_by("-time").values("time")[:1]
    rows = list(people.annotate(last_seen=Subquery(last)))
    found = Q()
    for row in rows:
        if row.last_seen:
            found |= Q(rep=row.pk, time=row.last_seen)
    points = {point.rep_id: point for point in TrackPoint.objects.filter(found)} if found else {}
    pairs = [(row, points.get(row.pk)) for row in rows]
    return sorted(pairs, key=lambda pair: -pair[1].time.timestamp() if pair[1] else 0)


def open_visits(rep_ids: Collection[int], day: dt.date) -> dict[int, Visit]:
    """The visit of today each of these reps is in."""
    rows = Visit.objects.filter(rep__in=rep_ids, day=day, status=VisitStatus.OPEN).select_related("customer")
    return {visit.rep_id: visit for visit in rows.order_by("check_in_at")}


def tasks_left(rep_ids: Collection[int], day: dt.date) -> dict[int, int]:
    """How many customers each of these reps has yet to visit that day."""
    rows = VisitTask.objects.filter(rep__in=rep_ids, date=day, status=TaskStatus.OPEN).order_by()
    return dict(rows.values_list("rep_id").annotate(n=Count("pk")))


def nearest_reps(
    people: QuerySet[User], lat: float, lng: float, *, now: dt.datetime, day: dt.date
) -> list[Near]:
    """People whose last position is at most RECENT old, nearest first; four statements."""
    seen = [
        (rep, point) for rep, point in live_positions(people, now) if point and now - point.time <= RECENT
    ]
    ids = [rep.pk for rep, _point in seen]
    visits, left = open_visits(ids, day), tasks_left(ids, day)
    rows = [
        Near(
            rep,
            point,
            distance_m(lat, lng, point.latitude, point.longitude),
            visits.get(rep.pk),
            left.get(rep.pk, 0),
        )
        for rep, point in seen
    ]
    return sorted(rows, key=lambda row: row.distance_m)
