from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import SystemOptions
from alerts.queries.shares import as_rows, no_number
from alerts.queries.words import short_day
from alerts.rules import Default, Kind, Scope, Timing, Watch, register
from crm.enums import PoolClock
from crm.models import Customer, PoolRule
from crm.queries.pool import Clocks
from sales.models import Bill


@register
class PoolNear(Kind):
    """A clock of the public pool is about to take the customer: R is its recycle date (§5)."""

    code = "pool_near"
    label = _("Public pool near")
    order = 60
    colour = "yellow"
    icon = "recycle"
    timing = Timing.BEFORE
    period = _("Days before")
    defaults = (Default(7),)
    about = _("Unless something happens, the customer goes back to the public pool.")
    watches = (
        Watch(Customer, "id", ("last_follow_up_on", "pool_locked"), events=("insert", "update")),
        Watch(PoolRule, ""),
        Watch(SystemOptions, "", ("exempt_levels",), events=("update",)),
        Watch(Bill, columns=("customer_id", "amount", "settled", "status")),
    )

    def rows(self, scope: Scope) -> QuerySet[Any]:
        clocks = Clocks()
        held = scope.narrow(Customer.objects.order_by(), "pk")
        near = clocks.with_clock(clocks.judged(held)).filter(recycle_on__lte=scope.until)
        return as_rows(
            near.annotate(
                customer_id=F("pk"),
                base_on=F("recycle_on"),
                value=no_number(),
                facts=JSONObject(clock=F("pool_clock")),
            )
        )

    def finding(self, base_on: dt.date, facts: Mapping[str, Any]) -> str:
        clock = PoolClock(facts["clock"]).label if facts["clock"] in PoolClock.values else ""
        return gettext("back to the public pool after %(day)s: %(clock)s") % {
            "day": short_day(base_on),
            "clock": clock,
        }
