"""Agreements for lists, their page, the customer's page and the nightly reminder (G3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from auditlog.models import LogEntry
from django.db.models import DecimalField, F, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.models import User
from common.money import round_money
from sales.enums import AgreementStatus
from sales.models import Agreement, AgreementFile, SalesOrder
from sales.queries.slips import Step
from sales.rules import agreements as rules
from sales.rules.agreements import AgreementState, Year

_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)


def agreement_rows(user: User) -> QuerySet[Agreement]:
    """Agreements the user may see, with what the cells of a list read."""
    rows: QuerySet[Agreement] = Agreement.objects.visible_to(user).with_names()
    return rows.select_related("rep__department").defer("clauses")


def customer_agreements(customer_id: int, user: User, *, limit: int = 10) -> list[Agreement]:
    """A customer's agreements, the latest term first."""
    return list(agreement_rows(user).filter(customer_id=customer_id)[:limit])


def state_of(agreement: Agreement, today: dt.date) -> AgreementState:
    return rules.state(
        status=agreement.status,
        starts_on=agreement.starts_on,
        ends_on=agreement.ends_on,
        remind_days=agreement.remind_days,
        today=today,
    )


def in_state(rows: QuerySet[Agreement], state: str, today: dt.date) -> QuerySet[Agreement]:
    """Those of `rows` that are in the state on the day: the same cut as `state_of`, in the database.

    The days of reminding differ from row to row, and no arithmetic of dates and columns is the same on SQLite and
    PostgreSQL; they take few values, so each has its own condition.
    """
    if state in (AgreementState.DRAFT, AgreementState.ENDED):
        return rows.filter(status=state)
    active = rows.filter(status=AgreementStatus.ACTIVE)
    if state == AgreementState.EXPIRED:
        return active.filter(ends_on__lt=today)
    if state == AgreementState.UPCOMING:
        return active.filter(starts_on__gt=today)
    begun = active.filter(starts_on__lte=today, ends_on__gte=today)
    soon = begun.none()
    days = begun.order_by().values_list("remind_days", flat=True).distinct()
    for number in list(days):
        soon |= begun.filter(remind_days=number, ends_on__lte=today + dt.timedelta(days=number))
    if state == AgreementState.EXPIRING:
        return soon
    return begun.exclude(pk__in=soon.order_by().values("pk"))


@dataclass(frozen=True, slots=True)
class Progress:
    """Orders of the agreement's running year against what was agreed for a year."""

    year: Year
    ordered: Decimal
    agreed: Decimal
    share: Decimal  # of the agreed amount, may be over 1
    time_share: Decimal  # of the year, 0 to 1

    @property
    def missing(self) -> Decimal:
        return max(self.agreed - self.ordered, Decimal(0))

    @property
    def bar(self) -> int:
        """Per cent for the bar, 100 at most."""
        return min(int(self.share * 100), 100)

    @property
    def is_behind(self) -> bool:
        return self.share < self.time_share


def progress(agreement: Agreement, today: dt.date) -> Progress | None:
    """Orders (domain-rules §1) of the customer in the agreement's year; None without an agreed amount."""
    if not agreement.yearly_amount:
        return None
    year = rules.year_of(agreement.starts_on, agreement.ends_on, today)
    found = (
        SalesOrder.objects.counted()
        .filter(customer_id=agreement.customer_id, ordered_on__range=(year.starts_on, year.ends_on))
        .aggregate(sum=Sum("total", output_field=_MONEY))
    )
    ordered = round_money(found["sum"] or Decimal(0))
    share = rules.share(ordered, agreement.yearly_amount) or Decimal(0)
    return Progress(year, ordered, agreement.yearly_amount, share, rules.time_share(year, today))


def visible_files(user: User) -> QuerySet[AgreementFile]:
    """Files of agreements the user may see."""
    return AgreementFile.objects.filter(agreement__in=Agreement.objects.visible_to(user))


def agreement_history(agreement: Agreement) -> list[Step]:
    """Who wrote it and what was done with it, oldest first."""
    steps = [Step(agreement.created_at, str(agreement.created_by or "–"), _("Created"))]
    entries = LogEntry.objects.get_for_object(agreement).filter(action=LogEntry.Action.UPDATE)
    for entry in entries.select_related("actor").order_by("timestamp", "pk"):
        changes = entry.changes or {}
        who = str(entry.actor or "–")
        if change := changes.get("status"):
            steps.append(Step(entry.timestamp, who, str(AgreementStatus(change[1]).label)))
        elif change := changes.get("file added"):
            steps.append(Step(entry.timestamp, who, _("File added: %(name)s") % {"name": change[1]}))
        elif change := changes.get("file removed"):
            steps.append(Step(entry.timestamp, who, _("File removed: %(name)s") % {"name": change[0]}))
        elif "reminded_at" not in changes:
            steps.append(Step(entry.timestamp, who, _("Changed")))
    return steps


@dataclass(frozen=True, slots=True)
class Ending:
    """An agreement whose end is near and of which nobody has been told yet."""

    pk: int
    number: str
    title: str
    customer: str
    ends_on: dt.date
    recipients: frozenset[int]


def ending(today: dt.date) -> Iterator[Ending]:
    """Agreements in force that end within their `remind_days`, not renewed, not reminded of yet.

    Told are the customer's owner (else the agreement's rep) and his superior, as far as they still work here.
    """
    rows = (
        in_state(Agreement.objects.all(), AgreementState.EXPIRING, today)
        .filter(reminded_at__isnull=True, renewed_by__isnull=True)
        .annotate(
            owner_active=F("customer__owner__is_active"),
            boss=F("customer__owner__superior_id"),
            boss_active=F("customer__owner__superior__is_active"),
            rep_active=F("rep__is_active"),
            rep_boss=F("rep__superior_id"),
            rep_boss_active=F("rep__superior__is_active"),
        )
        .order_by("pk")
        .values(
            "pk", "number", "title", "customer__name", "customer__owner_id", "rep_id", "ends_on", "owner_active",
            "boss", "boss_active", "rep_active", "rep_boss", "rep_boss_active",
        )
    )  # fmt: skip
    for row in rows.iterator(1000):
        if row["customer__owner_id"] is not None:
            people = [(row["customer__owner_id"], row["owner_active"]), (row["boss"], row["boss_active"])]
        else:
            people = [(row["rep_id"], row["rep_active"]), (row["rep_boss"], row["rep_boss_active"])]
        yield Ending(
            pk=row["pk"],
            number=row["number"],
            title=row["title"],
            customer=row["customer__name"],
            ends_on=row["ends_on"],
            recipients=frozenset(pk for pk, is_active in people if pk is not None and is_active),
        )
