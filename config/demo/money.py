"""The demo company's money: debts from before, payment plans, part payments, refunds, costs, collection, slips at finance."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from random import Random
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.models import User
from common import business_calendar
from crm.models import Customer
from sales.enums import CostKind, PaymentMethod, SlipKind
from sales.models import (
    Bill,
    CollectionNote,
    CostEntry,
    Delivery,
    DeliveryLine,
    FinanceSlip,
    Product,
    Receipt,
    Refund,
    SalesOrder,
    SalesReturn,
)
from sales.rules.payment_plans import split_equally
from sales.services import costs, customer_terms, opening_balances, payment_plans, receipts, refunds
from sales.services.payment_plans import Part

# Days past the due date of debts from before: every bucket of the aging has some.
_AGES = (12, 25, 38, 52, 66, 80, 97, 115, 130, 190)
_SAID = (
    "老板说月底一起结",
    "财务出差，下周二付",
    "说上批货有破损，要先处理",
    "电话没人接，微信已读",
    "答应先付一半",
    "要求对账后再付，已发对账单",
)
_COSTS = (
    (CostKind.FREIGHT, "送货加急"),
    (CostKind.DISPLAY, "端架陈列一个月"),
    (CostKind.PROMOTION, "买赠物料"),
    (CostKind.REBATE, "季度返利"),
    (CostKind.ENTERTAINMENT, "客情"),
)


def make_money(rng: Random, now: dt.datetime) -> None:
    """After the books are open: everything goes through the services, as a person would have typed it in."""
    today = business_calendar.business_day(now)
    finance = User.objects.get(username="finance")
    shops = list(Customer.objects.filter(owner__isnull=False).select_related("owner").order_by("pk"))
    some = rng.sample(shops, min(len(shops), max(12, len(shops) // 20)))
    DeliveryLine.objects.filter(unit_cost__isnull=True).update(
        unit_cost=Subquery(Product.objects.filter(pk=OuterRef("product_id")).values("cost")[:1])
    )
    _debts(rng, finance, some, today)
    _plans(rng, finance, today)
    _ahead(rng, finance, some, today)
    _costs(rng, finance, some, today)
    _notes(rng, some, now)
    _inbox(finance, now)


def _debts(rng: Random, finance: User, shops: list[Customer], today: dt.date) -> None:
    """Opening balances of all ages, some of them paid in part since."""
    for n, shop in enumerate(shops):
        due = today - dt.timedelta(days=_AGES[n % len(_AGES)])
        amount = Decimal(rng.randrange(20_000, 900_000)) / 100
        opening_balances.open_balance(
            actor=finance,
            customer=shop,
            amount=amount,
            billed_on=due - dt.timedelta(days=30),
            due_on=due,
            note="启用系统前的欠款",
        )
        if n % 3 == 0:
            receipts.record_receipt(
                actor=shop.owner or finance,
                customer=shop,
                amount=(amount / 4).quantize(Decimal("0.01")),
                method=rng.choice((PaymentMethod.TRANSFER, PaymentMethod.WECHAT)),
                received_on=today - dt.timedelta(days=rng.randrange(0, 9)),
                note="先付一部分",
            )
        if n % 5 == 0:
            customer_terms.save_terms(
                actor=finance, customer=shop, payment_days=rng.choice((7, 15, 45)), is_blocked=n % 10 == 0
            )


def _plans(rng: Random, finance: User, today: dt.date) -> None:
    """Large orders of the last weeks of which nothing is paid are paid in instalments."""
    paid = Bill.objects.filter(settled__gt=0, order__isnull=False).values("order_id")
    orders = SalesOrder.objects.counted().exclude(pk__in=paid).exclude(status="closed").filter(total__gt=200)
    for order in orders.order_by("-total", "pk")[:12]:
        rows = split_equally(
            order.total, parts=rng.choice((2, 3, 4)), first=order.ordered_on + dt.timedelta(days=7), every=1
        )
        payment_plans.set_plan(
            actor=finance, order=order, parts=[Part(row.due_on, row.amount) for row in rows]
        )


def _ahead(rng: Random, finance: User, shops: list[Customer], today: dt.date) -> None:
    """Money paid ahead, and some of it paid back."""
    for n, shop in enumerate(shops[-12:]):
        receipt = receipts.record_receipt(
            actor=finance,
            customer=shop,
            amount=Decimal(rng.randrange(1, 9)) * 500,
            method=PaymentMethod.TRANSFER,
            received_on=today - dt.timedelta(days=n),
            note="预付货款",
            allocate=False,
        )
        if n % 2 == 0:
            refunds.pay_refund(
                actor=finance,
                source=receipt,
                amount=Decimal(100 + 25 * n),
                method=PaymentMethod.TRANSFER if n % 4 else PaymentMethod.CASH,
                note=("退押金", "多付退回", "促销费用抵扣")[n // 2 % 3],
            )


def _costs(rng: Random, finance: User, shops: list[Customer], today: dt.date) -> None:
    for n, shop in enumerate(shops):
        kind, note = _COSTS[n % len(_COSTS)]
        costs.record_cost(
            actor=finance,
            customer=shop,
            kind=kind,
            amount=Decimal(rng.randrange(2_000, 60_000)) / 100,
            spent_on=today - dt.timedelta(days=rng.randrange(0, 25)),
            order=shop.orders.counted().order_by("-pk").first() if n % 2 else None,
            note=note,
        )


def _notes(rng: Random, shops: list[Customer], now: dt.datetime) -> None:
    """What late payers said in the last weeks, some with a promise for these days."""
    notes = []
    for n, shop in enumerate(shops):
        for weeks in range(1 + n % 3):
            promised = now.date() + dt.timedelta(days=n % 7 - 2) if weeks == 0 and n % 2 else None
            note = CollectionNote(
                customer=shop,
                rep=shop.owner,
                text=rng.choice(_SAID),
                promised_on=promised,
                promised_amount=Decimal(rng.randrange(2, 20)) * 100 if promised else None,
                reminded_at=now if promised and promised < now.date() else None,
            )
            notes.append((note, now - dt.timedelta(days=7 * weeks + n % 5, hours=n % 6)))
    written = CollectionNote.objects.bulk_create([note for note, _at in notes])
    for note, (_note, at) in zip(written, notes, strict=True):
        note.created_at = at
    CollectionNote.objects.bulk_update(written, ["created_at"], batch_size=400)


def _inbox(finance: User, now: dt.datetime) -> None:
    """Slips of the last fortnight at finance; those of the last two days are not checked yet, one is sent back."""
    since = now - dt.timedelta(days=14)
    FinanceSlip.objects.all().delete()
    kinds: tuple[tuple[SlipKind, type[Any], str], ...] = (
        (SlipKind.ORDER, SalesOrder, "ordered_on"),
        (SlipKind.DELIVERY, Delivery, "issued_on"),
        (SlipKind.RECEIPT, Receipt, "received_on"),
        (SlipKind.RETURN, SalesReturn, "returned_on"),
        (SlipKind.REFUND, Refund, "refunded_on"),
        (SlipKind.COST, CostEntry, "spent_on"),
    )
    slips: list[tuple[FinanceSlip, dt.datetime]] = []
    for kind, model, day in kinds:
        rows = model.objects.filter(**{f"{day}__gte": since.date()}).exclude(
            status__in=("draft", "submitted")
        )
        for row in rows.order_by("pk"):
            noon = dt.time(9 + row.pk % 9, row.pk % 60)
            at = timezone.make_aware(dt.datetime.combine(getattr(row, day), noon))
            slip = FinanceSlip(
                kind=kind,
                object_id=row.pk,
                number=row.number,
                customer_id=row.customer_id,
                rep_id=row.rep_id,
                amount=row.total if kind == SlipKind.ORDER else row.amount,
            )
            if at < now - dt.timedelta(days=2):
                slip.checked_by, slip.checked_at = finance, at + dt.timedelta(hours=5)
            elif row.pk % 9 == 0:
                slip.remark = "缺少客户签收单，请补上"
            slips.append((slip, min(at, now)))
    written = FinanceSlip.objects.bulk_create([slip for slip, _at in slips], batch_size=1000)
    for slip, (_slip, at) in zip(written, slips, strict=True):
        slip.arrived_at = at
    FinanceSlip.objects.bulk_update(written, ["arrived_at"], batch_size=400)
