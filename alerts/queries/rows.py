"""Rows of alerts with the facts that lists and cards show about them, and what stands on the map."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import DateField, DecimalField, OuterRef, Prefetch, QuerySet, Subquery, Value
from django.urls import reverse

from alerts.models import AlertSnooze
from alerts.rules import KINDS, label_of
from sales.models import SalesOrder
from sales.queries import overdue_expression, receivable_expression

# What no row of a list reads of its customer.
_LONG = ("search_text", "search_grams", "notes", "extra")
MAP_POINTS = 1000


def with_facts(alerts: QuerySet[Any], today: dt.date) -> QuerySet[Any]:
    """Add what a row shows: `as_of` (today), `receivable`, `overdue` and `last_order_total` (CNY), and the relations
    in words."""
    orders = SalesOrder.objects.counted().filter(customer_id=OuterRef("customer_id"))
    last = orders.order_by("-ordered_on", "-pk").values("total")[:1]
    rows: QuerySet[Any] = (
        alerts.select_related(
            "customer__owner__department",
            "customer__channel",
            "customer__rhythm",
            "rule__department",
            "version",
        )
        .defer(*(f"customer__{name}" for name in _LONG))
        .annotate(
            as_of=Value(today, output_field=DateField()),
            receivable=receivable_expression("customer_id"),
            overdue=overdue_expression(today, "customer_id"),
            last_order_total=Subquery(last, output_field=DecimalField(max_digits=14, decimal_places=2)),
        )
    )
    return rows


def with_snoozes(alerts: QuerySet[Any]) -> QuerySet[Any]:
    """Add the snoozes that were not taken back, the last first, as `live_snoozes`; one statement more."""
    live = AlertSnooze.objects.live().select_related("by").order_by("-pk")
    return alerts.prefetch_related(Prefetch("snoozes", queryset=live, to_attr="live_snoozes"))


def last_snooze(alert: Any) -> AlertSnooze | None:
    """The snooze that counts, of an alert read by `with_snoozes`."""
    return alert.live_snoozes[0] if alert.live_snoozes else None


@dataclass(frozen=True)
class Point:
    """One customer on the map and his alerts among the rows looked at, the first of them first."""

    lat: float
    lng: float
    name: str
    url: str
    kind: str
    words: list[str]
    alerts: list[int]


@dataclass(frozen=True)
class Points:
    points: list[Point]
    looked_at: int  # rows
    unlocated: int  # rows whose customer has no location
    more: bool  # rows follow that were not looked at


def map_points(rows: QuerySet[Any], today: dt.date, start: int = 0) -> Points:
    """Where the customers of the first MAP_POINTS `rows` from row `start` on are; one statement."""
    found = list(
        rows.select_related(None)
        .prefetch_related(None)
        .values_list(
            "pk",
            "kind",
            "due_on",
            "customer_id",
            "customer__name",
            "customer__latitude",
            "customer__longitude",
        )[start : start + MAP_POINTS + 1]
    )
    points: dict[int, Point] = {}
    unlocated = 0
    for pk, kind, due_on, customer_id, name, lat, lng in found[:MAP_POINTS]:
        if lat is None or lng is None:
            unlocated += 1
            continue
        url = reverse("crm:customer_detail", args=[customer_id])
        point = points.setdefault(customer_id, Point(lat, lng, name, url, kind, [], []))
        days = (today - due_on).days
        words = KINDS[kind].days_words(days) if kind in KINDS else str(days)
        point.words.append(f"{label_of(kind)} · {words}")
        point.alerts.append(pk)
    return Points(list(points.values()), min(len(found), MAP_POINTS), unlocated, len(found) > MAP_POINTS)
