"""What customers of the map bought (F1): deliveries less returns, for those that are shown."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from common.geo.cells import parent_cell
from common.geo.rings import in_box
from common.money import round_money
from crm.models import Customer
from sales.models import Delivery, SalesReturn
from territory.queries.map_cells import Box


def _slips(since: dt.date) -> tuple[tuple[QuerySet[Any], int], ...]:
    sold = Delivery.objects.posted().filter(issued_on__gte=since)
    returned = SalesReturn.objects.posted().filter(returned_on__gte=since)
    return (sold.order_by(), 1), (returned.order_by(), -1)


def amounts_by_cell(
    customers: QuerySet[Customer], resolution: int, box: Box | None, since: dt.date
) -> dict[int, Decimal]:
    """CNY since a day by cell, of these customers in the box."""
    shown = customers.filter(cell__isnull=False).order_by()
    if box is not None:
        shown = shown.filter(in_box(*box))
    totals: dict[int, Decimal] = defaultdict(Decimal)
    for slips, sign in _slips(since):
        rows = slips.filter(customer__in=shown.values("pk"))
        groups = rows.values(around=parent_cell("customer__cell", resolution)).annotate(sum=Sum("amount"))
        for around, amount in groups.values_list("around", "sum"):
            totals[around] += sign * round_money(Decimal(amount))
    return totals


def amounts_of(customer_ids: Collection[int], since: dt.date) -> dict[int, Decimal]:
    """CNY since a day of each of these customers that bought or returned anything."""
    totals: dict[int, Decimal] = defaultdict(Decimal)
    for slips, sign in _slips(since):
        groups = slips.filter(customer__in=customer_ids).values("customer_id").annotate(sum=Sum("amount"))
        for customer, amount in groups.values_list("customer_id", "sum"):
            totals[customer] += sign * round_money(Decimal(amount))
    return totals
