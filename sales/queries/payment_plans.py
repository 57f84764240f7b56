"""An order's payment plan beside what is billed and paid of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sales.enums import PostingStatus
from sales.models import Bill, Receipt, SalesOrder

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One instalment: what was agreed, what is billed of it, what is paid, in CNY."""

    position: int
    due_on: dt.date
    amount: Decimal
    note: str
    billed: Decimal
    paid: Decimal
    days_late: int  # 0: nothing of what is billed is overdue

    @property
    def state(self) -> str:
        if self.paid and self.paid >= self.amount:
            return "paid"
        if self.days_late:
            return "late"
        return "billed" if self.billed else "planned"


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows, and sums over them; `receipts` are those that name the order."""

    rows: list[PlanRow]
    total: Decimal
    billed: Decimal
    paid: Decimal
    receipts: list[Receipt]

    @property
    def open(self) -> Decimal:
        return self.billed - self.paid


def plan_of(order: SalesOrder, today: dt.date) -> Plan:
    """Three statements. Bills without a planned instalment of their own stand as rows, too."""
    bills = list(order.bills.filter(status=PostingStatus.POSTED).order_by("position", "due_on", "pk"))
    by_position: dict[int, list[Bill]] = {}
    for bill in bills:
        by_position.setdefault(bill.position, []).append(bill)
    rows = [
        _row(part.position, part.due_on, part.amount, part.note, by_position.pop(part.position, []), today)
        for part in order.instalments.order_by("position")
    ]
    rows += [
        _row(position, min(bill.due_on for bill in rest), _sum(rest, "amount"), "", rest, today)
        for position, rest in sorted(by_position.items())
    ]
    return Plan(
        rows=rows,
        total=order.total,
        billed=_sum(bills, "amount"),
        paid=_sum(bills, "settled"),
        receipts=list(order.receipts.order_by("received_on", "pk")),
    )


def _row(
    position: int, due_on: dt.date, amount: Decimal, note: str, bills: Sequence[Bill], today: dt.date
) -> PlanRow:
    late = max(((today - bill.due_on).days for bill in bills if bill.open_amount), default=0)
    return PlanRow(
        position, due_on, amount, note, _sum(bills, "amount"), _sum(bills, "settled"), max(late, 0)
    )


def _sum(bills: Sequence[Bill], column: str) -> Decimal:
    return sum((getattr(bill, column) for bill in bills), ZERO)
