"""How many alerts each value of each facet has, and what the values are called."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce, NullIf

from accounts.models import Department, User
from alerts.enums import Band
from alerts.models import Alert
from alerts.rules import band_range
from crm.models import Dictionary
from territory.models import Route, RouteStop

NONE = "none"  # the value of what has no level, route, channel or department
TOTAL = "total"


def band_expression(today: dt.date) -> Case:
    """The band of days overdue of an alert."""
    bands = []
    for band in Band:
        first, last = band_range(band, today)
        due = Q(due_on__lte=last) if first is None else Q(due_on__range=(first, last))
        bands.append(When(due, then=Value(band.value)))
    return Case(*bands, default=Value(""), output_field=CharField())


def _text(path: str) -> Coalesce:
    return Coalesce(Cast(path, CharField()), Value(NONE))


def _known(path: str) -> Coalesce:
    """A text of another table: without a row there, or empty, it is none."""
    return Coalesce(NullIf(F(path), Value("")), Value(NONE))


def _value(facet: str, today: dt.date) -> Any:
    """What alerts are counted by."""
    values: dict[str, Any] = {
        "kind": F("kind"),
        "rep": _text("customer__owner_id"),
        "department": _text("customer__owner__department_id"),
        "level": F("customer__level"),
        "rfm": _known("customer__rhythm__rfm"),
        "trend": _known("customer__rhythm__trend"),
        "channel": _text("customer__channel_id"),
        "route": Cast("customer__route_stops__route_id", CharField()),
        "band": band_expression(today),
        "snoozed": Case(When(snoozed_until__gt=today, then=Value("yes")), default=Value("no")),
        TOTAL: Value(""),
    }
    return values[facet]


def on_routes(alerts: QuerySet[Any], routes: QuerySet[Any]) -> QuerySet[Any]:
    """One row for each alert and each of these routes that its customer stands on."""
    return alerts.filter(customer__route_stops__route__in=routes)


def without_route(alerts: QuerySet[Any], routes: QuerySet[Any]) -> QuerySet[Any]:
    """Alerts of customers that stand on none of these routes."""
    stops = RouteStop.objects.filter(route__in=routes).values("customer_id")
    return alerts.exclude(customer_id__in=stops)


def facet_counts(
    narrowed: Mapping[str, QuerySet[Alert]], today: dt.date, routes: QuerySet[Any]
) -> dict[str, dict[str, int]]:
    """{facet: {value: alerts}} in one statement; `narrowed` gives, for each facet, the alerts under all the others.

    A customer on two routes counts under both.
    """
    parts = []
    for facet, alerts in narrowed.items():
        rows: QuerySet[Any] = on_routes(alerts, routes) if facet == "route" else alerts
        parts.append(_counted(rows, facet, _value(facet, today)))
        if facet == "route":
            parts.append(_counted(without_route(alerts, routes), facet, Value(NONE)))
    counts: dict[str, dict[str, int]] = {facet: {} for facet in narrowed}
    first, *others = parts
    for facet, value, n in first.union(*others, all=True):
        if n:
            key = NONE if facet == "level" and not value else value
            counts[facet][key] = counts[facet].get(key, 0) + n
    return counts


def _counted(rows: QuerySet[Any], facet: str, value: Any) -> QuerySet[Any, Any]:
    named = rows.order_by().annotate(
        facet=Value(facet, output_field=CharField()), value=Cast(value, CharField())
    )
    counted: QuerySet[Any, Any] = named.values_list("facet", "value").annotate(n=Count("pk"))
    return counted


# --- names
def rep_names(ids: Collection[str]) -> dict[str, str]:
    """{id: name} of these people."""
    wanted = [int(pk) for pk in ids if pk.isdecimal()]
    return {str(pk): name for pk, name in User.objects.filter(pk__in=wanted).values_list("pk", "name")}


def channel_names(ids: Collection[str]) -> dict[str, str]:
    """{id: name} of these channels."""
    wanted = [int(pk) for pk in ids if pk.isdecimal()]
    return {str(pk): name for pk, name in Dictionary.objects.filter(pk__in=wanted).values_list("pk", "name")}


def route_names(routes: QuerySet[Any], ids: Collection[str]) -> dict[str, str]:
    """{id: "name · rep"} of these routes."""
    wanted = [int(pk) for pk in ids if pk.isdecimal()]
    rows = routes.filter(pk__in=wanted).values_list("pk", "name", "rep__name")
    return {str(pk): f"{name} · {rep}" for pk, name, rep in rows}


def routes_of(user: User) -> QuerySet[Any]:
    """The routes in use that `user` may see."""
    rows: QuerySet[Any] = Route.objects.visible_to(user).filter(is_active=True)
    return rows


def departments() -> list[Department]:
    """The department tree, parents before children, each with its `tree_depth`."""
    return list(Department.objects.with_tree_fields())
