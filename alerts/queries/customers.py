"""Open customer alerts with the facts that screens show about them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    DecimalField,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from accounts.models import User
from alerts.enums import Band, RepAlertKind, RunState
from alerts.models import Alert, AlertRun, RepAlert
from alerts.rules import KINDS, band_range
from sales.models import SalesOrder
from sales.queries import receivable_expression


def open_alerts(user: User) -> QuerySet[Any]:
    """Open alerts of the customers `user` may see."""
    alerts: QuerySet[Any] = Alert.objects.visible_to(user).filter(closed_on__isnull=True)
    return alerts


def with_facts(alerts: QuerySet[Any], today: dt.date) -> QuerySet[Any]:
    """Add what a row shows: `as_of` (today), `receivable` and `last_order_total` (CNY), and the relations in words."""
    orders = SalesOrder.objects.counted().filter(customer_id=OuterRef("customer_id"))
    last = orders.order_by("-ordered_on", "-pk").values("total")[:1]
    rows: QuerySet[Any] = alerts.select_related("customer__owner", "version").annotate(
        as_of=Value(today, output_field=DateField()),
        receivable=receivable_expression("customer_id"),
        last_order_total=Subquery(last, output_field=DecimalField(max_digits=14, decimal_places=2)),
    )
    return rows


def open_by_kind() -> dict[str, int]:
    """Open customer alerts of the whole company by kind, kinds without any included."""
    rows = Alert.objects.filter(closed_on__isnull=True).values_list("kind").annotate(n=Count("pk")).order_by()
    counts: dict[str, int] = dict(rows)
    return {kind: counts.get(kind, 0) for kind in KINDS}


def open_rep_alerts_by_kind() -> dict[str, int]:
    """Open rep alerts by kind: {"rep_none": n, "rep_below_average": n}."""
    rows = (
        RepAlert.objects.filter(closed_on__isnull=True).values_list("kind").annotate(n=Count("pk")).order_by()
    )
    counts: dict[str, int] = dict(rows)
    return {f"rep_{kind}": counts.get(kind, 0) for kind in RepAlertKind.values}


def facet_counts(alerts: QuerySet[Any], today: dt.date) -> list[dict[str, Any]]:
    """Numbers of alerts by kind, level, owner and band: from these every facet is counted in one statement."""
    bands = []
    for band in Band:
        first, last = band_range(band, today)
        due = Q(due_on__lte=last) if first is None else Q(due_on__range=(first, last))
        bands.append(When(due, then=Value(band.value)))
    rows = (
        alerts.order_by()
        .annotate(
            band=Case(*bands, default=Value(""), output_field=CharField()),
            level=F("customer__level"),
            rep=F("customer__owner_id"),
            name=F("customer__owner__name"),
        )
        .values("kind", "band", "level", "rep", "name")
        .annotate(n=Count("pk"))
    )
    return list(rows)


def last_run() -> AlertRun | None:
    """The newest run, whatever became of it."""
    return AlertRun.objects.order_by("-pk").first()


def last_done_run() -> AlertRun | None:
    """The newest run that finished."""
    return AlertRun.objects.filter(state=RunState.DONE).order_by("-pk").first()
