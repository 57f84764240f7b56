from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, Min, QuerySet, Sum
from django.db.models.functions import JSONObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from alerts.queries.shares import as_rows
from alerts.queries.words import money_words, short_day
from alerts.rules import Default, Kind, Scope, Threshold, Watch, register
from sales.models import Bill

_LEFT = Sum(F("amount") - F("settled"), output_field=DecimalField(max_digits=16, decimal_places=2))


@register
class Overdue(Kind):
    """Money that should have come: R is the oldest due date of an open bill, the period days of grace (§6)."""

    code = "overdue"
    label = _("Receivable overdue")
    order = 40
    colour = "red"
    icon = "cash"
    period = _("Days of grace")
    threshold = Threshold(_("From an overdue amount of"), "¥")
    defaults = (Default(0, threshold=Decimal(0)),)
    about = _("A bill is past its due date and not paid in full.")
    watches = (Watch(Bill, columns=("customer_id", "amount", "settled", "due_on", "status")),)

    def rows(self, scope: Scope) -> QuerySet[Any]:
        late = scope.narrow(Bill.objects.open().filter(due_on__lt=scope.today))
        found = late.order_by().values("customer_id").annotate(base_on=Min("due_on"), value=_LEFT)
        bills = JSONObject(amount=_LEFT, bills=Count("pk"))
        return as_rows(found.annotate(facts=bills))

    def finding(self, base_on: dt.date, facts: Mapping[str, Any]) -> str:
        text = ngettext(
            "%(amount)s of %(n)s bill is overdue, the oldest since %(day)s",
            "%(amount)s of %(n)s bills is overdue, the oldest since %(day)s",
            facts["bills"],
        )
        return text % {
            "amount": money_words(facts["amount"]),
            "n": facts["bills"],
            "day": short_day(base_on),
        }
