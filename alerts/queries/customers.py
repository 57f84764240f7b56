"""Open alerts and runs, as screens and the job count them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet

from accounts.models import User
from alerts.enums import RepAlertKind, RunState
from alerts.models import Alert, AlertRun, RepAlert
from alerts.rules import KINDS


def open_alerts(user: User) -> QuerySet[Any]:
    """Open alerts of the customers `user` may see."""
    alerts: QuerySet[Any] = Alert.objects.visible_to(user).filter(closed_on__isnull=True)
    return alerts


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


def last_run() -> AlertRun | None:
    """The newest run, whatever became of it."""
    return AlertRun.objects.order_by("-pk").first()


def last_done_run() -> AlertRun | None:
    """The newest run that finished."""
    return AlertRun.objects.filter(state=RunState.DONE).order_by("-pk").first()
