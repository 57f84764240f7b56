"""Scores of customer value and trends of all customers, set by set: only rows that move are written (E5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, CharField, F, Q, SmallIntegerField, Value, When

from alerts.enums import RfmClass, Trend
from alerts.models import CustomerRhythm, RhythmState
from alerts.queries.rhythm_source import RHYTHM, trend_base
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
    """Find the limits of the quintiles, score everybody by them, judge the trends; returns how many rows moved.

    Also saves `state`. One statement writes: a first run moves a million rows.
    """
    state.limits = {name: _limits(column) for name, column in _FIELDS.items()}
    state.save()
    values: dict[str, Case] = {
        f"{name}_score": _score(column, state.limits[name]) for name, column in _FIELDS.items()
    }
    values["rfm"] = _rfm(state.limits)
    values["trend"] = _trend(trend_base(state))
    differs = Q()
    for name in values:
        differs |= ~Q(**{name: F(f"new_{name}")})
    rows = CustomerRhythm.objects.annotate(**{f"new_{name}": value for name, value in values.items()})
    return rows.filter(differs).update(**values)


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


def _rfm(limits: Mapping[str, Sequence[Any]]) -> Case:
    """alerts.rules.rfm.class_of in SQL: high is above the limit below the score that is."""
    whens = []
    for flags, name in CLASSES.items():
        condition = Q(frequency__gt=0)
        for (field, column), high in zip(_FIELDS.items(), flags, strict=True):
            if limits[field]:
                above = Q(**{f"{column}__gt": limits[field][HIGH - 2]})
                condition &= above if high else ~above
        whens.append(When(condition, then=Value(RfmClass(name).value)))
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
