"""A customer's credit: limit, receivable and what is approved and not delivered (domain-rules §6)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, Exists, OuterRef, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Round

from common.money import round_money
from crm.models import Customer
from sales.enums import BillKind, OrderStatus, PostingStatus
from sales.models import Bill, CustomerTerms, Delivery, SalesOrder
from sales.queries.receivables import receivables
from sales.rules.credit import Credit, limit_on

_ON_ITS_WAY = (OrderStatus.APPROVED, OrderStatus.PARTLY_DELIVERED)


def credit_of(customer: Customer, day: dt.date) -> Credit:
    """Limit and exposure on a business day, in six statements. Call it under the customer's lock when it decides."""
    terms = CustomerTerms.objects.filter(customer=customer).first() or CustomerTerms()
    limit, is_temporary = limit_on(
        day,
        formal=customer.credit_limit,
        temporary=terms.temporary_limit,
        since=terms.temporary_from,
        until=terms.temporary_until,
    )
    return Credit(
        limit=limit,
        receivable=receivables([customer.pk])[customer.pk],
        undelivered=undelivered(customer.pk),
        is_blocked=terms.is_blocked,
        is_temporary=is_temporary,
    )


def undelivered(customer_id: int) -> Decimal:
    """CNY of approved orders that is neither delivered nor billed yet.

    The order's total less what its deliveries billed; an order that was billed at its approval is in the receivable.
    """
    orders = SalesOrder.objects.filter(customer_id=customer_id, status__in=_ON_ITS_WAY)
    billed = Bill.objects.filter(kind=BillKind.ORDER, status=PostingStatus.POSTED).values("order_id")
    totals = dict(orders.exclude(pk__in=billed).order_by().values_list("pk", "total"))
    sent = Delivery.objects.posted().filter(order_id__in=list(totals)).values_list("amount", flat=True)
    return round_money(sum(totals.values(), Decimal(0)) - sum(sent, Decimal(0)))


_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)


def undelivered_expression(outer: str = "pk") -> Combinable:
    """`undelivered` of the customer OuterRef(`outer`), in CNY; for .annotate()."""
    billed = Bill.objects.filter(kind=BillKind.ORDER, status=PostingStatus.POSTED, order_id=OuterRef("pk"))
    orders = SalesOrder.objects.filter(~Exists(billed), status__in=_ON_ITS_WAY)
    sent = Delivery.objects.posted().filter(order__in=orders.values("pk"))
    rest = _sum_of(orders, outer, "total") - _sum_of(sent, outer, "amount")
    return Round(rest, precision=2, output_field=_MONEY)


def _sum_of(rows: QuerySet[Any], outer: str, column: str) -> Coalesce:
    mine = rows.filter(customer_id=OuterRef(outer)).order_by().values("customer_id")
    total = mine.annotate(sum=Sum(column, output_field=_MONEY)).values("sum")
    return Coalesce(Subquery(total, output_field=_MONEY), Decimal(0), output_field=_MONEY)
