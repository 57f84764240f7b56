"""What customers owe (domain-rules §6): open parts of bills, less credits of returns that nobody has used yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Round

from accounts.models import User
from common.money import round_money
from crm.models import Customer
from sales.models import Bill, Receipt, SalesReturn
from sales.rules.aging import BUCKETS, Bucket

_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)


def receivable_expression(outer: str = "pk") -> Combinable:
    """What the customer OuterRef(`outer`) owes, in CNY: Σ billed − Σ receipts allocated − Σ credit from returns.

    For `.annotate()`. Negative when we owe a credit; prepayments stand apart (`prepayment_expression`). Rounded,
    because SQLite subtracts floats.
    """
    owed = _sum_of(Bill.objects.open(), outer, F("amount") - F("settled")) - _sum_of(
        SalesReturn.objects.posted(), outer, F("amount") - F("used")
    )
    return Round(owed, precision=2, output_field=_MONEY)


def overdue_expression(today: dt.date, outer: str = "pk") -> Combinable:
    """The open part of bills whose due date is before `today`, in CNY (domain-rules §6)."""
    late = _sum_of(Bill.objects.open().filter(due_on__lt=today), outer, F("amount") - F("settled"))
    return Round(late, precision=2, output_field=_MONEY)


def prepayment_expression(outer: str = "pk") -> Combinable:
    """What the customer OuterRef(`outer`) paid ahead: receipts neither set against bills nor paid back, in CNY."""
    ahead = _sum_of(Receipt.objects.posted(), outer, F("amount") - F("used"))
    return Round(ahead, precision=2, output_field=_MONEY)


def debtors(user: User, today: dt.date) -> QuerySet[Customer]:
    """Customers that owe something, with `receivable`, `overdue`, `prepaid`, the buckets of the aging by their keys
    (all CNY) and `last_paid_on`."""
    paid = Receipt.objects.posted().filter(customer_id=OuterRef("pk")).order_by("-received_on")
    return (
        Customer.objects.visible_to(user)
        .select_related("owner")
        .defer("search_text", "search_grams")
        .annotate(receivable=receivable_expression())
        .filter(receivable__gt=0)
        .annotate(
            overdue=overdue_expression(today),
            prepaid=prepayment_expression(),
            last_paid_on=Subquery(paid.values("received_on")[:1]),
            **{bucket.key: bucket_expression(bucket, today) for bucket in BUCKETS},
        )
    )


def bucket_expression(bucket: Bucket, today: dt.date, outer: str = "pk") -> Combinable:
    """The open part of bills in one bucket of the aging as of today, in CNY."""
    earliest, latest = bucket.due_between(today)
    bills = Bill.objects.open()
    bills = bills if earliest is None else bills.filter(due_on__gte=earliest)
    bills = bills if latest is None else bills.filter(due_on__lte=latest)
    return Round(_sum_of(bills, outer, F("amount") - F("settled")), precision=2, output_field=_MONEY)


def _sum_of(slips: QuerySet[Any], outer: str, column: Any) -> Combinable:
    rows = slips.filter(customer_id=OuterRef(outer)).order_by().values("customer_id")
    total = rows.annotate(sum=Sum(column, output_field=_MONEY)).values("sum")
    return Coalesce(Subquery(total, output_field=_MONEY), Decimal(0), output_field=_MONEY)


def receivables(customer_ids: Iterable[int]) -> dict[int, Decimal]:
    """Receivable by customer id in two statements; every id asked for has an entry."""
    ids = set(customer_ids)
    owed = dict.fromkeys(ids, Decimal("0.00"))
    for slips, column, sign in _parts():
        rows = (
            slips.filter(customer_id__in=ids)
            .order_by()
            .values_list("customer_id")
            .annotate(sum=Sum(column, output_field=_MONEY))
        )
        for customer_id, amount in rows:
            owed[customer_id] += sign * round_money(amount)
    return owed


def receivable_total(condition: Q) -> Decimal:
    """What all customers that `condition` (on bills and returns, like `Q(customer__owner=…)`) names owe, in CNY."""
    owed = Decimal(0)
    for slips, column, sign in _parts():
        owed += sign * (slips.filter(condition).aggregate(sum=Sum(column, output_field=_MONEY))["sum"] or 0)
    return round_money(owed)


def receivable_and_overdue(condition: Q, today: dt.date) -> tuple[Decimal, Decimal]:
    """What all customers that `condition` names owe (`receivable_total`), and how much of it is overdue, in CNY."""
    left = F("amount") - F("settled")
    bills = (
        Bill.objects.open()
        .filter(condition)
        .aggregate(
            sum=Sum(left, output_field=_MONEY),
            late=Sum(left, filter=Q(due_on__lt=today), output_field=_MONEY),
        )
    )
    returns = SalesReturn.objects.posted().filter(condition)
    credit = returns.aggregate(sum=Sum(F("amount") - F("used"), output_field=_MONEY))["sum"] or Decimal(0)
    return round_money((bills["sum"] or Decimal(0)) - credit), round_money(bills["late"] or Decimal(0))


def overdue_total(condition: Q, before: dt.date) -> Decimal:
    """The open part, in CNY, of bills that `condition` names and that were due before a day: today for what is
    overdue, tomorrow for what is due by tonight."""
    late = Bill.objects.open().filter(condition, due_on__lt=before)
    return round_money(
        late.aggregate(sum=Sum(F("amount") - F("settled"), output_field=_MONEY))["sum"] or Decimal(0)
    )


def _parts() -> tuple[tuple[QuerySet[Any], Any, int], ...]:
    """What makes up a receivable: open parts of bills, less unused credits."""
    return (
        (Bill.objects.open(), F("amount") - F("settled"), 1),
        (SalesReturn.objects.posted(), F("amount") - F("used"), -1),
    )


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What a customer owes, what of it is overdue, what it has paid ahead, in CNY."""

    receivable: Decimal
    overdue: Decimal
    prepaid: Decimal


def account_facts(customer: Customer, today: dt.date) -> AccountFacts:
    """One statement."""
    row = (
        Customer.objects.filter(pk=customer.pk)
        .annotate(
            receivable=receivable_expression(),
            overdue=overdue_expression(today),
            prepaid=prepayment_expression(),
        )
        .values_list("receivable", "overdue", "prepaid")
        .get()
    )
    return AccountFacts(*map(round_money, row))
