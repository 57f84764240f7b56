"""Slips arrive at finance by themselves (G4): one row each, ticked off by whoever looked at it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sales.enums import SlipKind
from sales.models import CostEntry, Delivery, FinanceSlip, Receipt, Refund, SalesOrder, SalesReturn

_KINDS: dict[type[Any], SlipKind] = {
    SalesOrder: SlipKind.ORDER,
    Delivery: SlipKind.DELIVERY,
    SalesReturn: SlipKind.RETURN,
    Receipt: SlipKind.RECEIPT,
    Refund: SlipKind.REFUND,
    CostEntry: SlipKind.COST,
}


def hand_over(*, slip: SalesOrder | Delivery | SalesReturn | Receipt | Refund | CostEntry) -> None:
    """Lay the slip before finance; one that has arrived already is laid there again only when its sum has changed.

    Call it in the transaction that writes or reverses the slip: a reversed one comes back with a sum of 0.
    """
    amount = slip.total if isinstance(slip, SalesOrder) else slip.amount
    if getattr(slip, "status", "") in ("reversed", "cancelled"):
        amount = Decimal(0)
    row, created = FinanceSlip.objects.get_or_create(
        kind=_KINDS[type(slip)],
        object_id=slip.pk,
        defaults={
            "number": slip.number,
            "customer_id": slip.customer_id,
            "rep_id": slip.rep_id,
            "amount": amount,
        },
    )
    if not created and row.amount != amount:
        FinanceSlip.objects.filter(pk=row.pk).update(
            amount=amount, checked_at=None, checked_by=None, remark=""
        )
