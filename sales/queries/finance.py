"""What finance sees first: slips that have arrived, money that came in today, what is overdue (G4, G6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Sum
from django.urls import reverse

from accounts.models import User
from common import business_calendar
from common.money import round_money
from sales.enums import PaymentMethod, SlipKind
from sales.models import Bill, FinanceSlip, Receipt, Refund
from sales.queries.aging import MONEY, AgingRow, aging, total_of

__all__ = ["FinanceBoard", "MethodSum", "finance_board", "inbox_counts", "slip_address"]

ZERO = Decimal("0.00")
_PAGES = {
    SlipKind.ORDER: "order",
    SlipKind.DELIVERY: "delivery",
    SlipKind.RETURN: "return",
    SlipKind.RECEIPT: "receipt",
    SlipKind.REFUND: "refund",
    SlipKind.COST: "cost",
}
NEW = Q(checked_at__isnull=True, remark="")
SENT_BACK = Q(checked_at__isnull=True) & ~Q(remark="")
CHECKED = Q(checked_at__isnull=False)


def slip_address(kind: str, object_id: int) -> str:
    """The page of the order, delivery, return, receipt, refund or cost that was handed over."""
    return reverse(f"sales:{_PAGES[SlipKind(kind)]}_detail", args=[object_id])


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """Slips that wait for finance."""

    new: int
    sent_back: int


def inbox_counts(user: User) -> InboxCounts:
    """New and sent back, of the slips a person sees; read from the index of what is not ticked off."""
    found = (
        FinanceSlip.objects.visible_to(user)
        .filter(checked_at__isnull=True)
        .order_by()
        .aggregate(new=Count("pk", filter=NEW), sent_back=Count("pk", filter=SENT_BACK))
    )
    return InboxCounts(found["new"], found["sent_back"])


@dataclass(frozen=True, slots=True)
class MethodSum:
    """Money of one way of paying: received, paid back, in CNY."""

    method: PaymentMethod
    received: Decimal
    refunded: Decimal
    count: int

    @property
    def net(self) -> Decimal:
        return self.received - self.refunded


@dataclass(frozen=True, slots=True)
class KindCount:
    """Slips of one kind that have arrived today, and how many of that kind are not ticked off yet."""

    kind: SlipKind
    today: int
    amount: Decimal
    unchecked: int


@dataclass(frozen=True, slots=True)
class FinanceBoard:
    """The first page of finance."""

    counts: InboxCounts
    kinds: list[KindCount]
    methods: list[MethodSum]
    aging: AgingRow
    prepaid: Decimal
    latest: list[FinanceSlip]

    @property
    def received(self) -> Decimal:
        return sum((row.received for row in self.methods), ZERO)

    @property
    def refunded(self) -> Decimal:
        return sum((row.refunded for row in self.methods), ZERO)


def finance_board(user: User, today: dt.date) -> FinanceBoard:
    """Today's slips by kind, what is not ticked off, money of the day by method, aging, prepayments."""
    slips = FinanceSlip.objects.visible_to(user)
    free = Receipt.objects.visible_to(user).posted().filter(amount__gt=F("used"))
    prepaid = free.order_by().aggregate(sum=Sum(F("amount") - F("used"), output_field=MONEY))["sum"]
    rows = aging(Bill.objects.of_customers(user), day=today, today=today, by="department")
    latest = slips.filter(NEW).select_related("customer", "rep").order_by("-arrived_at", "-pk")[:8]
    return FinanceBoard(
        counts=inbox_counts(user),
        kinds=_kinds(user, today),
        methods=method_sums(user, today, today),
        aging=total_of(rows),
        prepaid=round_money(prepaid or ZERO),
        latest=list(latest),
    )


def method_sums(user: User, first: dt.date, last: dt.date) -> list[MethodSum]:
    """Money received and paid back between two days by way of paying; ways that nobody used are left out."""
    received = _by_method(Receipt.objects.visible_to(user).posted().filter(received_on__range=(first, last)))
    refunded = _by_method(Refund.objects.visible_to(user).posted().filter(refunded_on__range=(first, last)))
    return [
        MethodSum(
            method,
            received.get(method, (ZERO, 0))[0],
            refunded.get(method, (ZERO, 0))[0],
            received.get(method, (ZERO, 0))[1],
        )
        for method in PaymentMethod
        if method in received or method in refunded
    ]


def _by_method(rows: QuerySet[Receipt] | QuerySet[Refund]) -> dict[str, tuple[Decimal, int]]:
    found: Iterable[tuple[str, Decimal, int]] = (
        rows.order_by().values_list("method").annotate(sum=Sum("amount"), n=Count("pk"))
    )
    return {method: (round_money(amount), count) for method, amount, count in found}


def _kinds(user: User, today: dt.date) -> list[KindCount]:
    start, end = business_calendar.day_bounds(today)
    today_q = Q(arrived_at__gte=start, arrived_at__lt=end)
    rows = (
        FinanceSlip.objects.visible_to(user)
        .filter(today_q | Q(checked_at__isnull=True))
        .order_by()
        .values_list("kind")
        .annotate(
            n=Count("pk", filter=today_q),
            sum=Sum("amount", filter=today_q),
            left=Count("pk", filter=Q(checked_at__isnull=True)),
        )
    )
    found = {kind: (count, amount, left) for kind, count, amount, left in rows}
    return [
        KindCount(kind, found[kind][0], round_money(found[kind][1] or ZERO), found[kind][2])
        for kind in SlipKind
        if kind in found
    ]
