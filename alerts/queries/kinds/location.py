from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import DateField, F, QuerySet, Value
from django.db.models.functions import JSONObject
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alerts.queries.shares import as_rows, no_number
from alerts.rules import Default, Kind, Scope, Timing, Watch, register
from crm.enums import LocationStatus
from crm.models import Customer


@register
class LocationToConfirm(Kind):
    """The place of the store is only what its first check-in suggested (§2)."""

    code = "location"
    label = _("Location to confirm")
    order = 130
    colour = "blue"
    icon = "map-pin"
    timing = Timing.STATE
    defaults = (Default(is_enabled=False),)
    about = _("The first check-in suggested where the store is; nobody has confirmed it.")
    watches = (Watch(Customer, "id", ("location_status",), events=("insert", "update")),)

    def rows(self, scope: Scope) -> QuerySet[Any]:
        waiting = Customer.objects.filter(location_status=LocationStatus.TO_CONFIRM, latitude__isnull=False)
        rows: QuerySet[Any] = scope.narrow(waiting, "pk").order_by()
        return as_rows(
            rows.annotate(
                customer_id=F("pk"),
                base_on=Value(scope.today, output_field=DateField()),
                value=no_number(),
                facts=JSONObject(),
            )
        )

    def finding(self, base_on: dt.date, facts: Mapping[str, Any]) -> str:
        return gettext("the location comes from a check-in and is not confirmed")
