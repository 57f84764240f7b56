"""Figures of the home boards; every figure's definition is the glossary's (domain-rules §1–2, §6)."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.querysets import scope_user_ids
from alerts.enums import AlertKind
from alerts.models import Alert, AlertRun
from crm.models import Customer
from sales.models import Delivery, Receipt, SalesOrder
from sales.queries import receivable_total
from visits.models import Visit, VisitTask

ZERO = Decimal(0)


@dataclass(frozen=True)
class Money:
    """A number of slips and their sum in CNY."""

    count: int
    amount: Decimal


@dataclass(frozen=True)
class Sums:
    """What was ordered, delivered and received in a period."""

    orders: Money
    deliveries: Money
    receipts: Money


@dataclass(frozen=True)
class VisitCounts:
    """Tasks planned and done, visits made and valid; attainment = planned tasks with a valid visit ÷ planned tasks."""

    planned: int
    done: int
    visits: int
    valid: int

    @property
    def attainment(self) -> float | None:
        return self.done / self.planned if self.planned else None


@dataclass
class TeamMember:
    rep: User
    planned: int = 0
    done: int = 0
    visits: int = 0
    orders: Decimal = ZERO
    last_check_in: dt.datetime | None = None
    last_customer: str = ""
    in_store: bool = False


@dataclass(frozen=True)
class KindCount:
    kind: AlertKind
    count: int

    @property
    def label(self) -> str:
        return str(self.kind.label)


@dataclass(frozen=True)
class Trend:
    """A figure of today beside the same weekday a week before."""

    now: Decimal | int
    before: Decimal | int

    @property
    def difference(self) -> Decimal | int:
        return self.now - self.before


@dataclass(frozen=True)
class Waiting:
    """Something a manager should look at: how many, and where its rows are."""

    label: str
    count: int
    url: str


@dataclass(frozen=True)
class Workbench:
    """All a manager sees in the morning."""

    visits: VisitCounts
    visits_before: VisitCounts
    sums: Sums
    sums_before: Sums
    new_customers: Trend
    waiting: list[Waiting]
    alerts: list[KindCount]
    last_run: AlertRun | None
    latest: list[Visit]
    team: list[TeamMember] = field(default_factory=list)


def _money(rows: QuerySet[Any], amount: str) -> Money:
    found = rows.aggregate(n=Count("pk"), s=Coalesce(Sum(amount), ZERO))
    return Money(found["n"], found["s"])


def sums(user: User, first: dt.date, last: dt.date, *, own: bool) -> Sums:
    """Orders (submitted, not cancelled), deliveries and receipts of `first`…`last` inclusive.

    `own`: only slips of which the user is the rep; else all he may see.
    """
    mine = Q(rep=user) if own else Q()
    orders = SalesOrder.objects.visible_to(user).counted().filter(mine, ordered_on__range=(first, last))
    deliveries = Delivery.objects.visible_to(user).posted().filter(mine, issued_on__range=(first, last))
    receipts = Receipt.objects.visible_to(user).posted().filter(mine, received_on__range=(first, last))
    return Sums(_money(orders, "total"), _money(deliveries, "amount"), _money(receipts, "amount"))


def visit_counts(user: User, day: dt.date, *, own: bool) -> VisitCounts:
    """Tasks and visits of one business day (domain-rules §2)."""
    mine = Q(rep=user) if own else Q()
    tasks = (
        VisitTask.objects.visible_to(user)
        .filter(mine, date=day)
        .aggregate(
            planned=Count("pk"),
            done=Count("pk", filter=Q(visits__check_out_at__isnull=False), distinct=True),
        )
    )
    visits = (
        Visit.objects.visible_to(user)
        .filter(mine, day=day)
        .aggregate(visits=Count("pk"), valid=Count("pk", filter=Q(check_out_at__isnull=False)))
    )
    return VisitCounts(tasks["planned"], tasks["done"], visits["visits"], visits["valid"])


def alert_counts(user: User, *, own: bool) -> list[KindCount]:
    """Open customer alerts by kind, kinds without any included."""
    rows = Alert.objects.visible_to(user).open()
    if own:
        rows = rows.filter(customer__owner=user)
    found = dict(rows.order_by().values_list("kind").annotate(Count("pk")))
    return [KindCount(kind, found.get(kind, 0)) for kind in AlertKind]


def receivable_of(user: User) -> Decimal:
    """What the customers of `user` owe, in CNY (domain-rules §6)."""
    return receivable_total(Q(customer__owner=user))


def team_strip(user: User, day: dt.date) -> list[TeamMember]:
    """Each rep in scope: done of planned, visits, orders, last check-in. Four queries whatever their number."""
    reps = User.objects.visible_to(user).reps().exclude(pk=user.pk).select_related("department")
    team = {rep.pk: TeamMember(rep) for rep in reps}
    for rep_id, planned, done in (
        VisitTask.objects.filter(date=day, rep__in=team)
        .order_by()
        .values_list("rep")
        .annotate(
            planned=Count("pk", distinct=True),
            done=Count("pk", filter=Q(visits__check_out_at__isnull=False), distinct=True),
        )
    ):
        team[rep_id].planned, team[rep_id].done = planned, done
    for visit in (
        Visit.objects.filter(day=day, rep__in=team)
        .order_by("check_in_at")
        .values("rep_id", "check_in_at", "status", name=F("customer__name"))
    ):
        member = team[visit["rep_id"]]
        member.visits += 1
        member.last_check_in, member.last_customer = visit["check_in_at"], visit["name"]
        member.in_store = visit["status"] == "open"
    for rep_id, amount in (
        SalesOrder.objects.counted()
        .filter(ordered_on=day, rep__in=team)
        .order_by()
        .values_list("rep")
        .annotate(Sum("total"))
    ):
        team[rep_id].orders = amount
    return sorted(team.values(), key=lambda m: (m.last_check_in is None, -m.visits, m.rep.pk))


def _link(name: str, **filters: object) -> str:
    return f"{reverse(name)}?{urlencode(filters)}"


def waiting_for(user: User, today: dt.date) -> list[Waiting]:
    """What waits for a manager: orders to approve, missed stops, flagged visits, pins to confirm, customers of nobody."""
    week = today - dt.timedelta(days=7)
    customers = (
        Customer.objects.visible_to(user)
        .active()
        .aggregate(
            pool=Count("pk", filter=Q(owner__isnull=True)),
            pins=Count("pk", filter=Q(location_status="to_confirm")),
        )
    )
    orders = SalesOrder.objects.visible_to(user).filter(status="submitted").count()
    missed = VisitTask.objects.visible_to(user).missed(today).filter(date__gte=week).count()
    flagged = Visit.objects.visible_to(user).filter(day__gte=week).exclude(flags=[]).count()
    yesterday = today - dt.timedelta(days=1)
    found = [
        Waiting(_("Orders to approve"), orders, _link("sales:order_list", status="submitted")),
        Waiting(
            _("Stops missed in 7 days"),
            missed,
            _link("visits:task_list", status="open", since=week, until=yesterday),
        ),
        Waiting(
            _("Flagged visits in 7 days"), flagged, _link("visits:visit_list", flagged="yes", since=week)
        ),
        Waiting(
            _("Locations to confirm"),
            customers["pins"],
            _link("visits:location_list")
            if user.has_perm("crm.confirm_location")
            else _link("crm:customer_list", gap="to_confirm"),
        ),
    ]
    if scope_user_ids(user) is None:  # only the whole company's scope sees customers of nobody
        found.append(
            Waiting(_("Customers of nobody"), customers["pool"], _link("crm:customer_list", owner="none"))
        )
    return found


def workbench(user: User, today: dt.date) -> Workbench:
    """The manager's board of `today` against the same weekday last week."""
    before = today - dt.timedelta(days=7)
    created = Customer.objects.visible_to(user).aggregate(
        now=Count("pk", filter=Q(created_on=today)), before=Count("pk", filter=Q(created_on=before))
    )
    return Workbench(
        visits=visit_counts(user, today, own=False),
        visits_before=visit_counts(user, before, own=False),
        sums=sums(user, today, today, own=False),
        sums_before=sums(user, before, before, own=False),
        new_customers=Trend(created["now"], created["before"]),
        waiting=waiting_for(user, today),
        alerts=alert_counts(user, own=False),
        last_run=AlertRun.objects.filter(state="done").first(),
        latest=list(Visit.objects.visible_to(user).select_related("rep", "customer")[:8]),
        team=team_strip(user, today),
    )
