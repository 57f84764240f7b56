"""Lines of orders across orders."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import QuerySet, Sum

from accounts.models import User
from common.money import round_money
from sales.models import OrderLine, SalesOrder


def counted_lines(user: User) -> QuerySet[OrderLine]:
    """Lines of the orders that count (submitted, not cancelled) and that `user` may see."""
    return OrderLine.objects.filter(order__in=SalesOrder.objects.visible_to(user).counted())


def net_amount(lines: QuerySet[OrderLine]) -> Decimal:
    """Σ line amounts, each less the discount of its order, in CNY, rounded once; one statement.

    Summed by discount, so that the product is taken in Decimal on every database.
    """
    sums = lines.order_by().values_list("order__discount").annotate(Sum("amount"))
    total = sum((round_money(Decimal(amount)) * (1 - discount) for discount, amount in sums), Decimal(0))
    return round_money(total)
