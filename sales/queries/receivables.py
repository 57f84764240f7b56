"""What customers owe (domain-rules §6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    DecimalField,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Round
from django.db.models.lookups import GreaterThan

from accounts.models import User
from common.money import round_money
from crm.models import Customer
from sales.models import Delivery, Receipt

_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)


def receivable_expression(outer: str = "pk") -> Combinable:
    """What the customer OuterRef(`outer`) owes, in CNY: Σ billed deliveries − Σ posted receipts (domain-rules §6).

    For `.annotate()`; negative is a prepayment. Rounded, because SQLite subtracts floats.
    """
    owed = Coalesce(_sum_of(Delivery.objects.billed(), outer), Decimal(0), output_field=_MONEY) - Coalesce(
        _sum_of(Receipt.objects.posted(), outer), Decimal(0), output_field=_MONEY
    )
    return Round(owed, precision=2, output_field=_MONEY)


def overdue_expression(today: dt.date, outer: str = "pk") -> Combinable:
    """The part of the receivable that is past its due date, in CNY, never negative (domain-rules §6).

    Receipts pay the oldest due first, so what is open beyond the deliveries not yet due is overdue.
    """
    not_due = Coalesce(
        _sum_of(Delivery.objects.billed().filter(due_on__gte=today), outer), Decimal(0), output_field=_MONEY
    )
    open_amount = receivable_expression(outer) - not_due
    late = Case(
        When(GreaterThan(open_amount, Decimal(0)), then=open_amount), default=Decimal(0), output_field=_MONEY
    )
    return Round(late, precision=2, output_field=_MONEY)


def debtors(user: User, today: dt.date) -> QuerySet[Customer]:
    """Customers that owe something, with `receivable`, `overdue` (CNY) and `last_paid_on`."""
    paid = Receipt.objects.posted().filter(customer_id=OuterRef("pk")).order_by("-received_on")
    return (
        Customer.objects.visible_to(user)
        .select_related("owner")
        .defer("search_text", "search_grams")
        .annotate(receivable=receivable_expression())
        .filter(receivable__gt=0)
        .annotate(overdue=overdue_expression(today), last_paid_on=Subquery(paid.values("received_on")[:1]))
    )


def _sum_of(slips: QuerySet[Any], outer: str) -> Subquery:
    rows = (
        slips.filter(customer_id=OuterRef(outer)).order_by().values("customer_id").annotate(sum=Sum("amount"))
    )
    return Subquery(rows.values("sum"), output_field=_MONEY)


def receivables(customer_ids: Iterable[int]) -> dict[int, Decimal]:
    """Receivable by customer id in two statements; every id asked for has an entry."""
    ids = set(customer_ids)
    owed = dict.fromkeys(ids, Decimal("0.00"))
    for slips, sign in ((Delivery.objects.billed(), 1), (Receipt.objects.posted(), -1)):
        rows = (
            slips.filter(customer_id__in=ids)
            .order_by()
            .values_list("customer_id")
            .annotate(sum=Sum("amount"))
        )
        for customer_id, amount in rows:
            owed[customer_id] += sign * round_money(amount)
    return owed
