"""A team's day in a few statements (H4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import (
    CharField,
    Count,
    DecimalField,
    F,
    IntegerField,
    Max,
    Min,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce

from accounts.models import User
from accounts.queries import DepartmentNode, branch_ids
from common.money import round_money
from crm.models import Customer, FollowUp
from sales.enums import QuoteStatus
from sales.models import Quote, Receipt, SalesOrder
from team.models import Instruction
from team.rules.supervision import DayFigures
from territory.queries import track_days
from visits.enums import ReportStatus
from visits.models import DailyReport, Visit, VisitTask
from visits.queries.day_end import writers
from visits.queries.reports import served_condition

_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)
_NOTHING = Value(Decimal(0), _MONEY)
_COLUMNS = ("kind", "who", "n", "money", "n_before", "money_before")


# --- the team
def supervised(user: User) -> QuerySet[User]:
    """Active people in scope who visit customers, by name; the user himself only when he is a rep."""
    return writers(user=user).select_related("department").order_by("name", "pk")


def of_department(people: list[User], tree: list[DepartmentNode], department_id: int | None) -> list[User]:
    """Those of a department and the ones under it."""
    if department_id is None:
        return people
    branch = branch_ids(tree, department_id)
    return [person for person in people if person.department_id in branch]


@dataclass(frozen=True, slots=True)
class TeamDay:
    """Figures of each person on the day and on another one to compare with, by person."""

    now: dict[int, DayFigures]
    before: dict[int, DayFigures]


def team_day(*, user: User, people: Collection[User], day: dt.date, before: dt.date) -> TeamDay:
    """What `user` may see of these people's days: five statements for any number of people, six when a track is new.

    The other day comes without mileage, check-ins, report and instructions, which nobody compares.
    """
    ids = [person.pk for person in people]
    found = TeamDay({pk: DayFigures() for pk in ids}, {pk: DayFigures() for pk in ids})
    if ids:
        _count(found, user, ids, day, before)
        _stops(found, ids, day, before)
        _visits(found, ids, day, before)
        for (pk, _day), track in track_days(day, reps=ids).items():
            found.now[pk].mileage_m = track.mileage_m if track.points else None
    return found


def _count(found: TeamDay, user: User, ids: list[int], day: dt.date, before: dt.date) -> None:
    """Customers, follow-ups, slips, reports and instructions in one statement: a UNION of sums by person."""
    days = (day, before)
    talks = FollowUp.objects.visible_to(user).filter(rep__in=ids, day__in=days)
    quotes = Quote.objects.exclude(status=QuoteStatus.SUPERSEDED).filter(rep__in=ids, quoted_on__in=days)
    orders = SalesOrder.objects.counted().filter(rep__in=ids, ordered_on__in=days)
    receipts = Receipt.objects.posted().filter(rep__in=ids, received_on__in=days)
    reports = DailyReport.objects.filter(rep__in=ids, day=day, status=ReportStatus.SENT)
    waiting = Instruction.objects.visible_to(user).unanswered().filter(person__in=ids)
    customers = Customer.objects.filter(owner__in=ids, created_on__in=days)
    parts = [
        _part("new_customers", customers, "owner_id", "created_on", days),
        _part("leads", talks.filter(lead__isnull=False), "rep_id", "day", days, distinct="lead"),
        _part("contacted", talks.filter(customer__isnull=False), "rep_id", "day", days, distinct="customer"),
        _part("quotes", quotes, "rep_id", "quoted_on", days, money="total"),
        _part("orders", orders, "rep_id", "ordered_on", days, money="total"),
        _part("receipts", receipts, "rep_id", "received_on", days, money="amount"),
        _known("report_pk", reports, "rep_id", Max("pk")),
        _known("unanswered", waiting, "person_id", Count("pk")),
    ]
    for kind, who, n, money, n_before, money_before in parts[0].union(*parts[1:], all=True):
        for row, count, amount in (
            (found.now[who], n, money),
            (found.before[who], n_before, money_before),
        ):
            setattr(row, kind, count)
            if kind in _SUMS:
                setattr(row, _SUMS[kind], round_money(Decimal(amount)))


_SUMS = {"quotes": "quoted", "orders": "ordered", "receipts": "received"}


def _part(
    kind: str,
    rows: QuerySet[Any],
    person: str,
    on: str,
    days: tuple[dt.date, dt.date],
    *,
    money: str = "",
    distinct: str = "pk",
) -> QuerySet[Any, Any]:
    """Number (of different `distinct`) and sum of both days by person."""
    sums: dict[str, Any] = {}
    for suffix, day in zip(("", "_before"), days, strict=True):
        of_day = Q(**{on: day})
        sums[f"n{suffix}"] = Count(distinct, filter=of_day, distinct=distinct != "pk")
        amount = Coalesce(Sum(money, filter=of_day), Decimal(0), output_field=_MONEY) if money else _NOTHING
        sums[f"money{suffix}"] = amount
    found: QuerySet[Any, Any] = _grouped(kind, rows, person).annotate(**sums).values_list(*_COLUMNS)
    return found


def _known(kind: str, rows: QuerySet[Any], person: str, what: Any) -> QuerySet[Any, Any]:
    """One number by person, of the day alone."""
    none = Value(0, IntegerField())
    numbers = {"n": what, "money": _NOTHING, "n_before": none, "money_before": _NOTHING}
    found: QuerySet[Any, Any] = _grouped(kind, rows, person).annotate(**numbers).values_list(*_COLUMNS)
    return found


def _grouped(kind: str, rows: QuerySet[Any], person: str) -> QuerySet[Any, Any]:
    named: QuerySet[Any, Any] = rows.order_by().annotate(kind=Value(kind, CharField()), who=F(person))
    return named.values("kind", "who")


def _stops(found: TeamDay, ids: list[int], day: dt.date, before: dt.date) -> None:
    tasks = VisitTask.objects.filter(rep__in=ids, date__in=(day, before)).order_by()
    counted: QuerySet[Any, Any] = tasks.annotate(served=served_condition()).values("rep_id", "date")
    for row in counted.annotate(planned=Count("pk"), done=Count("pk", filter=Q(served=True))):
        figures = (found.now if row["date"] == day else found.before)[row["rep_id"]]
        figures.planned, figures.done = row["planned"], row["done"]


def _visits(found: TeamDay, ids: list[int], day: dt.date, before: dt.date) -> None:
    visits: QuerySet[Any, Any] = Visit.objects.filter(rep__in=ids, day__in=(day, before)).order_by()
    counted: QuerySet[Any, Any] = visits.values("rep_id", "day").annotate(
        n=Count("pk"),
        valid=Count("pk", filter=Q(check_out_at__isnull=False)),
        first=Min("check_in_at"),
        last=Max("check_in_at"),
    )
    for row in counted:
        figures = (found.now if row["day"] == day else found.before)[row["rep_id"]]
        figures.visits, figures.valid = row["n"], row["valid"]
        figures.first_at, figures.last_at = row["first"], row["last"]
