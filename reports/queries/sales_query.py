"""我的销售查询 (G10): orders, amounts, money paid and owed of a period, by customer, product and day.

Whose: slips of one rep, or of all reps in the asker's scope, by the rep on the slip. What counts and by which day is as
in sales.queries.actuals. What is owed is as of now, of the customers these reps own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Round

from accounts.models import User
from accounts.querysets import scope_user_ids
from common.money import round_money
from common.periods import Period
from crm.models import Customer
from sales.models import Delivery, OrderLine, Product, Receipt, Refund, SalesOrder, SalesReturn
from sales.queries.receivables import (
    overdue_expression,
    receivable_and_overdue,
    receivable_expression,
)

ZERO = Decimal(0)
_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)
_QUANTITY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=3)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose sales of which days. `reps` None: everybody's, slips without a rep included."""

    user: User
    period: Period
    reps: frozenset[int] | None
    rep_id: int | None = None  # one rep, as chosen

    def of(self, rows: QuerySet[Any], day: str) -> QuerySet[Any]:
        """The rows among `rows` that are asked for, by their column `day`."""
        rows = rows.filter(**{f"{day}__range": (self.period.first, self.period.last)})
        return rows if self.reps is None else rows.filter(rep__in=self.reps)

    @property
    def owned(self) -> Q:
        """Condition on bills: of customers that these reps own."""
        return Q() if self.reps is None else Q(customer__owner__in=self.reps)

    def orders(self) -> QuerySet[Any]:
        return self.of(SalesOrder.objects.counted(), "ordered_on")

    def deliveries(self) -> QuerySet[Any]:
        return self.of(Delivery.objects.posted(), "issued_on")

    def returns(self) -> QuerySet[Any]:
        return self.of(SalesReturn.objects.posted(), "returned_on")

    def receipts(self) -> QuerySet[Any]:
        return self.of(Receipt.objects.posted(), "received_on")

    def refunds(self) -> QuerySet[Any]:
        return self.of(Refund.objects.posted(), "refunded_on")


def ask(user: User, period: Period, rep_id: int | None = None) -> Asked | None:
    """None when the rep is out of the user's scope."""
    scope = scope_user_ids(user)
    if rep_id is None:
        return Asked(user, period, scope)
    if scope is not None and rep_id not in scope:
        return None
    return Asked(user, period, frozenset({rep_id}), rep_id)


def askable_reps(user: User) -> list[tuple[int, str]]:
    """Whose sales the user may ask for, himself among them; one entry when it is he alone."""
    rows = User.objects.visible_to(user).active().filter(Q(role__code__in=("rep", "manager")) | Q(pk=user.pk))
    return list(rows.order_by("name", "pk").values_list("pk", "name"))


# --- by customer
def by_customer(asked: Asked, today: dt.date) -> QuerySet[Customer]:
    """Customers with any slip of the period: `order_count`, `ordered`, `sold`, `paid`, and `receivable`, `overdue` now."""
    slips = (asked.orders(), asked.deliveries(), asked.returns(), asked.receipts(), asked.refunds())
    condition = Q()
    for rows in slips:
        condition |= Q(pk__in=rows.order_by().values("customer_id"))
    return (
        Customer.objects.filter(condition)
        .select_related("owner")
        .defer("search_text", "search_grams", "notes", "extra")
        .annotate(
            order_count=Coalesce(_per_customer(asked.orders(), Count("pk"), None), Value(0)),
            ordered=_rounded(_per_customer(asked.orders(), Sum("total"))),
            sold=_rounded(
                _per_customer(asked.deliveries(), Sum("amount"))
                - _per_customer(asked.returns(), Sum("amount"))
            ),
            paid=_rounded(
                _per_customer(asked.receipts(), Sum("amount")) - _per_customer(asked.refunds(), Sum("amount"))
            ),
            receivable=receivable_expression(),
            overdue=overdue_expression(today),
        )
    )


def _per_customer(rows: QuerySet[Any], value: Any, field: Any = _MONEY) -> Any:
    grouped = rows.filter(customer_id=OuterRef("pk")).order_by().values("customer_id").annotate(v=value)
    if field is None:
        return Subquery(grouped.values("v"))
    return Coalesce(Subquery(grouped.values("v"), output_field=field), ZERO, output_field=field)


def _rounded(value: Any) -> Round:
    """SQLite adds floats."""
    return Round(value, precision=2, output_field=_MONEY)


# --- by product
def by_product(asked: Asked) -> QuerySet[Product]:
    """Products that were ordered: `order_count`, `quantity` in the product's unit, `ordered` less the orders' discounts."""
    lines = OrderLine.objects.filter(order__in=asked.orders())
    mine = lines.filter(product_id=OuterRef("pk")).order_by().values("product_id")
    net = Sum(F("amount") * (1 - F("order__discount")), output_field=_MONEY)
    return (
        Product.objects.filter(pk__in=lines.order_by().values("product_id"))
        .select_related("category")
        .annotate(
            order_count=Subquery(mine.annotate(v=Count("order_id", distinct=True)).values("v")),
            quantity=Subquery(mine.annotate(v=Sum("quantity")).values("v"), output_field=_QUANTITY),
            ordered=_rounded(Subquery(mine.annotate(v=net).values("v"), output_field=_MONEY)),
        )
    )


# --- by day
@dataclass(slots=True)
class DayRow:
    """One business day of the period, CNY; `sold` is less `returned` already, `paid` less `refunded`."""

    day: dt.date
    orders: int = 0
    ordered: Decimal = ZERO
    sold: Decimal = ZERO
    returned: Decimal = ZERO
    paid: Decimal = ZERO
    refunded: Decimal = ZERO


def by_day(asked: Asked) -> list[DayRow]:
    """Days on which anything happened, the latest first, in one statement: a UNION of five groupings."""
    kinds = (
        (asked.orders(), "ordered_on", "total"),
        (asked.deliveries(), "issued_on", "amount"),
        (asked.returns(), "returned_on", "amount"),
        (asked.receipts(), "received_on", "amount"),
        (asked.refunds(), "refunded_on", "amount"),
    )
    parts = [
        rows.order_by()
        .values_list(day)
        .annotate(n=Count("pk"), sum=Sum(amount), kind=Value(kind, IntegerField()))
        for kind, (rows, day, amount) in enumerate(kinds)
    ]
    days: dict[dt.date, DayRow] = {}
    for day, count, total, kind in parts[0].union(*parts[1:], all=True):
        row, amount = days.setdefault(day, DayRow(day)), round_money(Decimal(total))
        if kind == 0:
            row.orders, row.ordered = count, amount
        elif kind == 1:
            row.sold += amount
        elif kind == 2:
            row.sold, row.returned = row.sold - amount, amount
        elif kind == 3:
            row.paid += amount
        else:
            row.paid, row.refunded = row.paid - amount, amount
    return sorted(days.values(), key=lambda row: row.day, reverse=True)


# --- the totals on top
@dataclass(frozen=True, slots=True)
class Totals:
    """CNY, orders as a number too. `returned` and `refunded` are what `sold` and `paid` are already less by."""

    orders: int
    ordered: Decimal
    sold: Decimal
    returned: Decimal
    paid: Decimal
    refunded: Decimal
    receivable: Decimal
    overdue: Decimal


def totals(asked: Asked, today: dt.date, days: list[DayRow]) -> Totals:
    """Sums of the days, and what is owed now."""
    receivable, overdue = receivable_and_overdue(asked.owned, today)
    return Totals(
        orders=sum(row.orders for row in days),
        ordered=sum((row.ordered for row in days), ZERO),
        sold=sum((row.sold for row in days), ZERO),
        returned=sum((row.returned for row in days), ZERO),
        paid=sum((row.paid for row in days), ZERO),
        refunded=sum((row.refunded for row in days), ZERO),
        receivable=receivable,
        overdue=overdue,
    )
