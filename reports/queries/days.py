"""Days between two days, for sums and means over rows of every database."""

from __future__ import annotations

from typing import Any

from django.db.models import Func, IntegerField


class DaysBetween(Func):
    """DaysBetween(F("later"), F("earlier")) of two columns of dates: whole days, negative when they are the other way round."""

    output_field = IntegerField()
    template = "(%(expressions)s)"
    arg_joiner = " - "
    arity = 2

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        (later, later_params), (earlier, earlier_params) = (
            compiler.compile(part) for part in self.get_source_expressions()
        )
        sql = f"CAST(julianday({later}) - julianday({earlier}) AS INTEGER)"
        return sql, (*later_params, *earlier_params)
