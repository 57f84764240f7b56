"""The summaries of days (domain-rules §7): marked stale by whoever stores a point, summed up anew by a job or a reader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from territory.models import TrackDay
from territory.queries.tracks import day_fixes
from territory.rules import analyse_day

_BATCH = 200


def mark_stale(*, rep: User, times: Iterable[dt.datetime]) -> None:
    """Remember that points of these moments changed; the caller holds the transaction that changed them."""
    zone = timezone.get_default_timezone()
    days = sorted({time.astimezone(zone).date() for time in times})
    table = connection.ops.quote_name(TrackDay._meta.db_table)
    with connection.cursor() as cursor:
        for day in days:
            cursor.execute(
                f"INSERT INTO {table} (rep_id, day, points, kept, mileage_m, stops, gaps, version, summed_version)"  # noqa: S608
                " VALUES (%s, %s, 0, 0, 0, 0, 0, 1, 0)"
                f" ON CONFLICT (rep_id, day) DO UPDATE SET version = {table}.version + 1",
                [rep.pk, day],
            )


def sum_days(*, day: dt.date, reps: Collection[int] | None = None) -> int:
    """Sum up the stale summaries of one business day, of all or of some reps; answers how many.

    A summary is true for the version that was read before its points were: who stores a point meanwhile raises it.
    """
    stale = TrackDay.objects.filter(day=day, version__gt=F("summed_version"))
    if reps is not None:
        stale = stale.filter(rep__in=reps)
    versions = dict(stale.values_list("rep_id", "version"))
    fixes = day_fixes(versions, day) if versions else {}
    for rep_id, version in versions.items():
        track = analyse_day(fixes.get(rep_id, ()))
        TrackDay.objects.filter(rep=rep_id, day=day, summed_version__lt=version).update(
            points=track.points,
            kept=len(track.kept),
            mileage_m=track.mileage_m,
            stops=len(track.stops),
            gaps=len(track.gaps),
            detour_ratio=track.detour_ratio,
            first_at=track.kept[0].time if track.kept else None,
            last_at=track.kept[-1].time if track.kept else None,
            summed_version=version,
        )
    return len(versions)


def sum_stale_days(*, limit: int = _BATCH) -> int:
    """Sum up the stale days, newest first, at most `limit` of them; answers how many reps' days were."""
    days = (
        TrackDay.objects.filter(version__gt=F("summed_version"))
        .order_by("-day")
        .values_list("day", flat=True)
    )
    return sum(sum_days(day=day) for day in days.distinct()[:limit])
