from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alerts.queries.shares import as_rows, no_number
from alerts.queries.words import short_day
from alerts.rules import Default, Kind, Scope, Timing, Watch, register
from sales.models import Agreement

# An agreement that ended longer ago is history, not a task.
PAST = dt.timedelta(days=30)


@register
class AgreementEnd(Kind):
    """An agreement in force comes to its end and is not renewed: R is its last day."""

    code = "agreement_end"
    label = _("Agreement expiring")
    order = 90
    colour = "teal"
    icon = "file-text"
    timing = Timing.BEFORE
    period = _("Days before")
    defaults = (Default(30),)
    about = _("An agreement ends and no later one renews it.")
    watches = (Watch(Agreement, columns=("customer_id", "status", "ends_on", "renews_id")),)

    def rows(self, scope: Scope) -> QuerySet[Any]:
        running = Agreement.objects.filter(
            status="active",
            renewed_by__isnull=True,
            ends_on__gte=scope.today - PAST,
            ends_on__lte=scope.until,
        )
        earlier = running.filter(customer_id=OuterRef("customer_id")).filter(
            Q(ends_on__lt=OuterRef("ends_on")) | Q(ends_on=OuterRef("ends_on"), pk__lt=OuterRef("pk"))
        )
        first: QuerySet[Any] = scope.narrow(running.filter(~Exists(earlier))).order_by()
        return as_rows(
            first.annotate(
                base_on=F("ends_on"),
                value=no_number(),
                facts=JSONObject(number=F("number"), title=F("title")),
            )
        )

    def finding(self, base_on: dt.date, facts: Mapping[str, Any]) -> str:
        return gettext("agreement %(number)s %(title)s ends on %(day)s") % {
            "number": facts["number"],
            "title": facts["title"],
            "day": short_day(base_on),
        }
