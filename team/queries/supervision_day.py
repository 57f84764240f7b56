"""One person's day with the rows behind its figures (H4): eight statements whatever happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import CharField, Count, DecimalField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts.models import User
from common.money import round_money
from crm.models import Customer, FollowUp
from sales.enums import OrderStatus, PostingStatus, QuoteStatus
from sales.models import Quote, Receipt, SalesOrder
from team.enums import WorkReportKind
from team.models import WorkReport
from team.rules.reports import first_day
from team.rules.supervision import ZERO, DayFigures
from territory.models import TrackDay
from territory.queries import track_days
from visits.enums import ReportStatus, TaskStatus, VisitOutcome
from visits.models import DailyReport, Visit, VisitTask
from visits.queries.day_end import writers

_DAY = dt.timedelta(days=1)
_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)
SHOWN = 100  # new customers: an import may have brought any number; their list has the rest


@dataclass(frozen=True, slots=True)
class Slip:
    """A new customer, a quotation, an order or a receipt of the day."""

    kind: str
    pk: int
    number: str
    customer_id: int
    customer: str
    amount: Decimal
    status: str

    @property
    def url(self) -> str:
        page = {"customer": "crm:customer", "quote": "sales:quote", "order": "sales:order"}
        return reverse(f"{page.get(self.kind, 'sales:receipt')}_detail", args=[self.pk])

    @property
    def status_words(self) -> str:
        words: dict[str, Any] = {"quote": QuoteStatus, "order": OrderStatus, "receipt": PostingStatus}
        return str(words[self.kind](self.status).label)


@dataclass(slots=True)
class PersonDay:
    """What happened on a person's day, as far as the viewer may see it, newest last."""

    person: User
    day: dt.date
    customers: list[Slip] = field(default_factory=list)
    quotes: list[Slip] = field(default_factory=list)
    orders: list[Slip] = field(default_factory=list)
    receipts: list[Slip] = field(default_factory=list)
    follow_ups: list[FollowUp] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    tasks: list[VisitTask] = field(default_factory=list)
    tomorrow: list[VisitTask] = field(default_factory=list)
    track: TrackDay | None = None
    figures: DayFigures = field(default_factory=DayFigures)

    @property
    def left(self) -> list[VisitTask]:
        """Stops of the day that were not served, or not yet."""
        return [task for task in self.tasks if task.status != TaskStatus.DONE]

    @property
    def is_empty(self) -> bool:
        done = (self.customers, self.quotes, self.orders, self.receipts, self.follow_ups, self.visits)
        return not any((*done, self.tasks))


@dataclass(frozen=True, slots=True)
class Beside:
    """The person himself and who stands before and after him in the team."""

    person: User
    previous: User | None
    following: User | None


def person_beside(*, viewer: User, pk: int) -> Beside | None:
    """The person, when `viewer` leads him or is he; None for others. One statement, besides the scope."""
    people = User.objects.filter(pk=viewer.pk)
    if viewer.has_perm("team.view_supervision"):
        team = writers(user=viewer).values("pk")
        people = User.objects.visible_to(viewer).filter(Q(pk__in=team) | Q(pk=pk))
    found = list(people.select_related("department").order_by("name", "pk"))
    place = next((n for n, person in enumerate(found) if person.pk == pk), None)
    if place is None:
        return None
    following = found[place + 1] if place + 1 < len(found) else None
    return Beside(found[place], found[place - 1] if place else None, following)


def person_day(*, viewer: User, person: User, day: dt.date) -> PersonDay:
    """The day's rows, each kind only when the viewer may see it; six statements, seven when the track is new."""
    found = PersonDay(person, day)
    for slip in _slips(viewer, person, day):
        getattr(found, f"{slip.kind}s").append(slip)
    if viewer.has_perm("crm.view_followup"):
        talks = FollowUp.objects.visible_to(viewer).filter(rep=person, day=day)
        found.follow_ups = list(
            talks.select_related("customer", "lead", "method", "stage").order_by("at", "pk")
        )
    if viewer.has_perm("visits.view_visit"):
        visits = Visit.objects.visible_to(viewer).filter(rep=person, day=day)
        shown = visits.select_related("customer").annotate(photo_count=Count("photos"))
        found.visits = list(shown.order_by("check_in_at", "pk"))
    if viewer.has_perm("visits.view_visittask"):
        tasks = VisitTask.objects.visible_to(viewer).filter(rep=person, date__in=(day, day + _DAY))
        for task in tasks.select_related("customer").order_by("date", "position", "pk"):
            if task.date == day:
                found.tasks.append(task)
            elif task.status != TaskStatus.SKIPPED:
                found.tomorrow.append(task)
    if viewer.has_perm("territory.view_trackpoint"):
        track = track_days(day, reps=[person.pk]).get((person.pk, day))
        found.track = track if track and track.points else None
    found.figures = _figures(found)
    if len(found.customers) == SHOWN:
        found.figures.new_customers = _new_customers(viewer, person, day).count()
    return found


def _new_customers(viewer: User, person: User, day: dt.date) -> QuerySet[Any]:
    rows: QuerySet[Any] = Customer.objects.visible_to(viewer).filter(owner=person, created_on=day)
    return rows


def _slips(viewer: User, person: User, day: dt.date) -> list[Slip]:
    """New customers, quotations, orders and receipts, in one statement."""
    quotes = Quote.objects.exclude(status=QuoteStatus.SUPERSEDED)
    newest = _new_customers(viewer, person, day).order_by("-pk").values("pk")[:SHOWN]
    sources: list[tuple[str, str, QuerySet[Any]]] = [
        ("crm.view_customer", "customer", Customer.objects.filter(pk__in=newest)),
        ("sales.view_quote", "quote", quotes.filter(rep=person, quoted_on=day)),
        ("sales.view_salesorder", "order", SalesOrder.objects.counted().filter(rep=person, ordered_on=day)),
        ("sales.view_receipt", "receipt", Receipt.objects.posted().filter(rep=person, received_on=day)),
    ]
    parts = [_slip_rows(kind, rows) for needed, kind, rows in sources if viewer.has_perm(needed)]
    if not parts:
        return []
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    found = [
        Slip(kind, pk, number, customer_id, customer, round_money(Decimal(amount)), status)
        for kind, pk, number, customer_id, customer, amount, status in rows
    ]
    return sorted(found, key=lambda slip: slip.pk)


def _slip_rows(kind: str, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    if kind == "customer":
        texts: dict[str, Any] = {"a": F("code"), "b": F("pk"), "c": F("name"), "e": Value("", CharField())}
        money: Any = Value(ZERO, _MONEY)
    else:
        texts = {"a": F("number"), "b": F("customer_id"), "c": F("customer__name"), "e": F("status")}
        money = F("amount" if kind == "receipt" else "total")
    named: QuerySet[Any, Any] = rows.order_by().annotate(
        sort=Value(kind, CharField()), **texts, d=Coalesce(money, ZERO, output_field=_MONEY)
    )
    named = named.values_list("sort", "pk", "a", "b", "c", "d", "e")
    return named


def _figures(found: PersonDay) -> DayFigures:
    """Counted from the rows at hand, so that a tile and what stands below it cannot differ."""
    served = {
        visit.task_id
        for visit in found.visits
        if visit.is_valid and visit.outcome != VisitOutcome.CLOSED_SHOP
    }
    talks = found.follow_ups
    return DayFigures(
        new_customers=len(found.customers),
        leads=len({row.lead_id for row in talks if row.lead_id}),
        contacted=len({row.customer_id for row in talks if row.customer_id}),
        planned=len(found.tasks),
        done=sum(task.pk in served for task in found.tasks),
        visits=len(found.visits),
        valid=sum(visit.is_valid for visit in found.visits),
        quotes=len(found.quotes),
        quoted=_sum(found.quotes),
        orders=len(found.orders),
        ordered=_sum(found.orders),
        receipts=len(found.receipts),
        received=_sum(found.receipts),
        mileage_m=found.track.mileage_m if found.track else None,
        first_at=found.visits[0].check_in_at if found.visits else None,
        last_at=found.visits[-1].check_in_at if found.visits else None,
    )


def _sum(slips: Sequence[Slip]) -> Decimal:
    return sum((slip.amount for slip in slips), ZERO)


def sent_report(*, viewer: User, person: User, day: dt.date) -> DailyReport | None:
    """The person's daily report of the day, when it was sent or is the viewer's own."""
    rows = DailyReport.objects.visible_to(viewer).filter(rep=person, day=day)
    if person.pk != viewer.pk:
        rows = rows.filter(status=ReportStatus.SENT)
    report: DailyReport | None = rows.select_related("reader").first()
    return report


def work_reports(*, viewer: User, person: User, day: dt.date) -> list[WorkReport]:
    """The person's reports of the day, its week and its month that the viewer may read; not the one that the day's end
    made, which says what the daily report says."""
    rows = WorkReport.objects.visible_to(viewer).sent().filter(person=person, daily_report__isnull=True)
    begins = Q()
    for kind in WorkReportKind:
        begins |= Q(kind=kind, first=first_day(kind, day))
    return list(rows.filter(begins).order_by("-first", "pk"))
