"""The statement of a customer's account (对账单): what it owed, what happened between two days, what it owes.

Every slip stands under its own date and its reversal under the date of the reversal, so that a statement printed last
month reads the same today. The balance is what the customer owes less what it has paid ahead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from common.money import round_money
from sales.enums import BillKind, PaymentMethod
from sales.models import Allocation, Bill, Receipt, Refund, SalesReturn
from sales.queries.aging import MONEY, billed_by, standing_on

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: what is owed more (`debit`) or less (`credit`), and the balance after it, in CNY."""

    day: dt.date
    kind: str
    number: str
    text: str
    url: str
    debit: Decimal
    credit: Decimal
    balance: Decimal
    is_reversal: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """`closing` = `opening` + Σ debit − Σ credit; of it `receivable` is owed and `prepaid` is money paid ahead."""

    first: dt.date
    last: dt.date
    opening: Decimal
    entries: list[Entry]
    debit: Decimal
    credit: Decimal
    closing: Decimal
    receivable: Decimal
    prepaid: Decimal


@dataclass(frozen=True, slots=True)
class _Kind:
    """How slips of one model stand in the statement: their day, +1 when they are owed, else −1."""

    model: type[Any]
    day: str
    sign: int
    columns: tuple[str, ...]


_BILL = _Kind(
    Bill,
    "billed_on",
    1,
    ("kind", "due_on", "note", "delivery_id", "delivery__number", "order_id", "order__number"),
)
_RECEIPT = _Kind(Receipt, "received_on", -1, ("number", "method", "note"))
_RETURN = _Kind(SalesReturn, "returned_on", -1, ("number", "note"))
_REFUND = _Kind(Refund, "refunded_on", 1, ("number", "method", "note"))
# The order of lines of one day: what was delivered stands before what was paid for it.
KINDS = (_BILL, _RETURN, _RECEIPT, _REFUND)


def statement(customer_id: int, first: dt.date, last: dt.date) -> Statement:
    """The account of one customer from `first` to `last`, both included. A dozen statements, whatever its length."""
    balance = opening = balance_before(customer_id, first)
    entries, debit, credit = [], ZERO, ZERO
    for line in sorted(_lines(customer_id, first, last), key=lambda line: line[0]):
        (day, _position, _pk, _back), kind, number, text, url, change, is_reversal = line
        balance += change
        debit, credit = debit + max(change, ZERO), credit + max(-change, ZERO)
        entries.append(
            Entry(day, kind, number, text, url, max(change, ZERO), max(-change, ZERO), balance, is_reversal)
        )
    receivable = receivable_on(customer_id, last)
    return Statement(first, last, opening, entries, debit, credit, balance, receivable, receivable - balance)


def balance_before(customer_id: int, day: dt.date) -> Decimal:
    """What the customer owed, less what it had paid ahead, at the beginning of `day`."""
    return sum(
        (
            kind.sign * _total(_standing(kind, customer_id, day - dt.timedelta(days=1)), "amount")
            for kind in KINDS
        ),
        ZERO,
    )


def receivable_on(customer_id: int, day: dt.date) -> Decimal:
    """Σ billed − Σ allocated − credits not used yet, at the end of `day` (domain-rules §6)."""
    bills = billed_by(Bill.objects.filter(customer_id=customer_id), day)
    owed = _total(bills, "amount") - _total(standing_on(_allocations(bills, "bill"), day), "amount")
    returns = _standing(_RETURN, customer_id, day)
    used = _total(standing_on(_allocations(returns, "sales_return"), day), "amount")
    refunds = _standing(_REFUND, customer_id, day).filter(sales_return__isnull=False)
    return owed - (_total(returns, "amount") - used - _total(refunds, "amount"))


def _allocations(rows: QuerySet[Any], source: str) -> QuerySet[Allocation]:
    return Allocation.objects.filter(**{f"{source}__in": rows.order_by().values("pk")})


def _standing(kind: _Kind, customer_id: int, day: dt.date) -> QuerySet[Any]:
    """Slips that counted at the end of `day`."""
    rows = kind.model._default_manager.filter(customer_id=customer_id)
    counted = rows.filter(Q(status="posted") | Q(reversed_on__gt=day), **{f"{kind.day}__lte": day})
    return counted.order_by()  # type: ignore[no-any-return]


def _total(rows: QuerySet[Any], column: str) -> Decimal:
    found = rows.order_by().aggregate(sum=Sum(F(column), output_field=MONEY))["sum"]
    return round_money(found or ZERO)


_Line = tuple[tuple[dt.date, int, int, bool], str, str, str, str, Decimal, bool]


def _lines(customer_id: int, first: dt.date, last: dt.date) -> Iterator[_Line]:
    """(order, kind, number, text, address, CNY more owed, is a reversal) of everything between the days."""
    for position, kind in enumerate(KINDS):
        between = Q(**{f"{kind.day}__range": (first, last)}) | Q(reversed_on__range=(first, last))
        rows = kind.model._default_manager.filter(
            between, Q(status="posted") | Q(reversed_on__isnull=False), customer_id=customer_id
        )
        for row in rows.order_by("pk").values("pk", "amount", "reversed_on", kind.day, *kind.columns):
            day, back, change = row[kind.day], row["reversed_on"], kind.sign * round_money(row["amount"])
            words, number, text, url = _describe(kind, row)
            if first <= day <= last:
                yield (day, position, row["pk"], False), words, number, text, url, change, False
            if back is not None and first <= back <= last:
                reversal = _("%(what)s reversed") % {"what": words}
                yield (back, position, row["pk"], True), reversal, number, text, url, -change, True


def _describe(kind: _Kind, row: dict[str, Any]) -> tuple[str, str, str, str]:
    """What a line is called, its number, what else it says, and where it leads."""
    if kind is _BILL:
        return _describe_bill(row)
    note = row["note"]
    names = {_RECEIPT: _("Receipt"), _RETURN: _("Sales return"), _REFUND: _("Refund")}
    pages = {_RECEIPT: "receipt", _RETURN: "return", _REFUND: "refund"}
    if "method" in row:
        method = str(PaymentMethod(row["method"]).label)
        note = f"{method} · {note}" if note else method
    return names[kind], row["number"], note, reverse(f"sales:{pages[kind]}_detail", args=[row["pk"]])


def _describe_bill(row: dict[str, Any]) -> tuple[str, str, str, str]:
    url = reverse("sales:bill_detail", args=[row["pk"]])
    due = _("due %(day)s") % {"day": row["due_on"].isoformat()}
    text = f"{due} · {row['note']}" if row["note"] else due
    if row["kind"] == BillKind.DELIVERY:
        return _("Delivery"), row["delivery__number"] or "", text, url
    if row["kind"] == BillKind.ORDER:
        return _("Sales order"), row["order__number"] or "", text, url
    return _("Opening balance"), "", text, url
