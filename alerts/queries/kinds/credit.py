from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Case, DateField, DecimalField, F, Q, QuerySet, Value, When
from django.db.models.functions import JSONObject
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alerts.queries.shares import percent
from alerts.queries.words import money_words
from alerts.rules import Default, Kind, Scope, Threshold, Timing, Watch, register
from crm.models import Customer
from sales.models import Bill, CustomerTerms, Delivery, SalesOrder, SalesReturn
from sales.queries import receivable_expression
from sales.queries.credit import undelivered_expression

_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)


@register
class CreditExhausted(Kind):
    """The customer has used his credit limit: receivable and approved undelivered orders against it (§6)."""

    code = "credit"
    label = _("Credit exhausted")
    order = 50
    colour = "pink"
    icon = "coins"
    timing = Timing.STATE
    threshold = Threshold(_("From a used share of the limit of"), "%", most=Decimal(1000))
    defaults = (Default(threshold=Decimal(100)),)
    about = _("Receivable and approved orders not delivered yet reach this share of the credit limit.")
    watches = (
        Watch(Customer, "id", ("credit_limit",), events=("insert", "update")),
        Watch(Bill),
        Watch(SalesReturn),
        Watch(SalesOrder, columns=("customer_id", "status", "total")),
        Watch(Delivery, columns=("customer_id", "status", "amount")),
        Watch(CustomerTerms),
    )

    def rows(self, scope: Scope) -> QuerySet[Any]:
        # Only who has anything open is asked for the sums.
        owing = Bill.objects.open().order_by().values("customer_id")
        coming = SalesOrder.objects.filter(status__in=("approved", "partly_delivered")).order_by()
        open_now = Q(pk__in=owing) | Q(pk__in=coming.values("customer_id"))
        temporary = Q(terms__temporary_from__lte=scope.today, terms__temporary_until__gte=scope.today)
        limit = Case(
            When(temporary, then=F("terms__temporary_limit")),
            default=F("credit_limit"),
            output_field=_MONEY,
        )
        rows: QuerySet[Any] = (
            scope.narrow(Customer.objects.filter(open_now), "pk")
            .order_by()
            .annotate(limit=limit)
            .filter(limit__gt=0)
            .annotate(
                customer_id=F("pk"),
                exposure=receivable_expression() + undelivered_expression(),
                base_on=Value(scope.today, output_field=DateField()),
            )
            .annotate(
                value=percent(F("exposure"), F("limit")),
                facts=JSONObject(used=F("exposure"), limit=F("limit")),
            )
        )
        return rows.values("customer_id", "base_on", "value", "facts")

    def finding(self, base_on: dt.date, facts: Mapping[str, Any]) -> str:
        share = round(100 * Decimal(str(facts["used"])) / Decimal(str(facts["limit"])))
        return gettext("%(used)s used of a credit limit of %(limit)s (%(share)s %%)") % {
            "used": money_words(facts["used"]),
            "limit": money_words(facts["limit"]),
            "share": share,
        }
