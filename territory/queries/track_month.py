"""A month of one rep: a row a day from the summaries, and the lines to draw."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count

from accounts.models import User
from territory.models import TrackDay
from territory.queries.track_days import fixes_between, track_days
from territory.rules import keep, pack, split_at_gaps, thin_out
from visits.models import Visit

_LINE_M = 40  # a month is looked at from afar


@dataclass(frozen=True)
class MonthDay:
    day: dt.date
    track: TrackDay | None
    visits: int


def month_days(rep: User, first: dt.date, last: dt.date) -> list[MonthDay]:
    """The days of `rep` from `first` to `last` that have a track or a visit, in order; three statements at most."""
    tracks = {day: row for (_rep, day), row in track_days(first, last, reps=[rep.pk]).items() if row.points}
    visits = dict(
        Visit.objects.filter(rep=rep, day__range=(first, last))
        .order_by()
        .values_list("day")
        .annotate(n=Count("pk"))
    )
    return [MonthDay(day, tracks.get(day), visits.get(day, 0)) for day in sorted({*tracks, *visits})]


def month_lines(rep: User, first: dt.date, last: dt.date) -> list[dict[str, object]]:
    """The drawn pieces of each day as `rules.pack` writes them, thinned out: {day, segments}. One statement."""
    found = fixes_between([rep.pk], first, last)
    lines: list[dict[str, object]] = []
    for (_rep, day), fixes in sorted(found.items(), key=lambda item: item[0][1]):
        segments, _gaps, _metres = split_at_gaps(keep(fixes))
        lines.append(
            {"day": day.isoformat(), "segments": [pack(thin_out(piece, _LINE_M)) for piece in segments]}
        )
    return lines


def month_totals(days: Collection[MonthDay]) -> TrackDay:
    """Sums over the days that have a track."""
    tracks = [day.track for day in days if day.track]
    return TrackDay(
        points=sum(track.points for track in tracks),
        mileage_m=sum(track.mileage_m for track in tracks),
        stops=sum(track.stops for track in tracks),
        gaps=sum(track.gaps for track in tracks),
    )
