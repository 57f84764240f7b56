"""What the customer's page asks of sales (crm.signals)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import (
    CharField,
    Count,
    DecimalField,
    F,
    OuterRef,
    Subquery,
    Sum,
    TextChoices,
    Value,
)
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from common.money import round_money
from common.templatetags.paodian import day as day_text
from common.templatetags.paodian import money
from crm.enums import TimelineKind
from crm.models import Customer
from crm.queries.timeline import moment_of, page_rows
from crm.rules.facts import MoneyFacts
from crm.rules.timeline import TimelineEvent, Wish
from sales.enums import AgreementStatus, OrderStatus, PostingStatus, QuoteStatus
from sales.models import Agreement, CollectionNote, Delivery, Quote, Receipt, Refund, SalesOrder, SalesReturn
from sales.queries.receivables import overdue_expression, receivable_expression

_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)


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
    TimelineKind.RETURN: (SalesReturn, "returned_on", "amount", "sales.view_salesreturn"),
    TimelineKind.REFUND: (Refund, "refunded_on", "amount", "sales.view_refund"),
    TimelineKind.QUOTE: (Quote, "quoted_on", "total", "sales.view_quote"),
    TimelineKind.AGREEMENT: (Agreement, "signed_on", "yearly_amount", "sales.view_agreement"),
}
# What a status of the kind is called.
_WORDS: dict[str, type[TextChoices]] = {
    TimelineKind.ORDER: OrderStatus,
    TimelineKind.QUOTE: QuoteStatus,
    TimelineKind.AGREEMENT: AgreementStatus,
}


def timeline_events(customer: Customer, user: User, wish: Wish) -> list[TimelineEvent]:
    """The customer's slips, quotations, signed agreements and collection notes as far as `user` may see them.

    Two statements: one for everything that has a number and a sum, one for what was said.
    """
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
    slips = [_slip_event(*row) for row in parts[0].union(*parts[1:], all=True)] if parts else []
    return slips + _collection_events(customer, user, wish)


def _collection_events(customer: Customer, user: User, wish: Wish) -> list[TimelineEvent]:
    if not wish.wants(TimelineKind.COLLECTION) or not user.has_perm("sales.view_collectionnote"):
        return []
    rows = CollectionNote.objects.visible_to(user).filter(customer=customer).select_related("rep")
    if wish.person_id is not None:
        rows = rows.filter(rep_id=wish.person_id)
    promise = _("promised %(amount)s for %(day)s")
    return [
        TimelineEvent(
            at=note.created_at,
            ref=f"collection-{note.pk}",
            kind=TimelineKind.COLLECTION,
            title=_("Collection note"),
            text=note.text
            if note.promised_on is None
            else f"{note.text} · "
            + promise % {"amount": money(note.promised_amount), "day": day_text(note.promised_on)},
            url=reverse("sales:collection_create", args=[customer.pk]),
            person=str(note.rep or ""),
            person_id=note.rep_id,
        )
        for note in page_rows(rows, "created_at", wish)
    ]


def _slip_event(
    kind: str,
    pk: int,
    number: str,
    day: dt.date,
    created_at: dt.datetime,
    amount: Decimal | None,
    status: str,
    rep_id: int | None,
    rep_name: str | None,
) -> TimelineEvent:
    at, is_timed = moment_of(day, created_at)
    words = _WORDS.get(kind, PostingStatus)
    names = {
        TimelineKind.ORDER: _("Order"),
        TimelineKind.DELIVERY: _("Delivery"),
        TimelineKind.RECEIPT: _("Receipt"),
        TimelineKind.RETURN: _("Sales return"),
        TimelineKind.REFUND: _("Refund"),
        TimelineKind.QUOTE: _("Quotation"),
        TimelineKind.AGREEMENT: _("Agreement signed"),
    }
    name = names[TimelineKind(kind)]
    return TimelineEvent(
        at=at,
        ref=f"{kind}-{pk}",
        kind=kind,
        title=name if amount is None else f"{name} ¥{round_money(amount):,.2f}",
        text=f"{number} · {words(status).label}",
        url=reverse(f"sales:{kind}_detail", args=[pk]),
        person=rep_name or "",
        person_id=rep_id,
        is_timed=is_timed,
    )
