"""Writing a batch of orders of the history: order, lines, delivery, all at once or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import day_bounds
from common.money import order_total
from sales.enums import OrderStatus
from sales.models import Delivery, DeliveryLine, OrderImport, OrderImportLine, OrderLine, SalesOrder
from sales.rules.order_rows import OrderRow, RowError, disagreement
from sales.services.order_imports import references
from sales.services.order_imports.references import References
from sales.services.order_imports.staging import parsed


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an order stays out, and the row of the file where it shows; `of_line`: nothing is wrong with its other lines."""

    row: int
    reason: str
    of_line: bool = False

    def told_at(self, row: int) -> str:
        """What the workbook of failed rows says at one of the order's rows."""
        if not self.of_line or row == self.row:
            return self.reason
        return _("Line %(row)s: %(reason)s") % {"row": self.row, "reason": self.reason}


@dataclass
class Batch:
    """Orders of the file by number, each with its lines and, once it is looked at, what is wrong with it."""

    lines: dict[str, list[OrderImportLine]]
    rows: dict[str, list[OrderRow]] = field(default_factory=dict)
    refused: dict[str, Refusal] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    found: References = field(default_factory=References)

    @property
    def good(self) -> list[str]:
        return [number for number in self.rows if number not in self.refused and number not in self.known]


def read_batch(
    job: OrderImport, lines: Iterable[OrderImportLine], headers: list[str], today: dt.date
) -> Batch:
    """Group staged lines by number and decide which orders can go in; reads only."""
    batch = Batch(lines={})
    for line in lines:
        batch.lines.setdefault(line.number, []).append(line)
    for number, staged in batch.lines.items():
        bad = next((line for line in staged if line.error), None)
        if bad is not None:
            batch.refused[number] = Refusal(bad.row, bad.error, of_line=True)
            continue
        rows: list[OrderRow] = []
        for line in staged:
            try:
                rows.append(parsed(job, headers, line, today))
            except RowError as error:  # the day has changed since the file was laid down
                batch.refused[number] = Refusal(line.row, str(error), of_line=True)
                break
        if number in batch.refused:
            continue
        batch.rows[number] = rows
        if problem := disagreement(rows):
            batch.refused[number] = Refusal(staged[0].row, problem)
    batch.known = set(SalesOrder.objects.filter(number__in=list(batch.rows)).values_list("number", flat=True))
    batch.found = references.find(job, [row for number in batch.good for row in batch.rows[number]])
    return batch


def refuse_unresolved(batch: Batch) -> None:
    """Orders that name an unknown customer or product fail as a whole."""
    for number in batch.good:
        for line, row in zip(batch.lines[number], batch.rows[number], strict=True):
            customer = batch.found.customers[row.customer_code, row.customer_name]
            product = batch.found.products[row.product_code, row.product_name]
            if problem := customer.problem or product.problem:
                batch.refused[number] = Refusal(line.row, problem)
                break


def write_batch(
    job: OrderImport,
    lines: Sequence[OrderImportLine],
    headers: list[str],
    people: dict[str, User],
    today: dt.date,
) -> tuple[int, int, int]:
    """Write what can go in and mark the staged lines; returns (created, skipped, failed) orders.

    The caller holds the transaction.
    """
    batch = read_batch(job, lines, headers, today)
    if job.create_missing:
        reps = {
            (row.customer_code, row.customer_name): people.get(row.rep)
            for number in batch.good
            for row in batch.rows[number]
        }
        references.create_missing(job, batch.found, reps)
    refuse_unresolved(batch)
    _write_orders(job, batch, people)
    for number, refusal in batch.refused.items():
        for line in batch.lines[number]:
            line.error = line.error or refusal.told_at(line.row)[:300]
    for staged in batch.lines.values():
        for line in staged:
            line.done = True
    OrderImportLine.objects.bulk_update(lines, ["error", "done"], batch_size=500)
    # Lines without a number are orders of their own that nobody can name.
    nameless = max(len(batch.lines.get("", ())) - 1, 0)
    return len(batch.good), len(batch.known), len(batch.refused) + nameless


def _write_orders(job: OrderImport, batch: Batch, people: dict[str, User]) -> None:
    orders, lines, deliveries, issued = [], [], [], []
    for number in batch.good:
        rows = batch.rows[number]
        order = _order(job, batch, rows, people.get(rows[0].rep))
        delivery = Delivery(
            number=f"{number}-CK",
            order=order,
            customer_id=order.customer_id,
            rep=order.rep,
            issued_on=order.ordered_on,
            due_on=order.ordered_on,
            amount=order.total,
            is_history=True,
            created_by=job.created_by,
        )
        orders.append(order)
        deliveries.append(delivery)
        for position, row in enumerate(rows, start=1):
            product = batch.found.products[row.product_code, row.product_name].record
            line = OrderLine(
                order=order,
                product=product,
                position=position,
                quantity=row.quantity,
                price=row.price,
                discount=row.discount,
                amount=row.amount,
                delivered=row.quantity,
            )
            lines.append(line)
            issued.append(
                DeliveryLine(
                    delivery=delivery,
                    order_line=line,
                    product=product,
                    quantity=row.quantity,
                    amount=row.amount,
                )
            )
    SalesOrder.objects.bulk_create(orders, batch_size=500)
    OrderLine.objects.bulk_create(lines, batch_size=1000)
    Delivery.objects.bulk_create(deliveries, batch_size=500)
    DeliveryLine.objects.bulk_create(issued, batch_size=1000)


def _order(job: OrderImport, batch: Batch, rows: Sequence[OrderRow], rep: User | None) -> SalesOrder:
    first = rows[0]
    customer = batch.found.customers[first.customer_code, first.customer_name].record
    unknown_rep = first.rep if first.rep and rep is None else ""
    return SalesOrder(
        number=first.number,
        customer=customer,
        rep=rep,
        status=OrderStatus.DELIVERED,
        ordered_on=first.day,
        total=order_total([row.amount for row in rows], Decimal(0)),
        # Whoever sold it then may have left; the name is all there is of him.
        note=_("Rep then: %(name)s") % {"name": unknown_rep[:60]} if unknown_rep else "",
        order_import=job,
        created_by=job.created_by,
        submitted_at=min(day_bounds(first.day)[0] + dt.timedelta(hours=12), timezone.now()),
    )
