from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from alerts.queries.shares import as_rows
from alerts.queries.words import short_day
from alerts.rules import Default, Kind, Scope, Threshold, Timing, Watch, register
from sales.models import Delivery, DeliveryLine
from visits.models import ShelfCount, ShelfCountLine
from visits.queries import low_lines


@register
class LowStock(Kind):
    """By the last stock count something is low at the customer and was not delivered since: R is the count's day."""

    code = "low_stock"
    label = _("Low stock at the customer")
    order = 100
    colour = "lime"
    icon = "package"
    timing = Timing.WITHIN
    period = _("Days that a count is believed")
    least_period = 1
    threshold = Threshold(_("From so many products"), _("products"), least=Decimal(1))
    defaults = (Default(14, threshold=Decimal(1)),)
    about = _("The last stock count found less than is needed until the next visit.")
    watches = (
        Watch(ShelfCount),
        Watch(ShelfCountLine, via=("report_id", ShelfCount, "customer_id")),
        Watch(Delivery, columns=("customer_id", "status")),
        Watch(DeliveryLine, via=("delivery_id", Delivery, "customer_id"), events=("insert",)),
    )

    def rows(self, scope: Scope) -> QuerySet[Any]:
        lines = low_lines().filter(report__day__gte=scope.since, report__day__lte=scope.today)
        found = scope.narrow(lines, "report__customer_id").values(customer_id=F("report__customer_id"))
        return as_rows(
            found.annotate(base_on=Max("report__day"), value=Count("pk")).annotate(
                facts=JSONObject(products=Count("pk"))
            )
        )

    def finding(self, base_on: dt.date, facts: Mapping[str, Any]) -> str:
        text = ngettext(
            "%(n)s product low at the count of %(day)s",
            "%(n)s products low at the count of %(day)s",
            facts["products"],
        )
        return text % {"n": facts["products"], "day": short_day(base_on)}
