"""Bills beside what of one receipt or credit is set against them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from crm.models import Customer
from sales.models import Allocation, Bill, Receipt, SalesReturn

ZERO = Decimal("0.00")


@dataclass(slots=True)
class AllocationRow:
    """One bill: `mine` is what this money pays of it now, `most` what it may pay at most, in CNY."""

    bill: Bill
    mine: Decimal
    typed: str = ""

    @property
    def most(self) -> Decimal:
        return self.bill.open_amount + self.mine


def allocation_rows(source: Receipt | SalesReturn) -> list[AllocationRow]:
    """The customer's open bills and those this money pays already, oldest due first."""
    mine: dict[int, Decimal] = {}
    standing = source.allocations.filter(released_on__isnull=True)
    for bill_id, amount in standing.values_list("bill_id", "amount"):
        mine[bill_id] = mine.get(bill_id, ZERO) + amount
    open_pks = Bill.objects.open().filter(customer_id=source.customer_id).values("pk")
    rows = (
        Bill.objects.filter(Q(pk__in=open_pks) | Q(pk__in=list(mine)))
        .select_related("delivery", "order")
        .order_by("due_on", "pk")
    )
    return [AllocationRow(bill, mine.get(bill.pk, ZERO)) for bill in rows]


def allocations_of(source: Receipt | SalesReturn) -> list[Allocation]:
    """All that this money was ever set against, for its page."""
    rows = source.allocations.select_related("bill__delivery", "bill__order", "created_by", "released_by")
    return list(rows.order_by("released_on", "bill__due_on", "pk"))


def open_bills(customer: Customer, limit: int = 12) -> list[Bill]:
    """What a customer has to pay first, oldest due first."""
    rows = Bill.objects.open().filter(customer=customer).select_related("delivery", "order")
    return list(rows.order_by("due_on", "pk")[:limit])
