"""Visit tasks whose day passed, for the kinds of alerts that speak of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.functions import JSONObject

from alerts.queries.shares import as_rows
from alerts.rules import Scope
from visits.models import VisitTask

# What is older is nobody's to make up for any more.
LOOK_BACK = dt.timedelta(days=60)


def missed_tasks(scope: Scope, sources: Collection[str]) -> QuerySet[Any]:
    """Rows for `Kind.rows`: open tasks of these sources before today and after the customer's last valid visit;
    base_on is the first of them, value and facts["tasks"] their number."""
    tasks = VisitTask.objects.missed(scope.today).filter(
        Q(customer__last_visit_on__isnull=True) | Q(date__gt=F("customer__last_visit_on")),
        date__gte=scope.today - LOOK_BACK,
        source__in=list(sources),
    )
    found = scope.narrow(tasks).order_by().values("customer_id")
    counted = found.annotate(base_on=Min("date"), value=Count("pk"))
    return as_rows(counted.annotate(facts=JSONObject(tasks=Count("pk"))))
