"""What a selection on the map consists of."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from crm.models import Customer
from territory.queries.map_cells import sums_of


@dataclass(frozen=True)
class SelectionFacts:
    customers: int
    levels: tuple[int, int, int]  # A, B, C
    owners: int
    without_owner: int
    silent: int  # not visited for over 30 days, or never


def selection_facts(customers: QuerySet[Customer], today: dt.date) -> SelectionFacts:
    """In one statement, whatever the number."""
    month = today - dt.timedelta(days=30)
    sums = {name: sums_of(today, "level")[name] for name in ("level_a", "level_b", "level_c")}
    found = customers.order_by().aggregate(
        n=Count("pk"),
        owners=Count("owner_id", distinct=True),
        nobodys=Count("pk", filter=Q(owner__isnull=True)),
        silent=Count("pk", filter=Q(last_visit_on__isnull=True) | Q(last_visit_on__lt=month)),
        **sums,
    )
    levels = found["level_a"], found["level_b"], found["level_c"]
    return SelectionFacts(found["n"], levels, found["owners"], found["nobodys"], found["silent"])
