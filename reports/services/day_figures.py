"""Sums up the days whose slips changed, so that boards over months read one row a person, day and measure."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import connection, transaction

from reports.models import DayFigure, DayMark
from reports.queries.measures import Fact
from reports.queries.parts import exact
from reports.queries.summed import summed_facts, summed_measures

LOCK = 6_013_205  # of PostgreSQL: two runs at once would sum the same days up twice
DAYS_AT_ONCE = 92


def refresh_day_figures() -> int:
    """Sum up every day that is marked; returns how many days of facts were written. Safe to run twice at once.

    Marks are taken away by their ids in the transaction that reads the slips: whoever changes a slip meanwhile leaves a
    mark of his own, which the next run finds.
    """
    written = 0
    for fact in summed_facts():
        while days := _next_days(fact):
            written += len(days)
            if len(days) < DAYS_AT_ONCE:
                break
    return written


@transaction.atomic
def _next_days(fact: Fact) -> list[dt.date]:
    """Sums up some days of a fact and returns them; [] when none is marked or another run is at it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                return []
    if DayMark.objects.filter(fact=fact.code, day__isnull=True).exists():
        _mark_all_days(fact)
    marked = DayMark.objects.filter(fact=fact.code).order_by("day").values_list("day", flat=True).distinct()
    days = [day for day in marked[:DAYS_AT_ONCE] if day is not None]
    if days:
        marks = list(DayMark.objects.filter(fact=fact.code, day__in=days).values_list("pk", flat=True))
        _write(fact, days)
        DayMark.objects.filter(pk__in=marks).delete()
    return days


def _mark_all_days(fact: Fact) -> None:
    """In place of the mark that says "any day": one for each day with slips, and for each that was summed up."""
    anything = DayMark.objects.filter(fact=fact.code, day__isnull=True)
    ids = list(anything.values_list("pk", flat=True))
    days = set(fact.rows().order_by().values_list(fact.day, flat=True).distinct())
    codes = [measure.code for measure in summed_measures(fact)]
    days |= set(DayFigure.objects.filter(measure__in=codes).values_list("day", flat=True).distinct())
    DayMark.objects.bulk_create(DayMark(fact=fact.code, day=day) for day in days)
    DayMark.objects.filter(pk__in=ids).delete()


def _write(fact: Fact, days: list[dt.date]) -> None:
    measures = summed_measures(fact)
    DayFigure.objects.filter(measure__in=[measure.code for measure in measures], day__in=days).delete()
    rows = fact.rows().order_by().filter(**{f"{fact.day}__in": days})
    counted = rows.values_list(fact.day, f"{fact.rep}_id").annotate(
        **{f"figure_{measure.code}": measure.value for measure in measures}
    )
    DayFigure.objects.bulk_create(
        (
            DayFigure(measure=measure.code, day=day, rep_id=rep, value=Decimal(str(exact(measure, value))))
            for day, rep, *values in counted
            for measure, value in zip(measures, values, strict=True)
            if value
        ),
        batch_size=2000,
    )
