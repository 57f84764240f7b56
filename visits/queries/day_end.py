"""A rep's day as its report tells it (D9), and who has sent his."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django.db.models import Count, DecimalField, F, FilteredRelation, IntegerField, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from common.business_calendar import is_working_day
from common.money import round_money
from common.templatetags import paodian as fmt
from crm.models import Customer, FollowUp
from sales.models import Delivery, Receipt, SalesOrder, SalesReturn
from visits.enums import ReportStatus, TaskStatus
from visits.models import DailyReport, Visit, VisitTask
from visits.queries.reports import Asked, visit_report
from visits.queries.visits import VISITORS
from visits.rules.day_end import Figures, Stop
from visits.rules.reports import Tally
from visits.signals import collecting_day

_DAY = dt.timedelta(days=1)
_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)
_TALLIED = (
    "planned", "done", "closed", "visits", "valid", "unplanned", "forgotten", "flagged", "customers",
    "customers_valid", "customers_ordered", "dwell_s",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """What the day-end page shows: the stops that are still open, and the report as it would be sent now."""

    stops: list[VisitTask]
    figures: Figures


def rep_day(*, rep: User, day: dt.date) -> Day:
    """The business day of one rep, in six statements whatever happened."""
    tasks = (
        VisitTask.objects.filter(Q(date__in=(day, day + _DAY)) | Q(moved_from=day), rep=rep)
        .select_related("customer")
        .order_by("date", "position", "pk")
    )
    rows = list(tasks)
    figures = Figures(**_slips(rep, day))
    tally = visit_report(Asked(day, day, "rep", frozenset({rep.pk})), medians=False).groups.get(
        rep.pk, Tally()
    )
    for name in _TALLIED:
        setattr(figures, name, getattr(tally, name))
    for _receiver, answer in collecting_day.send(sender=DailyReport, reps=[rep.pk], day=day):
        known: dict[int, dict[str, Any]] = answer if isinstance(answer, dict) else {}
        for name, value in known.get(rep.pk, {}).items():
            setattr(figures, name, value)
    for task in rows:
        stop = Stop(task.customer_id, task.customer.name)
        if task.moved_from == day and task.date != day:
            figures.moved.append(Stop(stop.customer_id, stop.name, str(fmt.day(task.date))))
        if task.date == day + _DAY and task.status != TaskStatus.SKIPPED:
            figures.tomorrow.append(stop)
        if task.date == day and task.status == TaskStatus.SKIPPED:
            figures.skips.append(Stop(stop.customer_id, stop.name, task.skip_reason))
        if task.date == day and task.status == TaskStatus.OPEN:
            figures.left.append(stop)
    stops = [task for task in rows if task.date == day and task.status == TaskStatus.OPEN]
    return Day(stops, figures)


def _slips(rep: User, day: dt.date) -> dict[str, Any]:
    """Slips, new customers and follow-ups of the day, in one statement: a UNION of six counts."""
    kinds: list[tuple[str, str, QuerySet[Any], str]] = [
        ("orders", "ordered", SalesOrder.objects.counted().filter(rep=rep, ordered_on=day), "total"),
        ("van_sales", "van_sold", _van_sales().filter(rep=rep, issued_on=day), "amount"),
        ("receipts", "received", Receipt.objects.posted().filter(rep=rep, received_on=day), "amount"),
        ("returns", "returned", SalesReturn.objects.posted().filter(rep=rep, returned_on=day), "amount"),
        ("new_customers", "", Customer.objects.filter(owner=rep, created_on=day), ""),
        ("follow_ups", "", FollowUp.objects.filter(rep=rep, day=day), ""),
    ]
    parts = []
    for number, (_name, _sum, rows, amount) in enumerate(kinds):
        money = (
            Coalesce(Sum(amount), Decimal(0), output_field=_MONEY) if amount else Value(Decimal(0), _MONEY)
        )
        kind = rows.order_by().annotate(kind=Value(number, IntegerField())).values("kind")
        parts.append(kind.annotate(n=Count("pk"), money=money).values_list("kind", "n", "money"))
    found: dict[str, Any] = {}
    for number, count, money in parts[0].union(*parts[1:], all=True):
        name, sum_name, *_rest = kinds[number]
        found[name] = count
        if sum_name:
            found[sum_name] = round_money(Decimal(money))
    return found


def _van_sales() -> QuerySet[Delivery]:
    """Goods that were sold from the van on the spot; those of an order were counted when it was taken."""
    return Delivery.objects.posted().filter(order__isnull=True, is_history=False)


def own_report(*, rep: User, day: dt.date) -> DailyReport | None:
    return DailyReport.objects.filter(rep=rep, day=day).select_related("rep", "reader").first()


def visible_reports(*, user: User) -> QuerySet[DailyReport]:
    """Reports that were sent, in the user's scope or to himself; a draft is its rep's alone."""
    rows = DailyReport.objects.visible_to(user).filter(Q(status=ReportStatus.SENT) | Q(rep=user))
    return cast("QuerySet[DailyReport]", rows.select_related("rep", "reader"))


def neighbours(*, report: DailyReport, user: User, most: int = 7) -> list[DailyReport]:
    """The rep's latest reports around this one, for stepping through them."""
    rows = visible_reports(user=user).filter(rep=report.rep_id)
    return list(rows.order_by("-day")[:most])


def report_rows(*, user: User, day: dt.date) -> QuerySet[Any]:
    """Everybody who writes reports, in scope, with his report of the day where there is one that was sent."""
    mine = Q(daily_reports__day=day) & (Q(daily_reports__status=ReportStatus.SENT))
    people = User.objects.filter(pk__in=writers(user=user).values("pk"))
    return cast(
        "QuerySet[Any]",
        people.select_related("department").annotate(
            report=FilteredRelation("daily_reports", condition=mine),
            report_pk=F("report__pk"),
            report_figures=F("report__figures"),
            report_remark=F("report__remark"),
            report_sent=F("report__sent_at"),
            report_read=F("report__read_at"),
            report_reader=F("report__reader_id"),
        ),
    )


def writers(*, user: User) -> QuerySet[User]:
    """Active people in scope who visit customers; the user himself only when he is a rep."""
    people = User.objects.visible_to(user).active()
    return cast(
        "QuerySet[User]", people.filter(Q(role__code__in=VISITORS)).exclude(~Q(role__code="rep"), pk=user.pk)
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """For the workbench: reports sent to the user that he has not opened, and who owes one for `day`."""

    unread: int
    missing: int
    day: dt.date


def reports_waiting(*, user: User, today: dt.date, evening: bool) -> Waiting:
    """Who owes: reps who had a plan or a visit that day and have sent nothing. Before the evening, of the day before.

    Two statements.
    """
    day = today if evening else today - _DAY
    while not evening and not is_working_day(day) and (today - day).days < 10:
        day -= _DAY
    unread = DailyReport.objects.filter(reader=user, status=ReportStatus.SENT, read_at__isnull=True).count()
    missing = owing(writers(user=user).exclude(pk=user.pk), day).count()
    return Waiting(unread, missing, day)


def owing(people: QuerySet[Any], day: dt.date) -> QuerySet[Any]:
    """Those who had a plan or a visit on the day and have not sent its report."""
    busy = Q(pk__in=VisitTask.objects.filter(date=day).values("rep_id"))
    busy |= Q(pk__in=Visit.objects.filter(day=day).values("rep_id"))
    sent = DailyReport.objects.filter(day=day, status=ReportStatus.SENT)
    return people.filter(busy).exclude(pk__in=sent.values("rep_id"))
