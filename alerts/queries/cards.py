"""The rep's own alerts as cards, one a customer: what he needs to decide and to act with one thumb."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from alerts.models import Alert
from alerts.queries.rows import with_facts, with_snoozes
from alerts.queries.words import reason
from alerts.rules import KINDS, label_of
from crm.models import Customer, Phone
from sales.queries import receivables
from visits.enums import TaskSource, TaskStatus
from visits.models import VisitTask
from visits.queries import map_links

_PROVIDERS = {
    "amap": _("AMap"),
    "baidu": _("Baidu Maps"),
    "tencent": _("Tencent Maps"),
    "apple": _("Apple Maps"),
    "geo": _("Other map app"),
}
MOST = 5000  # alerts that one person's list is made from; nobody has as many


@dataclass(frozen=True)
class Planned:
    """The next open task at a customer; `mine_to_undo`: made from an alert by the person himself."""

    date: dt.date
    task_id: int
    mine_to_undo: bool


@dataclass(frozen=True)
class CardLine:
    """One alert of a card in words; `put_off` is its snooze while that lasts."""

    alert: Any
    label: str
    colour: str
    days: int
    words: str
    reason: str
    put_off: Any


@dataclass(frozen=True)
class Card:
    """One customer with alerts; `links` are (provider, address), money in CNY."""

    customer: Any
    lines: list[CardLine]
    receivable: Decimal
    overdue: Decimal
    last_order_total: Decimal | None
    phone: str
    links: list[tuple[str, str]]
    planned: Planned | None


@dataclass(frozen=True)
class CardPage:
    """Some of a person's cards, and how many customers there are in all."""

    cards: list[Card]
    customers: int
    page: int
    pages: int


def kind_counts(alerts: QuerySet[Any]) -> dict[str, int]:
    """{kind: alerts} in the register's order, kinds without any left out."""
    rows = dict(alerts.order_by().values_list("kind").annotate(n=Count("pk")))
    order = [*KINDS, *sorted(set(rows) - set(KINDS))]
    return {kind: rows[kind] for kind in order if kind in rows}


def card_page(
    alerts: QuerySet[Any], today: dt.date, *, rep: User, by_money: bool, page: int, size: int
) -> CardPage:
    """Page `page` (from 1) of the customers of `alerts`: longest overdue first, or who owes most first."""
    rows = list(alerts.order_by("due_on", "pk").values_list("customer_id", "pk")[:MOST])
    by_customer: dict[int, list[int]] = {}
    for customer_id, pk in rows:
        by_customer.setdefault(customer_id, []).append(pk)
    order = list(by_customer)
    if by_money:
        owed = receivables(order)
        order.sort(key=lambda pk: -owed[pk])  # stable: equal sums stay longest overdue first
    pages = max(-(-len(order) // size), 1)
    page = min(max(page, 1), pages)
    shown = order[(page - 1) * size : page * size]
    wanted = [pk for customer_id in shown for pk in by_customer[customer_id]]
    return CardPage(cards(alerts.filter(pk__in=wanted), today, rep=rep, order=shown), len(order), page, pages)


def cards(alerts: QuerySet[Any], today: dt.date, *, rep: User, order: Sequence[int]) -> list[Card]:
    """A card for each customer in `order` that has any of `alerts`."""
    rows = with_snoozes(with_facts(alerts, today)).order_by("due_on", "pk")
    by_customer: dict[int, list[Any]] = {}
    for row in rows:
        by_customer.setdefault(row.customer_id, []).append(row)
    ids = [pk for pk in order if pk in by_customer]
    phones, planned = _first_phones(ids), planned_tasks(ids, rep=rep, today=today)
    return [_card(by_customer[pk], today, phones.get(pk, ""), planned.get(pk)) for pk in ids]


def _card(rows: list[Any], today: dt.date, phone: str, planned: Planned | None) -> Card:
    first = rows[0]
    return Card(
        customer=first.customer,
        lines=[_line(row, today) for row in rows],
        receivable=first.receivable,
        overdue=first.overdue,
        last_order_total=first.last_order_total,
        phone=phone,
        links=[(str(_PROVIDERS[code]), address) for code, address in map_links(first.customer)],
        planned=planned,
    )


def _line(row: Any, today: dt.date) -> CardLine:
    days = row.days_overdue(today)
    kind = KINDS.get(row.kind)
    return CardLine(
        alert=row,
        label=label_of(row.kind),
        colour=kind.colour if kind else "secondary",
        days=days,
        words=kind.days_words(days) if kind else str(days),
        reason=reason(row),
        put_off=row.live_snoozes[0] if row.is_snoozed(today) and row.live_snoozes else None,
    )


def planned_tasks(customer_ids: Iterable[int], *, rep: User, today: dt.date) -> dict[int, Planned]:
    """{customer: the rep's first open task there from today on}."""
    tasks = VisitTask.objects.filter(
        rep=rep, customer_id__in=list(customer_ids), status=TaskStatus.OPEN, date__gte=today
    )
    columns = ("customer_id", "date", "pk", "source", "created_by_id")
    return {
        customer_id: Planned(date, pk, source == TaskSource.ALERT and creator == rep.pk)
        for customer_id, date, pk, source, creator in tasks.order_by("-date", "-pk").values_list(*columns)
    }


def alerts_of(customer: Customer, earlier: int = 10) -> tuple[list[Alert], list[Alert]]:
    """The customer's open alerts, the longest due first, and his `earlier` latest closed ones; one statement."""
    rows = (
        Alert.objects.filter(customer=customer)
        .select_related("version")
        .order_by(F("closed_on").desc(nulls_first=True), "-pk")[: len(KINDS) + earlier]
    )
    found = list(rows)
    for alert in found:
        alert.customer = customer
    opened = [alert for alert in found if alert.closed_on is None]
    closed = [alert for alert in found if alert.closed_on is not None]
    return sorted(opened, key=lambda alert: (alert.due_on, alert.pk)), closed[:earlier]


def _first_phones(customer_ids: Iterable[int]) -> dict[int, str]:
    phones: dict[int, str] = {}
    for customer_id, e164, raw in (
        Phone.objects.filter(customer_id__in=list(customer_ids))
        .order_by("position", "pk")
        .values_list("customer_id", "e164", "raw")
    ):
        phones.setdefault(customer_id, e164 or raw)
    return phones
