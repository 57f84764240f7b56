"""What a rep is shown of what is stored about him, and what his tracker app is told."""

from __future__ import annotations

import datetime as dt

from django.db.models import Max, Min, QuerySet

from accounts.models import User
from common.business_calendar import day_bounds
from territory.models import TrackDay, TrackPoint
from visits.enums import TaskStatus
from visits.models import VisitTask


def customers_of_day(rep: User, day: dt.date) -> list[tuple[int, str, float, float]]:
    """(id, name, latitude, longitude) of the customers the rep has yet to visit that day, in order."""
    tasks = VisitTask.objects.filter(
        rep=rep, date=day, status=TaskStatus.OPEN, customer__latitude__isnull=False
    ).order_by("position", "pk")
    return list(
        tasks.values_list("customer_id", "customer__name", "customer__latitude", "customer__longitude")
    )


def points_of_day(rep: User, day: dt.date) -> QuerySet[TrackPoint]:
    """Every stored position of one business day, those that do not count included, newest first."""
    start, end = day_bounds(day)
    rows: QuerySet[TrackPoint] = TrackPoint.objects.filter(rep=rep, time__gte=start, time__lt=end)
    return rows.order_by("-time")


def stored_span(rep: User) -> dict[str, dt.date | None]:
    """The first and last day of which positions are stored."""
    found: dict[str, dt.date | None] = TrackDay.objects.filter(rep=rep, points__gt=0).aggregate(
        first=Min("day"), last=Max("day")
    )
    return found
