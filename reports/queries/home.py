"""Figures of the home boards; every figure's definition is the glossary's (domain-rules §1–2, §6)."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import (
    Case,
    Count,
    DecimalField,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.querysets import scope_user_ids
from alerts.models import Alert, AlertRun
from alerts.queries import kind_counts
from alerts.rules import KINDS, label_of
from common.money import round_money
from crm.models import Customer
from sales.models import Delivery, Receipt, SalesOrder
from sales.queries import overdue_expression, receivable_total
from visits.models import Visit, VisitTask
from visits.queries.reports import served_condition
from visits.rules.reports import rate

ZERO = Decimal(0)
_OVERDUE = "overdue"  # the kind whose tile shows money
_MONEY: "DecimalField[Any, Any]" = DecimalField(max_digits=16, decimal_places=2)


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
    """Tasks planned, done and met by a closed shop, visits made and valid; as in visits.rules.reports.Tally."""

    planned: int
    done: int
    closed: int
    visits: int
    valid: int

    @property
    def attainment(self) -> float | None:
        """Planned tasks with a valid visit ÷ planned tasks; closed shops leave the denominator."""
        return rate(self.done, self.planned - self.closed)


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
    kind: str  # a code of alerts.rules.KINDS
    count: int
    money: Decimal | None = None  # CNY; of overdue receivables on one's own home

    @property
    def label(self) -> str:
        return label_of(self.kind)


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
    tasks = _judged(VisitTask.objects.visible_to(user).filter(mine, date=day)).aggregate(**_task_counts(day))
    visits = Visit.objects.visible_to(user).filter(mine, day=day).aggregate(**_visit_counts(day))
    return VisitCounts(**tasks, **visits)


def _judged(tasks: QuerySet[VisitTask]) -> QuerySet[Any]:
    return tasks.annotate(served=served_condition(), shut=served_condition(closed=True))


def _task_counts(day: dt.date, suffix: str = "") -> dict[str, Any]:
    """Aggregates of `_judged` tasks, those of one day."""
    of_day = Q(date=day)
    return {
        f"planned{suffix}": Count("pk", filter=of_day),
        f"done{suffix}": Count("pk", filter=of_day & Q(served=True)),
        f"closed{suffix}": Count("pk", filter=of_day & Q(shut=True, served=False)),
    }


def _visit_counts(day: dt.date, suffix: str = "") -> dict[str, Any]:
    of_day = Q(day=day)
    return {
        f"visits{suffix}": Count("pk", filter=of_day),
        f"valid{suffix}": Count("pk", filter=of_day & Q(check_out_at__isnull=False)),
    }


def alert_counts(user: User, today: dt.date, *, own: bool) -> list[KindCount]:
    """Open customer alerts by kind in the order of their register: kinds with any, and those of domain-rules §3 always.

    `own`: of the user's own customers, without those put off, as his list shows them, with the overdue money of the
    customers he finds there; else all he may see. One statement either way.
    """
    rows = Alert.objects.visible_to(user).open()
    if not own:
        return _in_order({kind: KindCount(kind, n) for kind, n in kind_counts(rows).items()})
    late = When(kind=_OVERDUE, then=overdue_expression(today, "customer_id"))
    mine = rows.filter(owner=user).awake(today).order_by().values_list("kind")
    counts = mine.annotate(n=Count("pk"), money=Sum(Case(late, default=ZERO, output_field=_MONEY)))
    return _in_order(
        {
            kind: KindCount(kind, n, round_money(money) if kind == _OVERDUE else None)
            for kind, n, money in counts
        }
    )


def _in_order(found: dict[str, KindCount]) -> list[KindCount]:
    usual = [kind.code for kind in KINDS.values() if kind.column]
    order = [code for code in KINDS if code in usual or code in found]
    return [found.get(code) or KindCount(code, 0) for code in [*order, *sorted(found.keys() - set(KINDS))]]


def receivable_of(user: User) -> Decimal:
    """What the customers of `user` owe, in CNY (domain-rules §6)."""
    return receivable_total(Q(customer__owner=user))


def _link(name: str, **filters: object) -> str:
    return f"{reverse(name)}?{urlencode(filters)}"


# --- the manager's board
def workbench(user: User, today: dt.date) -> Workbench:
    """The manager's board of `today` against the same weekday last week; eight statements, however many people."""
    before = today - dt.timedelta(days=7)
    customers, tasks = _customers(user, today, before), _tasks(user, today, before)
    visits, slips = _visits(user, today, before), _slips(user, today, before)
    return Workbench(
        visits=_counts(tasks, visits),
        visits_before=_counts(tasks, visits, "_before"),
        sums=_sums(slips),
        sums_before=_sums(slips, "_before"),
        new_customers=Trend(customers["now"], customers["before"]),
        waiting=_waiting(user, today, customers, tasks, visits, slips),
        alerts=alert_counts(user, today, own=False),
        last_run=AlertRun.objects.filter(state="done").first(),
        latest=list(Visit.objects.visible_to(user).select_related("rep", "customer")[:8]),
        team=_team(user, tasks, visits, slips),
    )


Rows = list[dict[str, Any]]  # one for each rep; what is asked for the whole is their sum


def _customers(user: User, today: dt.date, before: dt.date) -> dict[str, int]:
    active = Q(status="active")
    return Customer.objects.visible_to(user).aggregate(
        now=Count("pk", filter=Q(created_on=today)),
        before=Count("pk", filter=Q(created_on=before)),
        pool=Count("pk", filter=active & Q(owner__isnull=True)),
        pins=Count("pk", filter=active & Q(location_status="to_confirm")),
    )


def _tasks(user: User, today: dt.date, before: dt.date) -> Rows:
    rows = _judged(VisitTask.objects.visible_to(user).filter(date__range=(before, today)).order_by())
    counted = rows.values("rep_id").annotate(
        **_task_counts(today),
        **_task_counts(before, "_before"),
        missed=Count("pk", filter=Q(status="open", date__lt=today)),
    )
    return list(counted)


def _visits(user: User, today: dt.date, before: dt.date) -> Rows:
    """Counts of today and before, flagged ones since; of today the last check-in, its customer, and who is inside."""
    of_rep = Visit.objects.filter(rep=OuterRef("rep_id"), day=today).order_by("-check_in_at")
    rows = Visit.objects.visible_to(user).filter(day__gte=before).order_by()
    counted: QuerySet[Any, Any] = rows.values("rep_id").annotate(
        **_visit_counts(today),
        **_visit_counts(before, "_before"),
        flagged=Count("pk", filter=~Q(flags=[])),
        last_check_in=Max("check_in_at", filter=Q(day=today)),
        inside=Count("pk", filter=Q(day=today, status="open")),
        last_customer=Subquery(of_rep.values("customer__name")[:1]),
    )
    return list(counted)


SLIPS = ("orders", "deliveries", "receipts")


def _slips(user: User, today: dt.date, before: dt.date) -> Rows:
    """Number and amount of orders, deliveries and receipts of both days, and the orders to approve; one statement."""
    days = (today, before)
    orders = SalesOrder.objects.visible_to(user).counted()
    orders = orders.filter(Q(ordered_on__in=days) | Q(status="submitted"))
    deliveries = Delivery.objects.visible_to(user).posted().filter(issued_on__in=days)
    receipts = Receipt.objects.visible_to(user).posted().filter(received_on__in=days)
    waiting = Count("pk", filter=Q(status="submitted"))
    none = Value(0, IntegerField())
    parts = [
        _two_days("orders", orders, "ordered_on", "total", days, waiting),
        _two_days("deliveries", deliveries, "issued_on", "amount", days, none),
        _two_days("receipts", receipts, "received_on", "amount", days, none),
    ]
    return list(parts[0].union(*parts[1:], all=True))


def _two_days(
    kind: str, rows: QuerySet[Any], on: str, amount: str, days: tuple[dt.date, dt.date], waiting: Any
) -> QuerySet[Any, Any]:
    now, before = Q(**{on: days[0]}), Q(**{on: days[1]})
    grouped: QuerySet[Any, Any] = rows.order_by().annotate(kind=Value(kind)).values("kind", "rep_id")
    counted: QuerySet[Any, Any] = grouped.annotate(
        count=Count("pk", filter=now),
        amount_now=Coalesce(Sum(amount, filter=now), ZERO),
        count_before=Count("pk", filter=before),
        amount_before=Coalesce(Sum(amount, filter=before), ZERO),
        waiting=waiting,
    )
    columns: QuerySet[Any, Any] = counted.values(
        "kind", "rep_id", "count", "amount_now", "count_before", "amount_before", "waiting"
    )
    return columns


def _total(rows: Rows, name: str) -> int:
    return sum(row[name] for row in rows)


def _counts(tasks: Rows, visits: Rows, suffix: str = "") -> VisitCounts:
    of_tasks = (_total(tasks, f"{name}{suffix}") for name in ("planned", "done", "closed"))
    return VisitCounts(*of_tasks, *(_total(visits, f"{name}{suffix}") for name in ("visits", "valid")))


def _sums(slips: Rows, suffix: str = "") -> Sums:
    found = []
    for kind in SLIPS:
        rows = [row for row in slips if row["kind"] == kind]
        amount = sum((round_money(row[f"amount{suffix or '_now'}"]) for row in rows), ZERO)
        found.append(Money(_total(rows, f"count{suffix}"), amount))
    return Sums(*found)


def _team(user: User, tasks: Rows, visits: Rows, slips: Rows) -> list[TeamMember]:
    """Each rep in scope: done of planned, visits, orders, last check-in; who checked in first, then by visits."""
    reps = User.objects.visible_to(user).reps().exclude(pk=user.pk).select_related("department")
    team = {rep.pk: TeamMember(rep) for rep in reps}
    for row in tasks:
        if member := team.get(row["rep_id"]):
            member.planned, member.done = row["planned"], row["done"]
    for row in visits:
        if (member := team.get(row["rep_id"])) and row["visits"]:
            member.visits, member.in_store = row["visits"], row["inside"] > 0
            member.last_check_in, member.last_customer = row["last_check_in"], row["last_customer"]
    for row in slips:
        if (member := team.get(row["rep_id"])) and row["kind"] == "orders":
            member.orders = round_money(row["amount_now"])
    return sorted(team.values(), key=lambda m: (m.last_check_in is None, -m.visits, m.rep.pk))


def _waiting(
    user: User, today: dt.date, customers: dict[str, int], tasks: Rows, visits: Rows, slips: Rows
) -> list[Waiting]:
    """What waits for a manager: orders to approve, missed stops, flagged visits, pins to confirm, customers of nobody.

    Only what the user may open.
    """
    week, yesterday = today - dt.timedelta(days=7), today - dt.timedelta(days=1)
    sees = user.has_perm
    found = []
    if sees("sales.view_salesorder"):
        orders = _link("sales:order_list", status="submitted")
        found.append(Waiting(_("Orders to approve"), _total(slips, "waiting"), orders))
    if sees("visits.view_visittask"):
        missed = _link("visits:task_list", status="open", since=week, until=yesterday)
        found.append(Waiting(_("Stops missed in 7 days"), _total(tasks, "missed"), missed))
    if sees("visits.view_visit"):
        flagged = _link("visits:visit_list", flagged="yes", since=week)
        found.append(Waiting(_("Flagged visits in 7 days"), _total(visits, "flagged"), flagged))
    if not sees("crm.view_customer"):
        return found
    pins = (
        _link("visits:location_list")
        if sees("crm.confirm_location")
        else _link("crm:customer_list", gap="to_confirm")
    )
    found.append(Waiting(_("Locations to confirm"), customers["pins"], pins))
    if scope_user_ids(user) is None:  # only the whole company's scope sees customers of nobody
        found.append(
            Waiting(_("Customers of nobody"), customers["pool"], _link("crm:customer_list", owner="none"))
        )
    return found
