"""Positions on their way in, and out again after the retention period (domain-rules §7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import SystemOptions, User
from common.geo import valid_coordinates
from territory.enums import PointSource
from territory.models import TrackPoint
from territory.rules import FUTURE_LIMIT, Fix, SentPoint, may_record, read_point

BATCH_LIMIT = 1000


class TrackingNotAllowedError(Exception):
    """The person was not told that positions are recorded."""


class TooManyPointsError(Exception):
    """More than BATCH_LIMIT points at once."""


@dataclass(frozen=True)
class Stored:
    accepted: int
    duplicate: int
    refused: int


def store_points(*, rep: User, entries: Sequence[Any], now: dt.datetime | None = None) -> Stored:
    """Store what the browser of `rep` sent: a list of `{t, lat, lng, acc, spd, brg, bat}`.

    A point counts as accepted, duplicate (its time is there already, or twice in the batch) or refused (unreadable,
    impossible place, over 24 h ahead, outside working hours). Raises TrackingNotAllowedError, TooManyPointsError.
    """
    if rep.tracking_notice_at is None:
        raise TrackingNotAllowedError
    if len(entries) > BATCH_LIMIT:
        raise TooManyPointsError
    now = now or timezone.now()
    options = SystemOptions.load()
    zone = timezone.get_default_timezone()
    good: list[SentPoint] = []
    for entry in entries:
        point = read_point(entry)
        if point and may_record(
            point.time, now=now, start=options.work_start, end=options.work_end, zone=zone
        ):
            good.append(point)
    accepted = _insert(rep, [_row(rep, point) for point in good])
    return Stored(accepted=accepted, duplicate=len(good) - accepted, refused=len(entries) - len(good))


def _row(rep: User, point: SentPoint) -> TrackPoint:
    return TrackPoint(
        rep=rep,
        time=point.time,
        latitude=point.lat,
        longitude=point.lng,
        accuracy_m=point.accuracy_m,
        speed_ms=point.speed_ms,
        bearing=point.bearing,
        battery=point.battery,
        source=PointSource.BROWSER,
    )


@transaction.atomic
def _insert(rep: User, points: list[TrackPoint]) -> int:
    """Insert the points whose (rep, time) is new; answers how many.

    The rep's row is locked, so that the same batch sent twice at once is counted once. The weak lock does not stop
    other tables from referring to the rep meanwhile.
    """
    if not points:
        return 0
    User.objects.select_for_update(no_key=True).only("pk").get(pk=rep.pk)
    times = [point.time for point in points]
    known = set(TrackPoint.objects.filter(rep=rep, time__in=times).values_list("time", flat=True))
    new: dict[dt.datetime, TrackPoint] = {}
    for point in points:
        if point.time not in known:
            new.setdefault(point.time, point)
    TrackPoint.objects.bulk_create(new.values(), batch_size=BATCH_LIMIT, ignore_conflicts=True)
    return len(new)


def store_fix(
    *, rep: User, time: dt.datetime, latitude: float | None, longitude: float | None, accuracy_m: float | None
) -> bool:
    """Keep the position of a check-in or check-out on the track of somebody who was told; whether it was new."""
    if rep.tracking_notice_at is None or not valid_coordinates(latitude, longitude):
        return False
    assert latitude is not None
    assert longitude is not None
    point = TrackPoint(
        rep=rep,
        time=time,
        latitude=latitude,
        longitude=longitude,
        accuracy_m=accuracy_m,
        source=PointSource.CHECK_IN,
    )
    return bool(_insert(rep, [point]))


def import_fixes(*, rep: User, fixes: Sequence[Fix], now: dt.datetime | None = None) -> Stored:
    """Store the positions of a track file. Working hours do not matter here: the file's owner chose to hand it in."""
    now = now or timezone.now()
    good = [fix for fix in fixes if valid_coordinates(fix.lat, fix.lng) and fix.time <= now + FUTURE_LIMIT]
    accepted = 0
    for start in range(0, len(good), BATCH_LIMIT):
        accepted += _insert(
            rep,
            [
                TrackPoint(
                    rep=rep,
                    time=fix.time,
                    latitude=fix.lat,
                    longitude=fix.lng,
                    accuracy_m=fix.accuracy_m,
                    source=PointSource.IMPORT,
                )
                for fix in good[start : start + BATCH_LIMIT]
            ],
        )
    return Stored(accepted=accepted, duplicate=len(good) - accepted, refused=len(fixes) - len(good))


def purge_tracks(*, now: dt.datetime | None = None) -> int:
    """Delete positions older than the retention period; answers how many."""
    days = SystemOptions.load().track_retention_days
    deleted, _by_model = TrackPoint.objects.filter(
        time__lt=(now or timezone.now()) - dt.timedelta(days=days)
    ).delete()
    return deleted
