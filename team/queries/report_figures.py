"""What a period came to, for one person or for a leader and his people: set by set, whatever their number."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, IntegerField, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from accounts.enums import RoleCode
from accounts.models import User
from accounts.querysets import scope_user_ids
from common.money import round_money
from crm.models import Customer, FollowUp
from sales.models import Delivery, Receipt, SalesOrder, SalesReturn
from team.rules.reports import WorkFigures, last_day, next_first
from territory.queries import track_days
from visits.enums import TaskStatus
from visits.models import Visit, VisitTask
from visits.queries.reports import served_condition

_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)


@dataclass(frozen=True, slots=True)
class Period:
    """The days of one report, both included, and the days of the next."""

    first: dt.date
    last: dt.date
    ahead: dt.date
    ahead_last: dt.date

    @classmethod
    def of(cls, kind: str, first: dt.date) -> Period:
        after = next_first(kind, first)
        return cls(first, last_day(kind, first), after, last_day(kind, after))


def people_of(user: User) -> frozenset[int] | None:
    """Whose work a report of his is about: a manager's about that of his people, everybody else's about his own.

    None: the whole company's.
    """
    if user.role is not None and user.role.code in (RoleCode.MANAGER, RoleCode.ADMIN):
        return scope_user_ids(user)
    return frozenset({user.pk})


def period_figures(*, user: User, kind: str, first: dt.date, today: dt.date) -> WorkFigures:
    """The period's figures as of today: what is planned for days to come is not missed yet. Two statements, or three."""
    period, people = Period.of(kind, first), people_of(user)
    figures = WorkFigures(**_counts(period, people, min(period.last, today)))
    days = [row for row in track_days(first, period.last, reps=people).values() if row.points]
    if days:
        figures.mileage_m = sum(row.mileage_m for row in days)
    return figures


def days_ahead(*, user: User, kind: str, first: dt.date) -> list[tuple[dt.date, int]]:
    """Days of the next period with their number of planned visits, of the user himself or his people."""
    period = Period.of(kind, first)
    tasks = _by(people_of(user), "rep", VisitTask.objects.all()).filter(
        date__range=(period.ahead, period.ahead_last)
    )
    rows = tasks.exclude(status=TaskStatus.SKIPPED).order_by("date").values_list("date")
    return list(rows.annotate(n=Count("pk")))


def _by(people: frozenset[int] | None, field: str, rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows if people is None else rows.filter(**{f"{field}__in": people})


def _counts(period: Period, people: frozenset[int] | None, until: dt.date) -> dict[str, Any]:
    """All counts and sums in one statement: a UNION, a row a figure."""
    days = (period.first, period.last)
    visits = Visit.objects.filter(day__range=days)
    valid = Q(check_out_at__isnull=False)
    tasks = VisitTask.objects.filter(date__range=(period.first, until))
    ahead = VisitTask.objects.filter(date__range=(period.ahead, period.ahead_last)).exclude(
        status=TaskStatus.SKIPPED
    )
    kinds: list[tuple[str, str, QuerySet[Any], str, str]] = [
        ("planned", "", tasks, "rep", ""),
        ("done", "", tasks.filter(served_condition()), "rep", ""),
        ("closed", "", tasks.filter(served_condition(closed=True), ~served_condition()), "rep", ""),
        ("visits", "", visits, "rep", ""),
        ("valid", "", visits.filter(valid), "rep", ""),
        ("ahead", "", ahead, "rep", ""),
        ("new_customers", "", Customer.objects.filter(created_on__range=days), "owner", ""),
        ("follow_ups", "", FollowUp.objects.filter(day__range=days), "rep", ""),
        ("orders", "ordered", SalesOrder.objects.counted().filter(ordered_on__range=days), "rep", "total"),
        ("deliveries", "delivered", _delivered().filter(issued_on__range=days), "rep", "amount"),
        ("receipts", "received", Receipt.objects.posted().filter(received_on__range=days), "rep", "amount"),
        ("returns", "returned", SalesReturn.objects.posted().filter(returned_on__range=days), "rep", "amount"),
    ]  # fmt: skip
    parts = []
    for number, (_name, _sum, rows, owner, amount) in enumerate(kinds):
        money = (
            Coalesce(Sum(amount), Decimal(0), output_field=_MONEY) if amount else Value(Decimal(0), _MONEY)
        )
        kind = _by(people, owner, rows).order_by().annotate(kind=Value(number, IntegerField())).values("kind")
        parts.append(kind.annotate(n=Count("pk"), money=money).values_list("kind", "n", "money"))
    found: dict[str, Any] = {}
    for number, count, money in parts[0].union(*parts[1:], all=True):
        name, sum_name, *_rest = kinds[number]
        found[name] = count
        if sum_name:
            found[sum_name] = round_money(Decimal(money))
    return found


def _delivered() -> QuerySet[Delivery]:
    return Delivery.objects.posted().filter(is_history=False)
