from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, FloatField, Max, QuerySet
from django.db.models.functions import Cast, JSONObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from alerts.queries.shares import percent
from alerts.queries.words import short_day
from alerts.rules import Default, Kind, Scope, Threshold, Timing, Watch, register
from sales.models import OrderLine, SalesOrder


def _float(column: str) -> Cast:
    return Cast(F(column), FloatField())


@register
class BelowFloor(Kind):
    """An order was taken below a product's lowest price: R is the day of the last such order."""

    code = "below_floor"
    label = _("Price below floor")
    order = 110
    colour = "orange"
    icon = "discount"
    timing = Timing.WITHIN
    period = _("Days that it is shown")
    least_period = 1
    threshold = Threshold(_("From so far below the lowest price"), "%", most=Decimal(100))
    defaults = (Default(7, threshold=Decimal(0)),)
    about = _("A submitted order sells something below its lowest price, both discounts counted.")
    watches = (
        Watch(SalesOrder, columns=("customer_id", "status", "discount", "ordered_on")),
        Watch(OrderLine, via=("order_id", SalesOrder, "customer_id")),
    )

    def rows(self, scope: Scope) -> QuerySet[Any]:
        net = _float("price") * (1.0 - _float("discount")) * (1.0 - _float("order__discount"))
        orders = SalesOrder.objects.counted().filter(
            ordered_on__gte=scope.since, ordered_on__lte=scope.today, order_import__isnull=True
        )
        lines = (
            OrderLine.objects.filter(
                order__in=scope.narrow(orders), is_gift=False, product__floor_price__gt=0
            )
            .annotate(below=percent(_float("product__floor_price") - net, F("product__floor_price")))
            .filter(below__gt=0)
        )
        return (
            lines.order_by()
            .values(customer_id=F("order__customer_id"))
            .annotate(base_on=Max("order__ordered_on"), value=Max("below"))
            .annotate(
                facts=JSONObject(lines=Count("pk"), worst=Max("below"), order=Max("order__number")),
            )
            .values("customer_id", "base_on", "value", "facts")
        )

    def finding(self, base_on: dt.date, facts: Mapping[str, Any]) -> str:
        text = ngettext(
            "%(n)s order line up to %(share)s %% below the lowest price, last on %(day)s",
            "%(n)s order lines up to %(share)s %% below the lowest price, last on %(day)s",
            facts["lines"],
        )
        share = round(facts["worst"], 1)
        return text % {"n": facts["lines"], "share": f"{share:g}", "day": short_day(base_on)}
