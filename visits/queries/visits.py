"""Composed reads of visits for screens and for upper apps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Count, DecimalField, Min, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, ExtractMonth, ExtractYear
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.enums import RoleCode
from accounts.models import User
from common.business_calendar import week_of
from common.geo import navigation_links
from crm.enums import TimelineKind
from crm.models import Customer, Phone
from crm.queries.timeline import page_rows
from crm.rules.facts import VisitFacts
from crm.rules.next_action import rhythm
from crm.rules.timeline import TimelineEvent, Wish
from sales.models import SalesOrder
from sales.queries import receivable_expression
from visits import rules
from visits.enums import TaskStatus, VisitOutcome
from visits.models import Visit, VisitOrder, VisitPhoto, VisitTask

# What is older than a week is history for the manager, no errand for the phone's banner.
MISSED_DAYS = 7
# Roles that go to customers; finance and back office need not stand in every list of reps.
VISITORS = (RoleCode.REP, RoleCode.MANAGER)


@dataclass(frozen=True, slots=True)
class DayCount:
    """One day of the week strip."""

    date: dt.date
    planned: int
    done: int


@dataclass(frozen=True, slots=True)
class Missed:
    """Open tasks of the last seven days before today, and the oldest day among them."""

    count: int
    oldest: dt.date | None


@dataclass(frozen=True, slots=True)
class NextStop:
    """Where to go after a visit, None when nothing is open any more, and how many stops are still open that day."""

    task: VisitTask | None
    left: int


@dataclass(frozen=True, slots=True)
class VisitCount:
    """Counting by domain-rules §2: visits are rows, customers are distinct (rep, customer, business day)."""

    visits: int
    customers: int


# --- the rep's day
def day_tasks(*, user: User, day: dt.date) -> QuerySet[Any]:
    """Tasks of `user` on a day in order, with customer, phones, the day's visits, receivable and last order amount."""
    orders = SalesOrder.objects.counted().filter(customer_id=OuterRef("customer_id"))
    last_order = orders.order_by("-ordered_on", "-pk").values("total")[:1]
    mine = Visit.objects.filter(rep=user).order_by("sequence")
    return cast(
        "QuerySet[Any]",
        VisitTask.objects.filter(rep=user, date=day)
        .select_related("customer")
        .prefetch_related(
            Prefetch("customer__phones", Phone.objects.order_by("position", "pk")),
            Prefetch("visits", mine, to_attr="own_visits"),
        )
        .annotate(receivable=receivable_expression("customer_id"), last_order_amount=Subquery(last_order))
        .order_by("position", "pk"),
    )


def next_stop(*, visit: Visit) -> NextStop:
    """After `visit`, on its day, by `rules.stop_after`; one statement."""
    tasks = list(
        VisitTask.objects.filter(rep_id=visit.rep_id, date=visit.day, status=TaskStatus.OPEN)
        .exclude(pk=visit.task_id)
        .select_related("customer")
        .order_by("position", "pk")
    )
    at = rules.stop_after(
        own=(visit.task.position, visit.task.pk) if visit.task else None,
        here=_place(visit.customer),
        stops=[((task.position, task.pk), _place(task.customer)) for task in tasks],
    )
    return NextStop(None if at is None else tasks[at], len(tasks))


def _place(customer: Customer) -> tuple[float, float] | None:
    if customer.latitude is None or customer.longitude is None:
        return None
    return float(customer.latitude), float(customer.longitude)


def week_counts(*, user: User, day: dt.date) -> list[DayCount]:
    """Tasks planned and done on each day of the week that holds `day`, Monday first; one statement."""
    days = week_of(day)
    rows = (
        VisitTask.objects.filter(rep=user, date__range=(days[0], days[-1]))
        .order_by()
        .values_list("date")
        .annotate(planned=Count("pk"), done=Count("pk", filter=Q(status=TaskStatus.DONE)))
    )
    found = {date: (planned, done) for date, planned, done in rows}
    return [DayCount(date, *found.get(date, (0, 0))) for date in days]


def missed(*, user: User, today: dt.date) -> Missed:
    """What `user` left open in the last seven days."""
    since = today - dt.timedelta(days=MISSED_DAYS)
    row = (
        VisitTask.objects.missed(today)
        .filter(rep=user, date__gte=since)
        .aggregate(count=Count("pk"), oldest=Min("date"))
    )
    return Missed(row["count"], row["oldest"])


def open_visit(*, user: User) -> Visit | None:
    """The visit `user` is in right now."""
    return Visit.objects.open().filter(rep=user).select_related("customer").first()


def map_links(customer: Customer) -> list[tuple[str, str]]:
    """(provider code, address) pairs for driving there; none without a location."""
    if customer.latitude is None or customer.longitude is None:
        return []
    return navigation_links(customer.latitude, customer.longitude, customer.name)


# --- before a check-in
def earlier_visits(*, rep: User, customer_id: int, day: dt.date) -> tuple[Visit | None, list[Visit]]:
    """The open visit of `rep`, and his visits of this customer on this day in order."""
    mine = Visit.objects.filter(rep=rep).select_related("customer")
    today = list(mine.filter(customer_id=customer_id, day=day).order_by("sequence"))
    return mine.filter(status="open").first(), today


def earlier_visit_refusal(
    *, customer_id: int, open_visit: Visit | None, today: list[Visit], allow_multiple: bool
) -> rules.Refusal | None:
    """Why these visits forbid another check-in, in words."""
    return rules.earlier_visit_refusal(
        customer_id=customer_id,
        open_visit=_named(open_visit),
        first_today=_named(today[0] if today else None),
        allow_multiple=allow_multiple,
    )


def _named(visit: Visit | None) -> rules.EarlierVisit | None:
    if visit is None:
        return None
    since = timezone.localtime(visit.check_in_at, timezone.get_default_timezone()).strftime("%H:%M")
    return rules.EarlierVisit(visit.pk, visit.customer_id, visit.customer.name, since)


# --- records
def order_amount_expression() -> Subquery:
    """Σ of the counted orders taken at a visit, in CNY, None where nothing was ordered; for .annotate()."""
    money: DecimalField[Any, Any] = DecimalField(max_digits=16, decimal_places=2)
    taken = (
        VisitOrder.objects.filter(visit_id=OuterRef("pk"))
        .exclude(order__status__in=("draft", "cancelled"))
        .order_by()
        .values("visit_id")
        .annotate(sum=Sum("order__total"))
    )
    return Subquery(taken.values("sum"), output_field=money)


def visit_rows(*, user: User) -> QuerySet[Any]:
    """Visits in scope, newest first, with people, customer and the amount ordered."""
    return cast(
        "QuerySet[Any]",
        Visit.objects.visible_to(user)
        .select_related("rep", "customer", "task")
        .annotate(orders_amount=order_amount_expression()),
    )


def count_visits(visits: QuerySet[Any]) -> VisitCount:
    """Visits and customers of a filtered list (rep A visits X twice and Y once on one day → 3 visits, 2 customers).

    One statement over the filtered rows.
    """
    bare = visits.order_by().select_related(None)
    groups = bare.values("rep_id", "customer_id", "day").annotate(rows=Count("pk", distinct=True))
    row = groups.aggregate(visits=Coalesce(Sum("rows"), 0), customers=Count("*"))
    return VisitCount(row["visits"], row["customers"])


def visit_detail(*, user: User) -> QuerySet[Any]:
    """Visits in scope with everything the record shows."""
    orders = VisitOrder.objects.select_related("order").order_by("order__pk")
    return cast(
        "QuerySet[Any]",
        Visit.objects.visible_to(user)
        .select_related("rep", "customer", "task", "visit_type", "maturity")
        .prefetch_related(
            Prefetch("visit_orders", orders),
            Prefetch("photos", VisitPhoto.objects.select_related("reuse_of").order_by("pk")),
        ),
    )


def visible_photos(*, user: User) -> QuerySet[VisitPhoto]:
    """Photos of visits in scope."""
    return VisitPhoto.objects.filter(visit__in=Visit.objects.visible_to(user).values("pk"))


def customer_history(*, user: User, customer: Customer, today: dt.date) -> dict[str, Any]:
    """The last visits of a customer that `user` may see, and the next task, for the panel on the customer's page."""
    visits = visit_rows(user=user).filter(customer=customer)[:5]
    tasks = VisitTask.objects.visible_to(user).open().filter(customer=customer, date__gte=today)
    return {"visits": list(visits), "next_task": tasks.select_related("rep").order_by("date", "pk").first()}


def reps_for(*, user: User) -> QuerySet[User]:
    """People whose visits `user` may plan: reps and managers in scope, and himself."""
    people = User.objects.visible_to(user).active()
    return cast(
        "QuerySet[User]", people.filter(Q(role__code__in=VISITORS) | Q(pk=user.pk)).order_by("name", "pk")
    )


def task_rows(*, user: User) -> QuerySet[Any]:
    """Tasks in scope for the managers' list."""
    return cast("QuerySet[Any]", VisitTask.objects.visible_to(user).select_related("rep", "customer"))


def tasks_in_scope(*, user: User, ids: Iterable[int]) -> QuerySet[Any]:
    """Those of the tasks that are open and in scope: what a bulk action is going to touch."""
    return task_rows(user=user).filter(status=TaskStatus.OPEN, pk__in=list(ids))


# --- what the customer's page asks (crm.signals)
def visit_facts(customer: Customer, today: dt.date) -> VisitFacts:
    """Valid visits of the month, the customer's own rhythm and the next open task, in one statement."""
    tasks = VisitTask.objects.open().filter(customer=customer, date__gte=today).order_by("date")
    month = today.replace(day=1)
    visits = Visit.objects.valid().filter(customer=customer)
    rows = Customer.objects.filter(pk=customer.pk).values_list(
        Subquery(tasks.values("date")[:1]),
        Subquery(
            visits.filter(day__gte=month, customer_id=OuterRef("pk"))
            .order_by()
            .values("customer_id")
            .annotate(n=Count("pk"))
            .values("n")
        ),
        "visits__day",
    )
    days: set[dt.date] = set()
    next_task, this_month = None, 0
    for next_task, this_month, day in rows.filter(  # noqa: B007 - the same in every row
        Q(visits__isnull=True) | Q(visits__check_out_at__isnull=False)
    ).order_by("-visits__day")[:30]:
        days |= {day} if day else set()
    return VisitFacts(this_month=this_month or 0, next_task_on=next_task, rhythm_days=rhythm(list(days)))


def timeline_events(customer: Customer, user: User, wish: Wish) -> list[TimelineEvent]:
    """The customer's visits as far as `user` may see them."""
    if not wish.wants(TimelineKind.VISIT) or not user.has_perm("visits.view_visit"):
        return []
    rows = Visit.objects.visible_to(user).filter(customer=customer)
    if wish.person_id is not None:
        rows = rows.filter(rep_id=wish.person_id)
    return [
        TimelineEvent(
            at=visit.check_in_at,
            ref=f"visit-{visit.pk}",
            kind=TimelineKind.VISIT,
            title=_visit_title(visit),
            text=visit.summary,
            url=visit.get_absolute_url(),
            person=visit.rep.name,
            person_id=visit.rep_id,
        )
        for visit in page_rows(rows, "check_in_at", wish).select_related("rep")
    ]


def _visit_title(visit: Visit) -> str:
    if visit.dwell is None:
        stay = _("in the store")
    else:
        minutes = round(visit.dwell.total_seconds() / 60)
        stay = ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    parts = [_("Visit"), stay, visit.get_fence_display()]
    if visit.outcome == VisitOutcome.CLOSED_SHOP:
        parts.append(visit.get_outcome_display())
    return " · ".join(parts)


def visits_by_month(
    first: dt.date, last: dt.date, reps: Collection[int] | None
) -> list[tuple[int, int, int, int]]:
    """Valid visits from `first` to `last` as rows (rep id, year, month, number), in one statement; `reps` None: all."""
    rows = Visit.objects.valid().filter(day__range=(first, last))
    if reps is not None:
        rows = rows.filter(rep__in=reps)
    grouped = rows.order_by().values_list("rep_id", ExtractYear("day"), ExtractMonth("day"))
    return list(grouped.annotate(Count("pk")))
