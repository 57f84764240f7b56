"""Figures of days that were summed up: what totals and groupings by people or time read instead of the slips (DayFigure)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet, Sum

from common.tables import Column
from reports.models import DayFigure, DayMark
from reports.queries.asked import Asked
from reports.queries.dimensions import Dimension
from reports.queries.measures import FACTS, MEASURES, Fact, Measure

MOST_MARKED = 31  # days read from their slips; with more of them the sums save nothing
SHORTEST = 14  # days; a shorter period is read from the slips at once
_BY = ("rep", "department", "day", "week", "month", "quarter", "weekday")
_FILTERS = {"rep", "department"}


def summed_facts() -> list[Fact]:
    return [fact for fact in FACTS.values() if fact.is_summed]


def summed_measures(fact: Fact) -> list[Measure]:
    return [
        measure
        for measure in MEASURES.values()
        if isinstance(measure, Measure) and measure.fact.code == fact.code and measure.additive
    ]


def _no_columns() -> Sequence[Column]:
    return ()


_SUMS = Fact(
    "day_figures",
    "",
    DayFigure,
    DayFigure.objects.all,
    "",
    _no_columns,
    day="day",
    customer="",
)

Source = tuple[QuerySet[Any], list[Measure], Fact]
Marked = dict[str, set[dt.date | None]]  # fact → days whose slips changed since they were summed up


def marked_days(askings: Sequence[Asked], facts: Sequence[Fact], by: Dimension | None) -> Marked | None:
    """Marks in the periods asked for of all facts that could be read from sums, in one statement; None where none could.

    `by` None: no grouping, all rows together."""
    codes = [fact.code for fact in facts if any(_could_sum(asked, fact, by) for asked in askings)]
    if not codes:
        return None
    days = Q(day__isnull=True)
    for asked in askings:
        days |= Q(day__range=(asked.period.first, asked.period.last))
    rows = DayMark.objects.filter(days, fact__in=codes).values_list("fact", "day").distinct()
    marked: Marked = {code: set() for code in codes}
    for code, day in rows:
        marked[code].add(day)
    return marked


def sources(
    asked: Asked, fact: Fact, measures: list[Measure], by: Dimension | None, marked: Marked | None
) -> list[Source]:
    """From what rows the measures of a fact are read: its own, or the sums of the days and the marked days' own."""
    own = asked.rows(fact)
    additive = [measure for measure in measures if measure.additive]
    if marked is None or not additive or not _could_sum(asked, fact, by):
        return [(own, measures, fact)]
    days = marked[fact.code]
    if None in days or len(days) > MOST_MARKED:
        return [(own, measures, fact)]
    rest = [measure for measure in measures if not measure.additive]
    found: list[Source] = [(own, rest, fact)] if rest else []
    sums = asked.rows(_SUMS).filter(measure__in=[measure.code for measure in additive])
    kept = [
        replace(measure, value=Sum("value", filter=Q(measure=measure.code)), fact=_SUMS)
        for measure in additive
    ]
    found.append((sums.exclude(day__in=days) if days else sums, kept, _SUMS))
    if days:
        found.append((own.filter(**{f"{fact.day}__in": days}), additive, fact))
    return found


def _could_sum(asked: Asked, fact: Fact, by: Dimension | None) -> bool:
    return (
        fact.is_summed
        and asked.period.days >= SHORTEST
        and (by is None or by.code in _BY)
        and set(asked.filters) <= _FILTERS
    )
