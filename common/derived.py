"""Rows of an unmanaged model that no table holds: they are read from a statement of one's own.

The model is filtered, grouped, joined and counted as any other; only where its table would stand in FROM, there stands
the statement in brackets. It must give every column of the model.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.sql import Query
from django.db.models.sql.datastructures import BaseTable

Sql = tuple[str, tuple[Any, ...]]


class _Statement(BaseTable):
    """A statement in the place of a table."""

    def __init__(self, statement: Sql, table_name: str, alias: str | None) -> None:
        super().__init__(table_name, alias)
        self.statement = statement

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        sql, params = self.statement
        return f"({sql}) {compiler.quote_name_unless_alias(self.table_alias)}", list(params)

    def relabeled_clone(self, change_map: dict[str, str]) -> _Statement:
        alias = change_map.get(self.table_alias, self.table_alias)
        return type(self)(self.statement, self.table_name, alias)

    @property
    def identity(self) -> tuple[Any, ...]:
        return (*super().identity, self.statement)


def derived_rows(model: type[Model], statement: Sql) -> QuerySet[Any]:
    """A queryset of the model over the rows of a SELECT (text and parameters)."""
    query = Query(model)
    query.base_table_class = partial(_Statement, statement)  # type: ignore[assignment]  # called as the class is
    return QuerySet(model, query=query)


def compiled(rows: QuerySet[Any, Any]) -> Sql:
    """The SELECT of a queryset and its parameters, to be written into another statement.

    Raises EmptyResultSet for a queryset that says by itself that there is nothing.
    """
    sql, params = rows.query.get_compiler(connection=connection).as_sql()
    return sql, tuple(params)
