from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    DecimalField,
    F,
    FloatField,
    Max,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, JSONObject
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alerts.queries.shares import as_rows, percent
from alerts.queries.words import money_words, short_day
from alerts.rules import Default, Kind, Scope, Threshold, Timing, Watch, register
from sales.models import Delivery, SalesReturn

RETURNED = dt.timedelta(days=30)
SOLD = dt.timedelta(days=90)


@register
class UnusualReturn(Kind):
    """Much of what was sold came back: returns of the last 30 days against goods issued in the last 90. R is the day
    of the last return."""

    code = "unusual_return"
    label = _("Unusual return")
    order = 120
    colour = "red"
    icon = "truck-return"
    timing = Timing.WITHIN
    period = _("Days that it is shown")
    least_period = 1
    threshold = Threshold(_("From a returned share of"), "%", most=Decimal(1000))
    defaults = (Default(14, threshold=Decimal(20)),)
    about = _("Returns of 30 days reach this share of the goods issued in 90 days.")
    watches = (
        Watch(SalesReturn, columns=("customer_id", "status", "amount", "returned_on")),
        Watch(Delivery, columns=("customer_id", "status", "amount", "issued_on")),
    )

    def rows(self, scope: Scope) -> QuerySet[Any]:
        returns = scope.narrow(
            SalesReturn.objects.posted().filter(
                returned_on__gt=scope.today - RETURNED, returned_on__lte=scope.today, amount__gt=0
            )
        )
        issued = (
            Delivery.objects.posted()
            .filter(customer_id=OuterRef("customer_id"), issued_on__gt=scope.today - SOLD)
            .order_by()
            .values("customer_id")
        )
        sold = Subquery(issued.annotate(sum=Cast(Sum("amount"), FloatField())).values("sum"))
        back = Cast(Sum("amount"), FloatField())
        rows = (
            returns.order_by()
            .values("customer_id")
            .annotate(base_on=Max("returned_on"), back=back, sold=Coalesce(sold, 0.0))
            .annotate(
                value=Case(
                    When(sold__gt=0, then=percent(F("back"), F("sold"))),
                    # Nothing was sold: whatever comes back is out of proportion.
                    default=Value(Decimal(1000)),
                    output_field=DecimalField(max_digits=20, decimal_places=4),
                ),
                facts=JSONObject(back=F("back"), sold=F("sold")),
            )
        )
        return as_rows(rows)

    def finding(self, base_on: dt.date, facts: Mapping[str, Any]) -> str:
        return gettext("%(back)s came back in 30 days, %(sold)s went out in 90, last on %(day)s") % {
            "back": money_words(facts["back"]),
            "sold": money_words(facts["sold"]),
            "day": short_day(base_on),
        }
