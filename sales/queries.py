"""Composed reads of sales for screens and for upper apps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from auditlog.models import LogEntry
from django.db.models import (
    Case,
    CharField,
    Count,
    DecimalField,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Round
from django.db.models.lookups import GreaterThan
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from common.money import round_money
from crm.enums import TimelineKind
from crm.models import Customer
from crm.queries.timeline import moment_of, page_rows
from crm.rules.facts import MoneyFacts
from crm.rules.timeline import TimelineEvent, Wish
from sales.enums import OrderStatus, PostingStatus
from sales.models import Delivery, OrderLine, Product, Receipt, SalesOrder

_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)


# --- receivable
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


# --- foots of lists
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


# --- order entry
def last_order(customer: Customer) -> SalesOrder | None:
    """The customer's last order that counts."""
    order: SalesOrder | None = (
        SalesOrder.objects.counted().filter(customer=customer).order_by("-ordered_on", "-pk").first()
    )
    return order


def order_lines(order: SalesOrder) -> list[OrderLine]:
    """Lines with their products, in order."""
    return list(order.lines.select_related("product"))


def usual_products(customer: Customer, *, limit: int = 12) -> list[Product]:
    """Products on sale that the customer ordered, the latest and most frequent first, with `last_price`.

    A customer without orders gets the first of the catalogue.
    """
    bought = (
        OrderLine.objects.filter(order__in=SalesOrder.objects.counted().filter(customer=customer))
        .filter(product__is_active=True)
        .order_by()
        .values("product_id")
        .annotate(last=Max("order__ordered_on"), times=Count("pk"))
        .order_by("-last", "-times", "product_id")
    )
    ids = [row["product_id"] for row in bought[:limit]]
    if not ids:
        return list(Product.objects.active()[:limit])
    products = Product.objects.annotate(last_price=last_price(customer)).in_bulk(ids)
    return [products[pk] for pk in ids]


def last_price(customer: Customer) -> Subquery:
    """Price of the customer's last line of the product OuterRef("pk")."""
    lines = OrderLine.objects.filter(
        product_id=OuterRef("pk"), order__in=SalesOrder.objects.counted().filter(customer=customer)
    )
    return Subquery(
        lines.order_by("-order__ordered_on", "-order_id").values("price")[:1], output_field=_MONEY
    )


# --- pages
@dataclass(frozen=True, slots=True)
class Step:
    """One line of an order's history."""

    at: dt.datetime
    who: str
    what: str


def order_history(order: SalesOrder) -> list[Step]:
    """Who wrote the order and who moved it on, oldest first."""
    steps = [Step(order.created_at, str(order.created_by or "–"), _("Written"))]
    entries = (
        LogEntry.objects.get_for_object(order).filter(action=LogEntry.Action.UPDATE).select_related("actor")
    )
    changes = ((entry, (entry.changes or {}).get("status")) for entry in entries.order_by("timestamp", "pk"))
    steps += [
        Step(entry.timestamp, str(entry.actor or "–"), str(OrderStatus(change[1]).label))
        for entry, change in changes
        if change
    ]
    return steps


@dataclass(frozen=True, slots=True)
class CustomerSales:
    """A customer's last slips, as far as the asker may see them, and what it owes."""

    orders: list[SalesOrder]
    deliveries: list[Delivery]
    receipts: list[Receipt]
    receivable: Decimal


def customer_sales(customer: Customer, user: User, *, limit: int = 5) -> CustomerSales:
    """For the panel on the customer's page."""

    def last(rows: QuerySet[Any], permission: str) -> list[Any]:
        return list(rows.filter(customer=customer)[:limit]) if user.has_perm(permission) else []

    return CustomerSales(
        orders=last(SalesOrder.objects.visible_to(user), "sales.view_salesorder"),
        deliveries=last(Delivery.objects.visible_to(user), "sales.view_delivery"),
        receipts=last(Receipt.objects.visible_to(user), "sales.view_receipt"),
        receivable=receivables([customer.pk])[customer.pk],
    )


# --- what the customer's page asks (crm.signals)
def money_facts(customer: Customer, today: dt.date) -> MoneyFacts:
    """What the customer owes and what is on its way to it, in one statement."""
    open_orders = SalesOrder.objects.filter(customer_id=OuterRef("pk"), status__in=_UNDELIVERED).order_by()
    left = F("lines__amount") * (1 - F("discount")) * (F("lines__quantity") - F("lines__delivered"))
    approved = (
        open_orders.exclude(status=OrderStatus.SUBMITTED)
        .values("customer_id")
        .annotate(sum=Sum(left / F("lines__quantity"), output_field=_MONEY))
    )
    counted = open_orders.values("customer_id").annotate(n=Count("pk")).values("n")
    row = (
        Customer.objects.filter(pk=customer.pk)
        .annotate(
            receivable=receivable_expression(),
            overdue=overdue_expression(today),
            undelivered=Subquery(approved.values("sum"), output_field=_MONEY),
            open_orders=Subquery(counted),
        )
        .values("receivable", "overdue", "undelivered", "open_orders")
        .get()
    )
    return MoneyFacts(
        receivable=round_money(row["receivable"]),
        overdue=round_money(row["overdue"]),
        undelivered=round_money(row["undelivered"] or Decimal(0)),
        open_orders=row["open_orders"] or 0,
    )


_UNDELIVERED = (OrderStatus.SUBMITTED, OrderStatus.APPROVED, OrderStatus.PARTLY_DELIVERED)
# kind of event: model, its day, its sum, the permission to see it
_Slips = tuple[type[Any], str, str, str]
_SLIPS: dict[str, _Slips] = {
    TimelineKind.ORDER: (SalesOrder, "ordered_on", "total", "sales.view_salesorder"),
    TimelineKind.DELIVERY: (Delivery, "issued_on", "amount", "sales.view_delivery"),
    TimelineKind.RECEIPT: (Receipt, "received_on", "amount", "sales.view_receipt"),
}


def timeline_events(customer: Customer, user: User, wish: Wish) -> list[TimelineEvent]:
    """The customer's orders, deliveries and receipts as far as `user` may see them, in one statement."""
    parts = []
    for kind, (model, day, amount, permission) in _SLIPS.items():
        if not wish.wants(kind) or not user.has_perm(permission):
            continue
        rows = model.objects.visible_to(user).filter(customer=customer)
        if wish.person_id is not None:
            rows = rows.filter(rep_id=wish.person_id)
        parts.append(
            page_rows(rows, day, wish, is_day=True)
            .order_by()
            .values_list(
                Value(kind, CharField()),
                "pk",
                "number",
                day,
                "created_at",
                amount,
                "status",
                "rep_id",
                "rep__name",
            )
        )
    if not parts:
        return []
    return [_slip_event(*row) for row in parts[0].union(*parts[1:], all=True)]


def _slip_event(
    kind: str,
    pk: int,
    number: str,
    day: dt.date,
    created_at: dt.datetime,
    amount: Decimal,
    status: str,
    rep_id: int | None,
    rep_name: str | None,
) -> TimelineEvent:
    at, is_timed = moment_of(day, created_at)
    words = OrderStatus if kind == TimelineKind.ORDER else PostingStatus
    names = {
        TimelineKind.ORDER: _("Order"),
        TimelineKind.DELIVERY: _("Delivery"),
        TimelineKind.RECEIPT: _("Receipt"),
    }
    return TimelineEvent(
        at=at,
        ref=f"{kind}-{pk}",
        kind=kind,
        title=f"{names[TimelineKind(kind)]} ¥{round_money(amount):,.2f}",
        text=f"{number} · {words(status).label}",
        url=reverse(f"sales:{kind}_detail", args=[pk]),
        person=rep_name or "",
        person_id=rep_id,
        is_timed=is_timed,
    )
