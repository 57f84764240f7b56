"""What happens to alerts the moment something happens at a customer, and the nightly check of the columns they read."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, QuerySet

from alerts.models import Alert
from alerts.rules import by_event, due_date, scanned
from crm.models import Customer, FollowUp
from sales.models import Delivery, SalesOrder
from visits.models import Visit

logger = logging.getLogger(__name__)


def close_for_event(*, customer_id: int, event: str, day: dt.date, today: dt.date) -> int:
    """Close the customer's open alerts of the kinds that `event` (visit, order, sale) of business day `day` puts in
    order: today ≤ day + P (§3).

    An older event, entered late, that leaves him overdue closes nothing; the next run counts from it. In the caller's
    transaction, two statements; returns how many were closed.
    """
    codes = [kind.code for kind in by_event(event)]
    rows = Alert.objects.filter(customer_id=customer_id, kind__in=codes, closed_on__isnull=True)
    over = [
        alert.pk
        for alert in rows.select_related("version")
        if today <= due_date(day, alert.period_days, working_days=alert.counts_working_days)
    ]
    return Alert.objects.filter(pk__in=over, closed_on__isnull=True).update(closed_on=today) if over else 0


def check_last_events() -> dict[str, int]:
    """Compare the last-event columns with the records they are taken from and mend what differs; {column: mended}.

    Valid visits, submitted orders that are not cancelled, posted deliveries (§3), and follow-ups, which no alert reads
    but the pool does (§5). One statement for each column.
    """
    mended = {}
    events = {kind.column: kind.event for kind in scanned()} | {"last_follow_up_on": "follow_up"}
    for column, event in events.items():
        with transaction.atomic():
            mended[column] = _mend(column, _TRUTH[event]())
        if mended[column]:
            logger.warning("%s was wrong for %s customers and is mended", column, mended[column])
    logger.info("last-event columns checked: %s", mended)
    return mended


def _latest(rows: QuerySet[Any], day: str) -> QuerySet[Any]:
    latest: QuerySet[Any] = rows.order_by().values("customer_id").annotate(last_on=Max(day))
    return latest.values("customer_id", "last_on")


_TRUTH = {
    "visit": lambda: _latest(Visit.objects.valid(), "day"),
    "order": lambda: _latest(SalesOrder.objects.counted(), "ordered_on"),
    "sale": lambda: _latest(Delivery.objects.posted(), "issued_on"),
    "follow_up": lambda: _latest(FollowUp.objects.filter(customer__isnull=False), "day"),
}


def _mend(column: str, truth: QuerySet[Any]) -> int:
    customer = Customer._meta.db_table
    found, params = truth.query.sql_with_params()
    # `IS NOT` compares nulls on SQLite of every age; PostgreSQL calls it IS DISTINCT FROM.
    differs = "IS NOT" if connection.vendor == "sqlite" else "IS DISTINCT FROM"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {customer} SET {column} = t.last_on"  # noqa: S608 - our own table and column names
            f" FROM (SELECT c.id, f.last_on FROM {customer} c LEFT JOIN ({found}) f ON f.customer_id = c.id) t"
            f" WHERE t.id = {customer}.id AND {customer}.{column} {differs} t.last_on",
            params,
        )
        return max(int(cursor.rowcount), 0)
