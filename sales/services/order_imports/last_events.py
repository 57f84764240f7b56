"""The customers' last order and sale after a history came in or was taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import Max, QuerySet

from crm import services as crm
from sales.models import Delivery, OrderImport, SalesOrder


def catch_up(job: OrderImport) -> None:
    """Move the last dates of the job's customers forward to what it brought; never back."""
    rows = SalesOrder.objects.filter(order_import=job).order_by().values_list("customer_id")
    for customer_id, day in rows.annotate(last=Max("ordered_on")).iterator(chunk_size=2000):
        crm.record_event(customer_id=customer_id, kind="order", day=day)
        crm.record_event(customer_id=customer_id, kind="sale", day=day)


def recompute(customer_ids: Sequence[int]) -> None:
    """Set the last dates of these customers to what their orders and deliveries say now."""
    orders = _latest(SalesOrder.objects.counted(), "ordered_on", customer_ids)
    sales = _latest(Delivery.objects.posted(), "issued_on", customer_ids)
    for customer_id in customer_ids:
        crm.set_last_event(customer_id=customer_id, kind="order", day=orders.get(customer_id))
        crm.set_last_event(customer_id=customer_id, kind="sale", day=sales.get(customer_id))


def _latest(rows: QuerySet[Any], column: str, customer_ids: Sequence[int]) -> dict[int, dt.date]:
    found = rows.filter(customer_id__in=customer_ids).order_by().values_list("customer_id")
    return dict(found.annotate(last=Max(column)))
