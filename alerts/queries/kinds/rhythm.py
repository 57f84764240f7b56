import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import F, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject
from django.utils.translation import gettext_lazy

from alerts.models import CustomerRhythm, RhythmState
from alerts.queries.rhythm import sentence
from alerts.rules import Default, Kind, Scope, Watch, register
from alerts.rules.rfm import YEAR_DAYS
from common.business_calendar import today


@register
class Rhythm(Kind):
    """Silent for longer than his own gaps say (alerts.rules.rhythm). R is the last day in order; the rule's period is
    patience beyond it. Who has been silent for a year has no rhythm to break."""

    code = "rhythm"
    label = gettext_lazy("Off its rhythm")
    order = 25
    colour = "pink"
    icon = "activity"
    period = gettext_lazy("Days of patience beyond its own limit")
    defaults = (Default(0),)
    about = gettext_lazy("Silent for longer than nearly all gaps between the customer's own orders.")
    watches = (Watch(CustomerRhythm, "customer_id", ("limit_on",)),)

    def rows(self, scope: Scope) -> Any:
        quantile = RhythmState.objects.filter(pk=1).values("quantile")
        known = CustomerRhythm.objects.filter(
            limit_on__isnull=False, last_on__gt=scope.today - dt.timedelta(days=YEAR_DAYS)
        )
        facts = JSONObject(
            gaps="gaps",
            low="low",
            high="high",
            last_on="last_on",
            expected_on="expected_on",
            limit_on="limit_on",
            quantile=Coalesce(Subquery(quantile), Value(90)),
        )
        rows = scope.narrow(known).annotate(base_on=F("limit_on"), facts=facts, value=F("usual"))
        return rows.order_by().values("customer_id", "base_on", "value", "facts")

    def finding(self, base_on: dt.date, facts: Mapping[str, Any]) -> str:
        return sentence(facts, today())
