"""Who pays late: customers with overdue money, how long, whom to call, what they said last (催收)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import CharField, DateField, Exists, Min, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Combinable

from accounts.models import User
from crm.models import Customer, Phone
from sales.models import Bill, CollectionNote
from sales.queries.receivables import overdue_expression, receivable_expression


def overdue_customers(user: User, today: dt.date) -> QuerySet[Customer]:
    """Customers with `overdue` and `receivable` (CNY), `oldest_due` (the oldest due day that is not paid), `phone`,
    and `said`, `said_at`, `promised_on` of the last collection note."""
    late = Bill.objects.open().filter(customer_id=OuterRef("pk"), due_on__lt=today)
    oldest = late.order_by().values("customer_id").annotate(day=Min("due_on")).values("day")
    return (
        Customer.objects.visible_to(user)
        .filter(Exists(late))
        .select_related("owner")
        .defer("search_text", "search_grams", "notes", "extra")
        .annotate(
            overdue=overdue_expression(today),
            receivable=receivable_expression(),
            oldest_due=Subquery(oldest, output_field=DateField()),
            phone=Subquery(_phone().values("raw")[:1], output_field=CharField()),
            said=_last_note("text"),
            said_at=_last_note("created_at"),
            promised_on=_last_note("promised_on"),
        )
    )


def _phone() -> QuerySet[Phone]:
    return Phone.objects.filter(customer_id=OuterRef("pk")).order_by("position", "pk")


def _last_note(column: str) -> Combinable:
    rows: QuerySet[Any] = CollectionNote.objects.filter(customer_id=OuterRef("pk"))
    return Subquery(rows.order_by("-created_at", "-pk").values(column)[:1])
