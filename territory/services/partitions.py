"""The months of the table of positions on PostgreSQL: made ahead, dropped whole when their time is over.

What fits no month (files of long ago) lies in the rest. SQLite has one table, and nothing is to be done.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection, transaction

from territory.models import TrackPoint

AHEAD = 3  # months
_TABLE = TrackPoint._meta.db_table
_REST = f"{_TABLE}_rest"
# One at a time: two jobs that make or drop months would wait for each other's locks.
_LOCK = 0x70616F_7472


def months_from(day: dt.date, count: int) -> list[dt.date]:
    """The first days of `count` months from that of `day` on."""
    first = day.year * 12 + day.month - 1
    return [dt.date(n // 12, n % 12 + 1, 1) for n in range(first, first + count)]


def partition_of(month: dt.date) -> str:
    return f"{_TABLE}_{month:%Y_%m}"


def existing_months() -> list[dt.date]:
    """The months that have a table of their own, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass",
            [_TABLE],
        )
        names = [name for (name,) in cursor.fetchall() if name != _REST]
    return sorted(dt.datetime.strptime(name[-7:], "%Y_%m").date() for name in names)  # noqa: DTZ007 - a month


def make_months(*, today: dt.date) -> int:
    """Make the months from today's to AHEAD later that are missing, with what lies in the rest for them; how many."""
    if connection.vendor != "postgresql":
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        known = set(existing_months())
        missing = [month for month in months_from(today, AHEAD + 1) if month not in known]
        for month in missing:
            _make(cursor, month)
    return len(missing)


def _make(cursor: Any, month: dt.date) -> None:
    start, end = (f"{day:%Y-%m-%d} 00:00+00" for day in months_from(month, 2))
    name = partition_of(month)
    execute = cursor.execute
    # A month is refused while the rest holds rows of it.
    execute(f"CREATE TABLE {name} (LIKE {_TABLE} INCLUDING ALL)")
    execute(
        f"WITH moved AS (DELETE FROM {_REST} WHERE time >= %s AND time < %s RETURNING *)"  # noqa: S608 - names of ours
        f" INSERT INTO {name} SELECT * FROM moved",
        [start, end],
    )
    execute(f"ALTER TABLE {_TABLE} ATTACH PARTITION {name} FOR VALUES FROM ('{start}') TO ('{end}')")


def drop_months(*, before: dt.datetime) -> int:
    """Drop the months that ended by `before`; answers how many points went with them."""
    if connection.vendor != "postgresql":
        return 0
    gone = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come is not dropped
        for month in existing_months():
            end = dt.datetime.combine(months_from(month, 2)[1], dt.time(), dt.UTC)
            if end <= before:
                cursor.execute(f"SELECT count(*) FROM {partition_of(month)}")  # noqa: S608 - a name of ours
                gone += cursor.fetchone()[0]
                cursor.execute(f"DROP TABLE {partition_of(month)}")
    return gone
