"""Statements of our own around querysets: what Django's ORM has no words for, a FROM of a subquery.

Only names from the register of measures and numbers get into the text; whatever was asked for stands in the parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from django.db import connection

from common.derived import Sql, compiled

__all__ = ["CHUNK", "Sql", "collation", "compiled", "fetched", "name", "streamed"]
CHUNK = 2000  # rows of a result that are held at once


def fetched(sql: str, params: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def streamed(sql: str, params: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Row by row from a cursor of the server, where there is one; closing the iterator closes it."""
    pooled = connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
    with closing(connection.cursor() if pooled else connection.chunked_cursor()) as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(CHUNK):
            yield from rows


def collation() -> str:
    """Text in the order of its code points, as Python and SQLite sort it, whatever the database was made with."""
    return ' COLLATE "C"' if connection.vendor == "postgresql" else ""


def name(text: str) -> str:
    """A column's name as it is written into a statement."""
    return str(connection.ops.quote_name(text))
