"""The last-event columns that alerts, lists and maps read instead of the records themselves (domain-rules §3)."""

import datetime as dt
from typing import Literal

from django.db.models import Q

from crm.models import Customer

EventKind = Literal["visit", "order", "sale", "follow_up"]
_COLUMNS: dict[str, str] = {
    "visit": "last_visit_on",
    "order": "last_order_on",
    "sale": "last_sale_on",
    "follow_up": "last_follow_up_on",
}


def record_event(*, customer_id: int, kind: EventKind, day: dt.date) -> None:
    """Note a valid visit, a submitted order, a goods issue or a follow-up of business day `day`.

    One conditional UPDATE, so that late and repeated records never move the date back.
    """
    column = _COLUMNS[kind]
    older = Q(**{f"{column}__isnull": True}) | Q(**{f"{column}__lt": day})
    Customer.objects.filter(older, pk=customer_id).update(**{column: day})


def set_last_event(*, customer_id: int, kind: EventKind, day: dt.date | None) -> None:
    """Set the exact date, or none, after a cancel or a reversal; the caller has read what is left."""
    Customer.objects.filter(pk=customer_id).update(**{_COLUMNS[kind]: day})
