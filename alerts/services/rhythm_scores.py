"""Scores of customer value and trends of all customers, set by set: only rows that move are written (E5)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, CharField, F, Q, QuerySet, SmallIntegerField, Value, When

from alerts.enums import RfmClass, Trend
from alerts.models import CustomerRhythm, RhythmState
from alerts.queries.rhythm_source import RHYTHM
from alerts.rules.rfm import (
    CLASSES,
    FALLING,
    HIGH,
    MIN_TREND_ORDERS,
    RISING,
    STILL_FALLING,
    STILL_RISING,
    ranks,
)

_FIELDS = {"recency": "last_on", "frequency": "frequency", "money": "money"}


@transaction.atomic
def score_everybody(state: RhythmState) -> int:
    """Find the limits of the quintiles, score everybody by them, judge the trends; returns how many rows moved."""
    state.limits = {name: _limits(column) for name, column in _FIELDS.items()}
    state.save()
    moved = _move(
        CustomerRhythm.objects.all(),
        {f"{name}_score": _score(column, state.limits[name]) for name, column in _FIELDS.items()},
    )
    moved += _move(CustomerRhythm.objects.all(), {"rfm": _rfm()})
    return moved + _move(CustomerRhythm.objects.all(), {"trend": _trend(state.company_trend or Decimal(1))})


def _limits(column: str) -> list[Any]:
    """The four values at the fifths of all who ordered within the year; [] when nobody did. Dates as ISO texts."""
    ordered = CustomerRhythm.objects.filter(frequency__gt=0)
    count = ordered.count()
    if not count:
        return []
    places = ranks(count)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT n, {column} FROM (SELECT {column}, ROW_NUMBER() OVER (ORDER BY {column}) AS n FROM {RHYTHM}"  # noqa: S608
            f" WHERE frequency > 0) r WHERE n IN (%s, %s, %s, %s)",
            [place + 1 for place in places],
        )
        found = dict(cursor.fetchall())
    values = [found[place + 1] for place in places]
    return values if column == "frequency" else [str(value) for value in values]


def _score(column: str, limits: Sequence[Any]) -> Case:
    """alerts.rules.rfm.score in SQL: the highest limit that is below decides."""
    whens = [
        When(Q(frequency__gt=0) & Q(**{f"{column}__gt": limit}), then=Value(place + 1))
        for place, limit in reversed(list(enumerate(limits, 1)))
    ]
    return Case(
        *whens, When(frequency__gt=0, then=Value(1)), default=Value(0), output_field=SmallIntegerField()
    )


def _rfm() -> Case:
    whens = []
    for (recent, often, much), name in CLASSES.items():
        flags = Q(recency_score__gt=0)
        for column, high in (("recency", recent), ("frequency", often), ("money", much)):
            flags &= Q(**{f"{column}_score__{'gte' if high else 'lt'}": HIGH})
        whens.append(When(flags, then=Value(RfmClass(name).value)))
    return Case(*whens, default=Value(""), output_field=CharField())


def _trend(company: Decimal) -> Case:
    """alerts.rules.rfm.trend_of in SQL."""
    if company <= 0:
        return Case(default=Value(""), output_field=CharField())
    rising = Q(recent__gt=F("before") * company * RISING) & Q(
        recent__gt=F("recent_top") + F("before") * company * STILL_RISING
    )
    falling = Q(recent__lt=F("before") * company * FALLING) & Q(
        recent__lt=(F("before") - F("before_top")) * company * STILL_FALLING
    )
    return Case(
        When(trend_orders__lt=MIN_TREND_ORDERS, then=Value("")),
        When(rising, then=Value(Trend.RISING.value)),
        When(falling, then=Value(Trend.FALLING.value)),
        default=Value(Trend.STEADY.value),
        output_field=CharField(),
    )


def _move(rows: QuerySet[CustomerRhythm], values: dict[str, Case]) -> int:
    """Set columns where one of them differs."""
    differs = Q()
    for name in values:
        differs |= ~Q(**{name: F(f"new_{name}")})
    return (
        rows.annotate(**{f"new_{name}": value for name, value in values.items()})
        .filter(differs)
        .update(**values)
    )
