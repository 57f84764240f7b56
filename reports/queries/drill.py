"""The rows behind a figure: what the engine counted, as rows."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS
from reports.queries.measures import Fact, base_measures
from reports.rules.compare import reached


def facts_behind(measure: str) -> list[Fact]:
    """Kinds of rows that a figure is made of, the first one first."""
    return list({part.fact.code: part.fact for part in base_measures([measure])}.values())


def counted_rows(asked: Asked, measure: str, fact: Fact, by: str, key: str | None) -> QuerySet[Any]:
    """Rows of one group of a dimension (None: of all) that the measure counts. ValueError as in Dimension.condition."""
    rows = asked.of(reached(asked.period, asked.today)).rows(fact)
    if key is not None:
        rows = rows.filter(DIMENSIONS[by].condition(fact, key))
    conditions = [part.where for part in base_measures([measure]) if part.fact.code == fact.code]
    if conditions and all(condition is not None for condition in conditions):
        either = conditions[0]
        for condition in conditions[1:]:
            either |= condition
        rows = rows.filter(either)
    return rows
