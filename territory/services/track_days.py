"""The summaries of days (domain-rules §7): marked stale by whoever stores a point, summed up anew by a job."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from territory.models import TrackDay
from territory.queries.track_days import SUMMED, bring_up_to_date

_AT_ONCE = 50  # days of reps whose points are in memory together


def mark_stale(*, rep: User, times: Iterable[dt.datetime]) -> None:
    """Remember that points of these moments changed; the caller holds the transaction that changed them."""
    with connection.cursor() as cursor:
        for day in days_of_moments(times):
            cursor.execute(stale_sql("VALUES (%s, %s, 0, 0, 0, 0, 0, 1, 0)"), [rep.pk, day])


def days_of_moments(times: Iterable[dt.datetime]) -> list[dt.date]:
    """The business days of these moments, in order: whoever marks several takes them alike and waits in no ring."""
    zone = timezone.get_default_timezone()
    return sorted({time.astimezone(zone).date() for time in times})


def stale_sql(rows: str) -> str:
    """The statement that marks days; `rows` is where they come from, in SQL of ours."""
    table = connection.ops.quote_name(TrackDay._meta.db_table)
    return (
        f"INSERT INTO {table} (rep_id, day, points, kept, mileage_m, stops, gaps, version, summed_version) {rows}"
        f" ON CONFLICT (rep_id, day) DO UPDATE SET version = {table}.version + 1"
    )


def sum_stale_days(*, limit: int = 5000) -> int:
    """Sum up the stale days, newest first, at most `limit` of them; answers how many."""
    stale = TrackDay.objects.filter(version__gt=F("summed_version")).order_by("-day", "rep_id")
    ids = list(stale.values_list("pk", flat=True)[:limit])
    for start in range(0, len(ids), _AT_ONCE):
        rows = list(TrackDay.objects.filter(pk__in=ids[start : start + _AT_ONCE]))
        by_day: dict[dt.date, list[TrackDay]] = {}
        for row in rows:
            by_day.setdefault(row.day, []).append(row)
        for days in by_day.values():  # a day each: the days between are not read
            bring_up_to_date(days)
        for row in rows:
            # A worker beside us may have summed up a later version.
            TrackDay.objects.filter(pk=row.pk, summed_version__lt=row.summed_version).update(
                **{name: getattr(row, name) for name in SUMMED}
            )
    return len(ids)
