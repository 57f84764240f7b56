"""The rep's own alerts as cards: what he needs to decide and to act with one thumb."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from alerts.models import Alert
from alerts.queries.customers import with_facts
from alerts.queries.words import reason
from alerts.rules import KINDS
from crm.models import Phone
from visits.enums import TaskStatus
from visits.models import VisitTask
from visits.queries import map_links

_PROVIDERS = {
    "amap": _("AMap"),
    "baidu": _("Baidu Maps"),
    "tencent": _("Tencent Maps"),
    "apple": _("Apple Maps"),
    "geo": _("Other map app"),
}


@dataclass(frozen=True)
class Card:
    """One alert on the phone; `links` are (provider, address), `planned` is the next day with an open task."""

    alert: Any  # Alert with the annotations of with_facts
    days: int
    reason: str
    phone: str
    links: list[tuple[str, str]]
    planned: dt.date | None


def cards(
    alerts: QuerySet[Any], today: dt.date, *, rep: User, by_money: bool = False, kind: str = "", limit: int
) -> list[Card]:
    """At most `limit` cards of each kind (or of one), longest overdue or highest receivable first."""
    first = [F("receivable").desc()] if by_money else []
    numbered = with_facts(alerts.filter(kind=kind) if kind else alerts, today).annotate(
        number=Window(
            RowNumber(), partition_by=[F("kind")], order_by=[*first, F("due_on").asc(), F("pk").asc()]
        )
    )
    order = list(KINDS)
    rows: Sequence[Any] = sorted(
        numbered.filter(number__lte=limit, kind__in=order), key=lambda row: (order.index(row.kind), row.number)
    )
    customers = {row.customer_id for row in rows}
    phones = _first_phones(customers)
    planned = planned_days(customers, rep=rep, today=today)
    return [
        Card(
            row,
            row.days_overdue(today),
            reason(row),
            phones.get(row.customer_id, ""),
            [(str(_PROVIDERS[code]), address) for code, address in map_links(row.customer)],
            planned.get(row.customer_id),
        )
        for row in rows
    ]


def planned_days(customer_ids: Iterable[int], *, rep: User, today: dt.date) -> dict[int, dt.date]:
    """{customer: first day from today on which the rep has an open task there}."""
    tasks = VisitTask.objects.filter(
        rep=rep, customer_id__in=list(customer_ids), status=TaskStatus.OPEN, date__gte=today
    )
    return dict(tasks.order_by("-date").values_list("customer_id", "date"))


def history(customer_id: int, limit: int = 10) -> list[Alert]:
    """The customer's latest closed alerts."""
    rows = Alert.objects.filter(customer_id=customer_id, closed_on__isnull=False)
    return list(rows.select_related("version", "customer").order_by("-closed_on", "-pk")[:limit])


def _first_phones(customer_ids: set[int]) -> dict[int, str]:
    phones: dict[int, str] = {}
    for customer_id, e164, raw in (
        Phone.objects.filter(customer_id__in=customer_ids)
        .order_by("position", "pk")
        .values_list("customer_id", "e164", "raw")
    ):
        phones.setdefault(customer_id, e164 or raw)
    return phones
