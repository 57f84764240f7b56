"""Positions on their way in (domain-rules §7): checked, stored once, and their days marked to be summed up anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from common.geo import valid_coordinates
from territory.enums import PointSource
from territory.models import TrackPoint
from territory.queries.pauses import pauses_since, recording_terms
from territory.rules import FUTURE_LIMIT, Fix, SentPoint, all_may_record, may_record, read_point
from territory.services.track_days import days_of_moments, mark_stale, stale_sql

BATCH_LIMIT = 1000
_BULK = 20_000
_COLUMNS = (
    "rep_id",
    "time",
    "latitude",
    "longitude",
    "accuracy_m",
    "speed_ms",
    "bearing",
    "battery",
    "source",
    "received_at",
)


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
    impossible place, over 24 h ahead, outside working hours, in a pause). Raises TrackingNotAllowedError,
    TooManyPointsError.
    """
    if rep.tracking_notice_at is None:
        raise TrackingNotAllowedError
    if len(entries) > BATCH_LIMIT:
        raise TooManyPointsError
    return store_sent(
        rep=rep, points=[read_point(entry) for entry in entries], source=PointSource.BROWSER, now=now
    )


def store_sent(
    *, rep: User, points: Sequence[SentPoint | None], source: PointSource, now: dt.datetime | None = None
) -> Stored:
    """Store points of somebody who was told; None stands for one that could not be read and is refused."""
    now = now or timezone.now()
    good = [point for point in points if point is not None]
    if good:
        good = _recorded(rep, good, now)
    accepted = _insert(rep, good, source, now)
    return Stored(accepted=accepted, duplicate=len(good) - accepted, refused=len(points) - len(good))


def _recorded(rep: User, points: list[SentPoint], now: dt.datetime) -> list[SentPoint]:
    """Those within working hours, not too far ahead and in no pause."""
    zone = timezone.get_default_timezone()
    times = [point.time for point in points]
    start, end, pauses = recording_terms(rep, min(times))
    if not all_may_record(times, now=now, start=start, end=end, zone=zone):
        points = [
            point for point in points if may_record(point.time, now=now, start=start, end=end, zone=zone)
        ]
    if pauses:
        points = [point for point in points if not any(pause.covers(point.time) for pause in pauses)]
    return points


def store_fix(
    *, rep: User, time: dt.datetime, latitude: float | None, longitude: float | None, accuracy_m: float | None
) -> bool:
    """Keep the position of a check-in or check-out on the track of somebody who was told; whether it was new.

    Not in a pause: the visit has its evidence, the track stays empty.
    """
    if rep.tracking_notice_at is None or not valid_coordinates(latitude, longitude):
        return False
    if any(pause.covers(time) for pause in pauses_since(rep, time)):
        return False
    row = (time, latitude, longitude, accuracy_m, None, None, None)
    return bool(_insert(rep, [row], PointSource.CHECK_IN, timezone.now()))


def import_fixes(*, rep: User, fixes: Sequence[Fix], now: dt.datetime | None = None) -> Stored:
    """Store the positions of a track file. Working hours and pauses do not matter: the file's owner handed it in."""
    now = now or timezone.now()
    latest = now + FUTURE_LIMIT
    good = [
        (fix.time, fix.lat, fix.lng, fix.accuracy_m, None, None, None)
        for fix in fixes
        if fix.time <= latest and valid_coordinates(fix.lat, fix.lng)
    ]
    accepted = 0
    for start in range(0, len(good), _BULK):
        accepted += _insert(rep, good[start : start + _BULK], PointSource.IMPORT, now)
    return Stored(accepted=accepted, duplicate=len(good) - accepted, refused=len(fixes) - len(good))


# --- into the table. A row here: (time, latitude, longitude, accuracy, speed, bearing, battery)
def _insert(rep: User, rows: Sequence[tuple[Any, ...]], source: PointSource, now: dt.datetime) -> int:
    """Insert the rows whose moment is new for the rep, mark their days when there are any, and answer how many; the
    table's key decides, without a lock."""
    if not rows:
        return 0
    if connection.vendor == "postgresql" and len(rows) <= BATCH_LIMIT:
        return _insert_arrays(rep, rows, source, now)
    with transaction.atomic():
        insert = _insert_copied if connection.vendor == "postgresql" else _insert_each
        accepted = insert(rep, rows, source, now)
        if accepted:
            mark_stale(rep=rep, times=(row[0] for row in rows))
    return accepted


def _insert_each(rep: User, rows: Iterable[tuple[Any, ...]], source: PointSource, now: dt.datetime) -> int:
    """SQLite: one writer at a time, so what is counted before and after is what was written here."""
    table = connection.ops.quote_name(TrackPoint._meta.db_table)
    adapt = connection.ops.adapt_datetimefield_value
    received = adapt(now)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT OR IGNORE INTO {table} ({', '.join(_COLUMNS)})"  # noqa: S608 - names of ours
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [(rep.pk, adapt(row[0]), *row[1:], source.value, received) for row in rows],
        )
        return max(int(cursor.rowcount), 0)


def _insert_arrays(rep: User, rows: Sequence[tuple[Any, ...]], source: PointSource, now: dt.datetime) -> int:
    """Points and days in one statement, which needs no transaction around it: three ways to the server and back less.

    The days wait for the count of all points, so that every batch locks points before days.
    """
    table = connection.ops.quote_name(TrackPoint._meta.db_table)
    times, *figures = zip(*rows, strict=True)
    first, last = min(times), max(times)
    days = days_of_moments((first, last) if _same_day(first, last) else times)
    mark = stale_sql(
        "SELECT %s, day, 0, 0, 0, 0, 0, 1, 0 FROM unnest(%s::date[]) day WHERE (SELECT count(*) FROM stored) > 0"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH stored AS (INSERT INTO {table} ({', '.join(_COLUMNS)})"  # noqa: S608 - names of ours
            " SELECT %s, p.*, %s, %s FROM unnest(%s::timestamptz[], %s::float8[], %s::float8[], %s::float8[],"
            " %s::float8[], %s::float8[], %s::float8[]) p ON CONFLICT DO NOTHING RETURNING 1),"
            f" marked AS ({mark}) SELECT count(*) FROM stored",
            [
                *(rep.pk, source.value, now),
                _array_of(time.isoformat() for time in times),
                *(_array_of("NULL" if one is None else repr(one) for one in column) for column in figures),
                *(rep.pk, days),
            ],
        )
        return int(cursor.fetchone()[0])


def _array_of(items: Iterable[str]) -> str:
    """An array as PostgreSQL reads it, of moments or numbers: psycopg would look at each for what to quote."""
    return "{" + ",".join(items) + "}"


def _same_day(first: dt.datetime, last: dt.datetime) -> bool:
    zone = timezone.get_default_timezone()
    return first.astimezone(zone).date() == last.astimezone(zone).date()


def _insert_copied(rep: User, rows: Sequence[tuple[Any, ...]], source: PointSource, now: dt.datetime) -> int:
    """Many at once go by COPY into a table of this transaction, and from there what is new."""
    table = connection.ops.quote_name(TrackPoint._meta.db_table)
    names = ", ".join(_COLUMNS[1:8])
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE sent_points (time timestamptz, latitude float8, longitude float8,"
            " accuracy_m float8, speed_ms float8, bearing float8, battery float8) ON COMMIT DROP"
        )
        with connection.wrap_database_errors, cursor.copy(f"COPY sent_points ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(_COLUMNS)}) SELECT %s, {names}, %s, %s FROM sent_points"  # noqa: S608
            " ON CONFLICT DO NOTHING",
            [rep.pk, source.value, now],
        )
        accepted = int(cursor.rowcount)
        cursor.execute("DROP TABLE sent_points")
        return accepted
