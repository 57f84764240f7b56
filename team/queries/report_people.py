"""Who has sent his work reports, and who has not: by period, and over many."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Count, Exists, F, FilteredRelation, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncMonth

from accounts.enums import RoleCode
from accounts.models import User
from accounts.querysets import scope_user_ids
from common.business_calendar import business_day, day_bounds, is_working_day
from team.enums import WorkReportKind, WorkReportStatus
from team.models import WorkReport
from team.queries.reports import due_roles
from team.rules.reports import Tally, due_on, firsts_between, last_day
from visits.models import Visit, VisitTask


def people_with_report(*, user: User, kind: str, first: dt.date) -> QuerySet[Any]:
    """Everybody in scope who owes the period's report or has sent it, with that report: `report_pk` and so on."""
    people = cast("QuerySet[Any]", User.objects.visible_to(user).exclude(pk=user.pk))
    found = with_report(people, kind, first).filter(owing(kind, first) | Q(report_pk__isnull=False))
    return found.select_related("department", "role")


def with_report(people: QuerySet[Any], kind: str, first: dt.date) -> QuerySet[Any]:
    mine = Q(work_reports__kind=kind, work_reports__first=first)
    mine &= Q(work_reports__status__in=(WorkReportStatus.SENT, WorkReportStatus.READ))
    found: QuerySet[Any] = people.annotate(
        report=FilteredRelation("work_reports", condition=mine),
        report_pk=F("report__pk"),
        report_status=F("report__status"),
        report_sent=F("report__sent_at"),
        report_late=F("report__is_late"),
        report_read=F("report__read_at"),
        report_reviewer=F("report__reviewer__name"),
    )
    return found


def owing(kind: str, first: dt.date, *, roles: set[str] | None = None) -> Q:
    """Who must send the period's report: those who were here by then, and whose role's template says so.

    A day is owed by reps who had a plan or a visit on it, and by others when it is a working day. One statement.
    """
    known = due_roles(kind) if roles is None else roles
    must = Q(is_active=True, role__code__in=known)
    is_here = Q(date_joined__lt=day_bounds(last_day(kind, first))[1])
    if kind != WorkReportKind.DAY:
        return must & is_here
    busy = Q(pk__in=VisitTask.objects.filter(date=first).values("rep_id"))
    busy |= Q(pk__in=Visit.objects.filter(day=first).values("rep_id"))
    is_rep = Q(role__code=RoleCode.REP)
    return must & (is_rep & busy | ~is_rep & is_here) if is_working_day(first) else must & is_rep & busy


def missing(people: QuerySet[Any], kind: str, first: dt.date) -> QuerySet[Any]:
    """Those of these people who owe the period's report and have not sent it."""
    return with_report(people, kind, first).filter(owing(kind, first), report_pk__isnull=True)


# --- over many periods
@dataclass(frozen=True, slots=True)
class Span:
    """The periods of a kind within some days that are over and due: those that figures speak of."""

    kind: str
    firsts: tuple[dt.date, ...]
    within: tuple[dt.date, dt.date] | None = (
        None  # for days: a rep may be at work on a free one at either end
    )

    @classmethod
    def of(cls, kind: str, first: dt.date, last: dt.date, today: dt.date) -> Span:
        begun = firsts_between(kind, first, last)
        over = tuple(day for day in begun if due_on(kind, day) < today)
        if kind != WorkReportKind.DAY:
            return cls(kind, over)
        return cls(kind, over, (first, min(last, today - dt.timedelta(days=1))))

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """First and last day; a pair that holds no day when no period is over yet."""
        if self.within is not None:
            return self.within
        return (self.firsts[0], self.firsts[-1]) if self.firsts else (dt.date.max, dt.date.min)

    def expected(self, *, joined: dt.datetime, is_rep: bool, busy: int) -> int:
        """How many reports a person owes: a rep's days are those on which he had a plan or a visit."""
        if self.kind == WorkReportKind.DAY and is_rep:
            return busy
        since = business_day(joined)
        return sum(last_day(self.kind, first) >= since for first in self.firsts)


def people_with_tally(*, user: User, span: Span, roles: set[str]) -> QuerySet[Any]:
    """Everybody in scope whose role owes such reports, with how many he sent, late and read; `busy` are a rep's days at work."""
    first, last = span.days
    sent = Q(work_reports__kind=span.kind, work_reports__first__range=(first, last))
    sent &= ~Q(work_reports__status=WorkReportStatus.DRAFT)
    people = User.objects.visible_to(user).active().exclude(pk=user.pk)
    rows = people.filter(role__code__in=roles).annotate(
        sent=Count("work_reports", filter=sent),
        late=Count("work_reports", filter=sent & Q(work_reports__is_late=True)),
        read=Count("work_reports", filter=sent & Q(work_reports__status=WorkReportStatus.READ)),
    )
    if span.kind == WorkReportKind.DAY:
        rows = rows.annotate(busy=_busy_days(first, last))
    return cast("QuerySet[Any]", rows.select_related("department", "role"))


def _busy_days(first: dt.date, last: dt.date) -> Any:
    """Days with a plan, and those with a visit only."""
    tasks = VisitTask.objects.filter(rep=OuterRef("pk"), date__range=(first, last)).order_by().values("rep")
    visits = _unplanned(first, last).filter(rep=OuterRef("pk")).order_by().values("rep")
    planned = Subquery(tasks.annotate(n=Count("date", distinct=True)).values("n"), IntegerField())
    others = Subquery(visits.annotate(n=Count("day", distinct=True)).values("n"), IntegerField())
    return Coalesce(planned, 0) + Coalesce(others, 0)


def _unplanned(first: dt.date, last: dt.date) -> QuerySet[Visit]:
    """Visits of reps on days for which they had no plan at all."""
    plan = VisitTask.objects.filter(rep=OuterRef("rep"), date=OuterRef("day"))
    rows: QuerySet[Visit] = Visit.objects.filter(~Exists(plan), day__range=(first, last))
    return rows


def tally_by_month(*, user: User, span: Span, roles: set[str]) -> dict[dt.date, Tally]:
    """All in scope together, by the month in which the period begins; two statements, three for days."""
    first, last = span.days
    scope = scope_user_ids(user)
    people = User.objects.active().exclude(pk=user.pk).filter(role__code__in=roles)
    if scope is not None:
        people = people.filter(pk__in=scope)
    staff = {
        pk: (joined, role == RoleCode.REP)
        for pk, joined, role in people.values_list("pk", "date_joined", "role__code")
    }
    found: dict[dt.date, Tally] = defaultdict(Tally)
    for month, days in _months(span).items():
        part = Span(span.kind, tuple(days))
        for joined, is_rep in staff.values():
            found[month].expected += part.expected(joined=joined, is_rep=is_rep, busy=0)
    if span.kind == WorkReportKind.DAY:
        for rep, month, count in _busy_by_month(first, last):
            if rep in staff and staff[rep][1]:
                found[month].expected += count
    rows = WorkReport.objects.sent().filter(kind=span.kind, first__range=(first, last), person__in=staff)
    counted = rows.order_by().annotate(month=TruncMonth("first")).values_list("month")
    for month, sent, late, read in counted.annotate(
        sent=Count("pk"),
        late=Count("pk", filter=Q(is_late=True)),
        read=Count("pk", filter=Q(status=WorkReportStatus.READ)),
    ):
        tally = found[month]
        tally.sent, tally.late, tally.read = sent, late, read
    return dict(sorted(found.items()))


def _months(span: Span) -> dict[dt.date, list[dt.date]]:
    months: dict[dt.date, list[dt.date]] = defaultdict(list)
    for first in span.firsts:
        months[first.replace(day=1)].append(first)
    return months


def _busy_by_month(first: dt.date, last: dt.date) -> Any:
    """(rep, month, days with a plan or a visit), some twice: planned and unplanned apart."""
    tasks = VisitTask.objects.filter(date__range=(first, last)).order_by().annotate(month=TruncMonth("date"))
    visits = _unplanned(first, last).order_by().annotate(month=TruncMonth("day"))
    planned = tasks.values_list("rep_id", "month").annotate(n=Count("date", distinct=True))
    others = visits.values_list("rep_id", "month").annotate(n=Count("day", distinct=True))
    return planned.union(others, all=True)
