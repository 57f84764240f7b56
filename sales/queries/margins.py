"""Margin (毛利): what was delivered, less what the goods cost, less what was spent (G6).

Revenue and cost of goods are those of the delivered lines, less those of the lines that came back; what came back and
cannot be sold again keeps its cost. Money spent counts where it was booked: for a customer, an order, or both; products
carry none of it. Lines whose cost nobody knew when they left are told apart, because a margin over them is not true.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from accounts.models import User
from common.money import round_money
from sales.enums import GoodsCondition
from sales.models import CostEntry, Delivery, DeliveryLine, SalesReturn, SalesReturnLine
from sales.queries.aging import MONEY

ZERO = Decimal("0.00")
_COST: DecimalField[Any, Any] = DecimalField(max_digits=24, decimal_places=5)


@dataclass(slots=True)
class MarginRow:
    """One order, customer or product; all in CNY."""

    key: int | None
    name: str
    revenue: Decimal = ZERO
    cost: Decimal = ZERO
    spent: Decimal = ZERO
    uncosted: Decimal = ZERO  # revenue of goods whose cost nobody knew

    @property
    def margin(self) -> Decimal:
        return self.revenue - self.cost - self.spent

    @property
    def share(self) -> Decimal | None:
        """Margin ÷ revenue, nothing without revenue."""
        return self.margin / self.revenue if self.revenue else None


@dataclass(frozen=True, slots=True)
class _Group:
    """Where the key and the name of a group stand in lines of deliveries, lines of returns, and costs."""

    delivered: tuple[str, str]
    returned: tuple[str, str]
    spent: tuple[str, str] | None


GROUPS = {
    "customer": _Group(
        ("delivery__customer_id", "delivery__customer__name"),
        ("sales_return__customer_id", "sales_return__customer__name"),
        ("customer_id", "customer__name"),
    ),
    "order": _Group(
        ("delivery__order_id", "delivery__order__number"),
        ("sales_return__delivery__order_id", "sales_return__delivery__order__number"),
        ("order_id", "order__number"),
    ),
    "product": _Group(("product_id", "product__name"), ("product_id", "product__name"), None),
}


def margins(user: User, first: dt.date, last: dt.date, *, by: str) -> list[MarginRow]:
    """Rows of GROUPS[by] with anything delivered, returned or spent between two days, largest margin first.

    Only for those with sales.view_margin. Three statements. A line is counted by the day it was delivered or came back;
    rounding happens once, in the sum.
    """
    group = GROUPS[by]
    rows: dict[int | None, MarginRow] = {}
    lines = DeliveryLine.objects.filter(
        delivery__in=_seen(Delivery, user).filter(issued_on__range=(first, last)).values("pk")
    )
    _add(rows, _sums(lines, group.delivered, F("unit_cost"), Q(unit_cost__isnull=True)), 1)
    back = SalesReturnLine.objects.filter(
        sales_return__in=_seen(SalesReturn, user).filter(returned_on__range=(first, last)).values("pk")
    )
    # Nobody knows the delivery of some goods that come back: then what they cost now is the best there is.
    known = Coalesce(F("delivery_line__unit_cost"), F("product__cost"))
    cost = Case(When(Q(("condition", GoodsCondition.SELLABLE)), then=known), default=None)
    unknown = Q(delivery_line__unit_cost__isnull=True, product__cost__isnull=True)
    _add(rows, _sums(back, group.returned, cost, unknown), -1)
    if group.spent is not None:
        spent = _seen(CostEntry, user).filter(spent_on__range=(first, last))
        for key, name, amount in spent.order_by().values_list(*group.spent).annotate(sum=Sum("amount")):
            rows.setdefault(key, MarginRow(key, name or "")).spent += round_money(amount)
    return sorted(rows.values(), key=lambda row: (-row.margin, row.name))


def total_of(rows: Iterable[MarginRow]) -> MarginRow:
    total = MarginRow(None, "")
    for row in rows:
        total.revenue += row.revenue
        total.cost += row.cost
        total.spent += row.spent
        total.uncosted += row.uncosted
    return total


def _seen(model: type[Any], user: User) -> QuerySet[Any]:
    return model._default_manager.visible_to(user).posted().order_by()  # type: ignore[no-any-return]


def _sums(
    lines: QuerySet[Any], group: tuple[str, str], unit_cost: Combinable, unknown: Q
) -> Iterable[tuple[Any, ...]]:
    cost = ExpressionWrapper(F("quantity") * unit_cost, output_field=_COST)
    found: Iterable[tuple[Any, ...]] = (
        lines.order_by()
        .values_list(*group)
        .annotate(
            revenue=Sum("amount", output_field=MONEY),
            cost=Sum(cost, output_field=_COST),
            uncosted=Sum("amount", filter=unknown, output_field=MONEY),
        )
    )
    return found


def _add(rows: dict[int | None, MarginRow], found: Iterable[tuple[Any, ...]], sign: int) -> None:
    for key, name, revenue, cost, uncosted in found:
        row = rows.setdefault(key, MarginRow(key, name or ""))
        row.revenue += sign * round_money(revenue or ZERO)
        row.cost += sign * round_money(cost or ZERO)
        row.uncosted += sign * round_money(uncosted or ZERO)
