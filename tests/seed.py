"""What a migrated database holds before any test, kept aside, and put back after each test that commits.

Django empties every table after such a test, the rows that migrations seed included, and reads those in again row by
row before the next. Here the whole state comes back at once.
"""

import sqlite3
import time
from typing import Any

from django.db import connection
from django.test import TransactionTestCase

PATIENCE = 20  # seconds that a statement of an earlier test may still be at work
SCHEMA = "seed"


def keep_seed() -> None:
    """Keep what the new test database holds; from now on committing tests end with it."""
    restore = _keep_sqlite() if connection.vendor == "sqlite" else _keep_postgres()
    TransactionTestCase._fixture_teardown = lambda self: restore()


def _keep_sqlite():
    connection.ensure_connection()
    kept = sqlite3.connect(":memory:", check_same_thread=False)
    connection.connection.backup(kept)

    def restore() -> None:
        end = time.monotonic() + PATIENCE

        def waited(status: int, remaining: int, total: int) -> None:
            if time.monotonic() > end:
                raise TimeoutError("somebody still works on the test database")

        connection.ensure_connection()
        kept.backup(connection.connection, progress=waited, sleep=0.02)

    return restore


def _keep_postgres():
    tables = sorted(connection.introspection.table_names())
    name = connection.ops.quote_name
    empty = "; ".join(f"DELETE FROM {name(table)}" for table in tables)
    fill = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        without_triggers = "SET LOCAL session_replication_role = replica; " if cursor.fetchone()[0] else ""
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        for table in tables:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {name(table)})")
            if cursor.fetchone()[0]:
                columns = ", ".join(name(column) for column in _columns(cursor, table))
                cursor.execute(f"CREATE TABLE {SCHEMA}.{name(table)} AS SELECT {columns} FROM {name(table)}")
                fill.append(
                    f"INSERT INTO {name(table)} ({columns}) SELECT {columns} FROM {SCHEMA}.{name(table)}"
                )
    script = f"BEGIN; SET LOCAL lock_timeout = '{PATIENCE}s'; {without_triggers}{'; '.join([empty, *fill])}; COMMIT"

    def restore() -> None:
        with connection.cursor() as cursor:
            cursor.execute(script)

    return restore


def _columns(cursor: Any, table: str) -> list[str]:
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s "
        "AND is_generated = 'NEVER' ORDER BY ordinal_position",
        [table],
    )
    return [column for (column,) in cursor.fetchall()]
