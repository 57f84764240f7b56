"""Sums and pages of orders, deliveries and receipts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import (
    Count,
    Q,
    QuerySet,
    Sum,
)

from accounts.models import User
from common.money import round_money
from crm.models import Customer
from sales.enums import OrderStatus, PostingStatus
from sales.models import Delivery, Receipt, SalesOrder, SalesReturn


@dataclass(frozen=True, slots=True)
class Summary:
    """Number of rows, and the CNY of those among them that count."""

    count: int
    amount: Decimal


def summary(slips: QuerySet[Any]) -> Summary:
    """One statement over orders, deliveries or receipts; drafts, cancelled and reversed ones are counted, not summed."""
    if slips.model is SalesOrder:
        field, counts = "total", ~Q(status__in=[OrderStatus.DRAFT, OrderStatus.CANCELLED])
    else:
        field, counts = "amount", Q(status=PostingStatus.POSTED)
    found = slips.order_by().aggregate(count=Count("pk"), sum=Sum(field, filter=counts))
    return Summary(count=found["count"], amount=round_money(found["sum"] or Decimal(0)))


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a slip's history."""

    at: dt.datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class CustomerSales:
    """A customer's last slips, as far as the asker may see them."""

    orders: list[SalesOrder]
    deliveries: list[Delivery]
    receipts: list[Receipt]
    returns: list[SalesReturn]


def customer_sales(customer: Customer, user: User, *, limit: int = 5) -> CustomerSales:
    """For the panel on the customer's page."""

    def last(rows: QuerySet[Any], permission: str) -> list[Any]:
        return list(rows.filter(customer=customer)[:limit]) if user.has_perm(permission) else []

    return CustomerSales(
        orders=last(SalesOrder.objects.visible_to(user), "sales.view_salesorder"),
        deliveries=last(Delivery.objects.visible_to(user), "sales.view_delivery"),
        receipts=last(Receipt.objects.visible_to(user), "sales.view_receipt"),
        returns=last(SalesReturn.objects.visible_to(user), "sales.view_salesreturn"),
    )
