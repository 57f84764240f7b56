"""What the demo company's deliveries and receipts mean in the books: bills, allocations, stock."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from sales.enums import BillKind, LocationKind, MoveKind, StockDocumentKind, StockDocumentStatus
from sales.models import (
    Allocation,
    Bill,
    Delivery,
    DeliveryLine,
    Product,
    Receipt,
    StockBalance,
    StockDocument,
    StockDocumentLine,
    StockMove,
)
from sales.services.common import next_number
from sales.services.ledger import default_warehouse, far_end

# What came in beyond what was sold, by how often the product sells: something is short, most is there.
_SPARE = (Decimal("1.35"), Decimal("1.15"), Decimal("1.02"))
# Boxes of what hardly sells, beyond three times what was sold of it.
_IDLE_BOXES = (160, 45, 70, 110)


def open_books(*, office: User, since: dt.date, idle: list[Product]) -> None:
    """Bill every delivery, pay the bills from the receipts (oldest due first), and move the goods of both sides.

    What an old system delivered is owed nothing and left no warehouse of ours. `idle` goods were bought in heaps.
    """
    _bills()
    _allocations()
    _stock(office=office, since=since, idle=idle)


def _bills() -> None:
    Bill.objects.bulk_create(
        (
            Bill(
                kind=BillKind.DELIVERY,
                customer_id=slip.customer_id,
                rep_id=slip.rep_id,
                delivery=slip,
                order_id=slip.order_id,
                billed_on=slip.issued_on,
                due_on=slip.due_on,
                amount=slip.amount,
                created_by_id=slip.created_by_id,
            )
            for slip in Delivery.objects.posted().filter(amount__gt=0, is_history=False).order_by("pk")
        ),
        batch_size=2000,
    )


def _allocations() -> None:
    bills: dict[int, list[Bill]] = defaultdict(list)
    for bill in Bill.objects.order_by("due_on", "pk"):
        bills[bill.customer_id].append(bill)
    made, receipts = [], list(Receipt.objects.posted().order_by("received_on", "pk"))
    for receipt in receipts:
        for bill in bills[receipt.customer_id]:
            part = min(receipt.amount - receipt.used, bill.amount - bill.settled)
            if part > 0:
                receipt.used += part
                bill.settled += part
                day = max(receipt.received_on, bill.billed_on)
                made.append(Allocation(bill=bill, receipt=receipt, amount=part, made_on=day))
    paid = [bill for rows in bills.values() for bill in rows if bill.settled]
    Bill.objects.bulk_update(paid, ["settled"], batch_size=400)
    Receipt.objects.bulk_update(receipts, ["used"], batch_size=400)
    Allocation.objects.bulk_create(made, batch_size=2000)


def _stock(*, office: User, since: dt.date, idle: list[Product]) -> None:
    warehouse, customers = default_warehouse(), far_end(LocationKind.CUSTOMER)
    suppliers = far_end(LocationKind.SUPPLIER)
    Delivery.objects.filter(is_history=False).update(location=warehouse)
    lines = list(
        DeliveryLine.objects.filter(delivery__is_history=False).select_related("delivery").order_by("pk")
    )
    sold: dict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        sold[line.product_id] += line.quantity
    came = {
        pk: (sold[pk] * _SPARE[n % len(_SPARE)]).quantize(Decimal(1)) for n, pk in enumerate(sorted(sold))
    }
    for n, product in enumerate(idle):
        came[product.pk] = sold[product.pk] * 3 + product.box_quantity * _IDLE_BOXES[n % len(_IDLE_BOXES)]
    document = StockDocument.objects.create(
        number=next_number(prefix="RK", day=since),
        kind=StockDocumentKind.RECEIPT,
        status=StockDocumentStatus.POSTED,
        source=suppliers,
        target=warehouse,
        happened_on=since,
        created_by=office,
        posted_by=office,
        posted_at=timezone.now(),
    )
    StockDocumentLine.objects.bulk_create(
        StockDocumentLine(document=document, product_id=pk, quantity=n) for pk, n in came.items()
    )
    moves = [
        StockMove(
            kind=MoveKind.RECEIPT,
            product_id=pk,
            source=suppliers,
            target=warehouse,
            quantity=n,
            moved_on=since,
            document=document,
            created_by=office,
        )
        for pk, n in came.items()
    ]
    moves += [
        StockMove(
            kind=MoveKind.SALE,
            product_id=line.product_id,
            source=warehouse,
            target=customers,
            quantity=line.quantity,
            moved_on=line.delivery.issued_on,
            delivery=line.delivery,
            created_by=office,
        )
        for line in lines
    ]
    StockMove.objects.bulk_create(moves, batch_size=2000)
    StockBalance.objects.bulk_create(
        StockBalance(
            location=warehouse,
            product_id=pk,
            quantity=came[pk] - sold[pk],
            may_be_negative=warehouse.may_be_negative,
        )
        for pk in came
    )
