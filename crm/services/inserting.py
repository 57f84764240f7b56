"""Many rows of one model at once: COPY on PostgreSQL, bulk_create elsewhere."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection, models

_BATCH = 500


def insert(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows given as values of `columns` (attribute names of fields); the caller holds the transaction.

    Columns that are not named get the default of their field.
    """
    if not rows:
        return
    if connection.vendor == "postgresql":
        _copy(model, columns, rows)
    else:
        objects = [model(**dict(zip(columns, row, strict=True))) for row in rows]
        model._default_manager.bulk_create(objects, batch_size=_BATCH)


def insert_numbered(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> list[int]:
    """Like `insert`; returns the rows' new primary keys, in their order."""
    if not rows:
        return []
    if connection.vendor == "postgresql":
        keys = _reserve(model, len(rows))
        pk = model._meta.pk
        assert pk is not None
        _copy(model, [pk.attname, *columns], [[key, *row] for key, row in zip(keys, rows, strict=True)])
        return keys
    objects = [model(**dict(zip(columns, row, strict=True))) for row in rows]
    return [made.pk for made in model._default_manager.bulk_create(objects, batch_size=_BATCH)]


def _reserve(model: type[models.Model], count: int) -> list[int]:
    pk = model._meta.pk
    assert pk is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(nextval(pg_get_serial_sequence(%s, %s))) FROM generate_series(1, %s)",
            [connection.ops.quote_name(model._meta.db_table), pk.column, count],
        )
        keys: list[int] = cursor.fetchone()[0]
        return keys


def _copy(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """COPY skips the parser and sends all rows in one go: a fifth of bulk_create's time for wide rows."""
    from psycopg import sql

    fields = {field.attname: field for field in model._meta.concrete_fields}
    as_json = [
        position for position, name in enumerate(columns) if isinstance(fields[name], models.JSONField)
    ]
    # COPY knows no defaults of Django's.
    rest = {name: plain_default(field) for name, field in fields.items() if name not in columns}
    rest = {name: value for name, value in rest.items() if value is not None}
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(sql.Identifier(str(fields[name].column)) for name in [*columns, *rest]),
    )
    tail = list(rest.values())
    # Without the wrapper a taken code would come as psycopg's error, which nobody expects.
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            if as_json or tail:
                row = [*row, *tail]
                for position in as_json:
                    row[position] = _json(row[position])
            copy.write_row(row)


def plain_default(field: "models.Field[Any, Any]") -> Any:
    """What a new row has in this column, ready for COPY; None without a default."""
    value = field.get_default()
    if isinstance(field, models.JSONField):
        return _json(value)
    # Choices as plain text: psycopg asks an enumeration what it is, for each row anew.
    return getattr(value, "value", value)


def _json(value: Any) -> str | None:
    """Without a value NULL, not JSON's null."""
    if value is None:
        return None
    return "{}" if value == {} else json.dumps(value, ensure_ascii=False)
