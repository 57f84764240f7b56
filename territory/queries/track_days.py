"""What days of tracks come to (domain-rules §7): rows that a job sums up, and days that changed since, summed up here."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable

from common.business_calendar import business_day, day_bounds
from territory.models import TrackDay, TrackPoint
from territory.rules import Fix, analyse_day

SUMMED = (
    *(
        "points",
        "kept",
        "mileage_m",
        "detour_ratio",
        "stops",
        "gaps",
        "first_at",
        "last_at",
        "summed_version",
    ),
)


def day_fixes(rep_ids: Collection[int], day: dt.date) -> dict[int, list[Fix]]:
    """The positions of one business day by rep, in order of time."""
    return {rep_id: fixes for (rep_id, _day), fixes in fixes_between(rep_ids, day, day).items()}


def track_days(
    first: dt.date, last: dt.date | None = None, *, reps: Collection[int] | None = None
) -> dict[tuple[int, dt.date], TrackDay]:
    """The summaries of business days from `first` to `last` by (rep, day), of all or of some reps; true at this moment.

    Two statements, however many reps and days. Days whose points changed are summed up, not written: services does that.
    """
    rows = TrackDay.objects.filter(day__range=(first, last or first))
    if reps is not None:
        rows = rows.filter(rep__in=reps)
    days = {(row.rep_id, row.day): row for row in rows}
    bring_up_to_date([row for row in days.values() if row.version > row.summed_version])
    return days


def bring_up_to_date(stale: Collection[TrackDay]) -> None:
    """Sum these days up from their points, in memory.

    A summary is true for the version that was read before its points were: who stores a point meanwhile raises it.
    """
    if not stale:
        return
    days = [row.day for row in stale]
    fixes = fixes_between({row.rep_id for row in stale}, min(days), max(days))
    for row in stale:
        _sum_up(row, fixes.get((row.rep_id, row.day), ()))


def fixes_between(
    rep_ids: Collection[int], first: dt.date, last: dt.date
) -> dict[tuple[int, dt.date], list[Fix]]:
    start, end = day_bounds(first)[0], day_bounds(last)[1]
    found: dict[tuple[int, dt.date], list[Fix]] = defaultdict(list)
    rows = TrackPoint.objects.filter(rep__in=rep_ids, time__gte=start, time__lt=end).order_by(
        "rep_id", "time"
    )
    for rep_id, *fix in rows.values_list("rep_id", "time", "latitude", "longitude", "accuracy_m"):
        found[rep_id, first if first == last else business_day(fix[0])].append(Fix(*fix))
    return found


def _sum_up(row: TrackDay, fixes: Iterable[Fix]) -> None:
    track = analyse_day(fixes)
    row.points, row.kept = track.points, len(track.kept)
    row.mileage_m, row.detour_ratio = track.mileage_m, track.detour_ratio
    row.stops, row.gaps = len(track.stops), len(track.gaps)
    row.first_at = track.kept[0].time if track.kept else None
    row.last_at = track.kept[-1].time if track.kept else None
    row.summed_version = row.version
