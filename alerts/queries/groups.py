"""Open alerts summed up by rep, department, level or route: how many, how long, how much money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import CharField, Count, DecimalField, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce

from alerts.enums import Band
from alerts.queries.facets import NONE
from alerts.rules import band_range
from common.money import round_money
from sales.models import Bill, SalesReturn
from territory.models import RouteStop

BANDS = tuple(Band)
_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)
# Where a customer's group stands, seen from the customer.
_PATHS = {"rep": "owner_id", "department": "owner__department_id", "level": "level"}


@dataclass
class Group:
    """One group; money in CNY, each customer counted once however many alerts he has."""

    key: str
    alerts: int = 0
    customers: int = 0
    bands: dict[str, int] = field(default_factory=dict)
    receivable: Decimal = Decimal(0)
    overdue: Decimal = Decimal(0)
    label: str = ""


def group_alerts(alerts: QuerySet[Any], by: str, today: dt.date, routes: QuerySet[Any]) -> dict[str, Group]:
    """{key: its sums} in three statements: alerts, bills, credits. By route, a customer on two counts in both."""
    groups: dict[str, Group] = {}
    for row in _alert_sums(alerts, by, today, routes):
        group = groups.setdefault(row["key"] or NONE, Group(row["key"] or NONE))
        group.alerts += row["n"]
        group.customers += row["customers"]
        for band in Band:
            group.bands[band.value] = group.bands.get(band.value, 0) + row[_name(band)]
    left, used = F("amount") - F("settled"), F("amount") - F("used")
    late = Sum(left, filter=Q(due_on__lt=today), output_field=_MONEY)
    bills = Bill.objects.open()
    for row in _by_customer(
        bills, alerts, by, routes, {"owed": Sum(left, output_field=_MONEY), "late": late}
    ):
        group = groups[row["key"] or NONE]
        group.receivable += round_money(row["owed"] or Decimal(0))
        group.overdue += round_money(row["late"] or Decimal(0))
    credits_ = SalesReturn.objects.posted()
    for row in _by_customer(credits_, alerts, by, routes, {"owed": Sum(used, output_field=_MONEY)}):
        groups[row["key"] or NONE].receivable -= round_money(row["owed"] or Decimal(0))
    return groups


def _name(band: Band) -> str:
    return f"band_{band.name.lower()}"


def _alert_sums(
    alerts: QuerySet[Any], by: str, today: dt.date, routes: QuerySet[Any]
) -> Iterable[dict[str, Any]]:
    sums: dict[str, Any] = {"n": Count("pk"), "customers": Count("customer_id", distinct=True)}
    for band in Band:
        first, last = band_range(band, today)
        due = Q(due_on__lte=last) if first is None else Q(due_on__range=(first, last))
        sums[_name(band)] = Count("pk", filter=due)
    return _keyed(alerts.order_by(), by, routes, sums)


def _by_customer(
    slips: QuerySet[Any], alerts: QuerySet[Any], by: str, routes: QuerySet[Any], sums: dict[str, Any]
) -> Iterable[dict[str, Any]]:
    of_alerts = slips.filter(customer_id__in=alerts.order_by().values("customer_id")).order_by()
    return _keyed(of_alerts, by, routes, sums)


def _keyed(
    rows: QuerySet[Any], by: str, routes: QuerySet[Any], sums: dict[str, Any]
) -> Iterable[dict[str, Any]]:
    """Sums by the group of the rows' customers, in one statement."""
    if by != "route":
        keyed = rows.annotate(key=_text(f"customer__{_PATHS[by]}"))
        summed: Iterable[dict[str, Any]] = keyed.values("key").annotate(**sums)
        return summed
    stops = RouteStop.objects.filter(route__in=routes)
    some = rows.filter(customer__route_stops__route__in=routes).annotate(
        key=Cast("customer__route_stops__route_id", CharField())
    )
    none = rows.exclude(customer_id__in=stops.values("customer_id")).annotate(
        key=Value(NONE, output_field=CharField())
    )
    both: Iterable[dict[str, Any]] = (
        some.values("key").annotate(**sums).union(none.values("key").annotate(**sums), all=True)
    )
    return both


def _text(path: str) -> Any:
    return Coalesce(Cast(path, CharField()), Value(NONE))
