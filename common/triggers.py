"""Triggers of the database that are ours: made after `migrate`, renewed when their text changes, gone while one runs.

Who owns some names them with a prefix and a hash of their text, so that a changed one has another name. They are gone
while a migration runs because SQLite cannot alter a column that a trigger names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection, transaction

Statements = list[str]


def named(prefix: str, table: str, event: str, make: Callable[[str], Statements]) -> tuple[str, Statements]:
    """(name, statements) of a trigger on `table`; `make(name)` writes its statements."""
    digest = hashlib.sha256("".join(make("NAME")).encode()).hexdigest()[:8]
    name = f"{prefix}{table}"[:40] + f"_{event[:3]}_{digest}"
    return name, make(name)


def install(prefix: str, wanted: Mapping[str, Statements]) -> tuple[int, int]:
    """Make the triggers that are missing and drop those nobody asks for; returns (made, dropped)."""
    there = present(prefix)
    with transaction.atomic(), connection.cursor() as cursor:
        gone = [name for name in there if name not in wanted]
        for name in gone:
            _drop(cursor, name, there[name])
        new = [name for name in wanted if name not in there]
        for name in new:
            for statement in wanted[name]:
                cursor.execute(statement)
    return len(new), len(gone)


def remove(prefix: str) -> None:
    """Drop all of them, so that tables can be altered."""
    there = present(prefix)
    with transaction.atomic(), connection.cursor() as cursor:
        for name, table in there.items():
            _drop(cursor, name, table)


def present(prefix: str) -> dict[str, str]:
    """{trigger of ours: its table}."""
    if connection.vendor == "postgresql":
        sql = (
            "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND starts_with(t.tgname::text, %s) AND pg_table_is_visible(c.oid)"
        )
        params: list[Any] = [prefix]
    else:
        sql = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, %s) = %s"
        params = [len(prefix), prefix]
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return dict(cursor.fetchall())


def _drop(cursor: Any, name: str, table: str) -> None:
    if connection.vendor == "postgresql":
        cursor.execute(f'DROP TRIGGER IF EXISTS {name} ON "{table}"')
        cursor.execute(f"DROP FUNCTION IF EXISTS {name}()")
    else:
        cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
