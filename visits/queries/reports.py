"""Figures of visits by rep, department, customer, route or day (domain-rules §2): four statements for any number of rows."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Func,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Window
from django.db.models.functions import Coalesce, RowNumber

from accounts.models import User
from accounts.queries import DepartmentNode, branch_ids, department_tree
from accounts.querysets import scope_user_ids
from crm.models import Customer
from visits.enums import TaskSource, TaskStatus, VisitOutcome
from visits.models import Visit, VisitOrder, VisitTask
from visits.queries.visits import VISITORS
from visits.rules.reports import GRADES, Tally, total
from visits.signals import naming_routes

Key = int | dt.date | None


class Seconds(Func):
    """Whole seconds from check-in to check-out; NULL without check-out."""

    output_field = IntegerField()

    template = "ROUND(EXTRACT(EPOCH FROM (%(expressions)s)))::bigint"
    arg_joiner = " - "

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        parts = [compiler.compile(part) for part in self.get_source_expressions()]
        (end, end_params), (start, start_params) = parts
        sql = f"CAST(ROUND((julianday({end}) - julianday({start})) * 86400) AS INTEGER)"
        return sql, (*end_params, *start_params)


def dwell_seconds() -> Seconds:
    """在店时长 of a visit in whole seconds."""
    return Seconds(F("check_out_at"), F("check_in_at"))


def _from_route(task: str = "") -> Case:
    """Id of the route that made the task, else NULL."""
    return Case(When(**{f"{task}source": TaskSource.ROUTE}, then=F(f"{task}source_id")))


# by → what tasks, and what visits, are grouped by
GROUPS: dict[str, tuple[Any, Any]] = {
    "rep": (F("rep_id"), F("rep_id")),
    "department": (F("rep__department_id"), F("rep__department_id")),
    "customer": (F("customer_id"), F("customer_id")),
    "route": (_from_route(), _from_route("task__")),
    "day": (F("date"), F("day")),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose visits of which business days, both included, and how they are grouped. `reps` None: everybody's."""

    first: dt.date
    last: dt.date
    by: str
    reps: frozenset[int] | None
    customer_id: int | None = None
    route_id: int | None = None

    def _of(self, rows: QuerySet[Any], day: str) -> QuerySet[Any]:
        rows = rows.order_by().filter(**{f"{day}__range": (self.first, self.last)})
        if self.reps is not None:
            rows = rows.filter(rep__in=self.reps)
        return rows if self.customer_id is None else rows.filter(customer=self.customer_id)

    def tasks(self) -> QuerySet[VisitTask]:
        rows = self._of(VisitTask.objects.all(), "date")
        return (
            rows if self.route_id is None else rows.filter(source=TaskSource.ROUTE, source_id=self.route_id)
        )

    def visits(self) -> QuerySet[Visit]:
        rows = self._of(Visit.objects.all(), "day")
        if self.route_id is None:
            return rows
        return rows.filter(task__source=TaskSource.ROUTE, task__source_id=self.route_id)


@dataclass(frozen=True, slots=True)
class Person:
    pk: int
    name: str
    department_id: int | None
    visits: bool  # still here and going to customers


@dataclass(frozen=True, slots=True)
class Staff:
    """The people in somebody's scope, whoever left included, and the departments as a tree."""

    scope: frozenset[int] | None
    people: list[Person]
    tree: list[DepartmentNode]

    def reps(self, rep_id: int | None, department_id: int | None) -> frozenset[int] | None:
        """Whose figures: all in scope (None: everybody's), one of them, those of a department and its children."""
        if rep_id is None and department_id is None:
            return self.scope
        branch = None if department_id is None else branch_ids(self.tree, department_id)
        return frozenset(
            person.pk
            for person in self.people
            if rep_id in (None, person.pk) and (branch is None or person.department_id in branch)
        )

    def names(self, by: str) -> dict[Any, str]:
        rows: list[Any] = self.people if by == "rep" else self.tree
        return {row.pk: row.name for row in rows}


def staff(user: User) -> Staff:
    """Two statements, besides the scope."""
    rows = User.objects.visible_to(user).order_by("name", "pk")
    people = [
        Person(pk, name, department, active and role in VISITORS)
        for pk, name, department, active, role in rows.values_list(
            "pk", "name", "department_id", "is_active", "role__code"
        )
    ]
    return Staff(scope_user_ids(user), people, department_tree())


@dataclass(frozen=True, slots=True)
class Report:
    """Each group's tally, and all of them together."""

    groups: dict[Key, Tally]
    total: Tally


def visit_report(asked: Asked, *, medians: bool = True) -> Report:
    """Groups with at least one task or visit; without medians it takes a statement less."""
    groups: dict[Key, Tally] = defaultdict(Tally)
    of_task, of_visit = GROUPS[asked.by]
    _add(groups, asked, _task_counts(asked.tasks(), of_task))
    _add(groups, asked, _visit_counts(asked.visits(), of_visit))
    _add(groups, asked, _customer_counts(asked.visits(), of_visit))
    found = _medians(asked.visits(), of_visit) if medians else {"group": {}, "all": {}}
    for key, seconds in found["group"].items():
        groups[_key(asked, key)].median_s = seconds
    return Report(dict(groups), total(groups.values(), found["all"].get(None)))


def _key(asked: Asked, value: Any) -> Key:
    # SQLite hands the days of bare SQL out as text.
    if asked.by == "day" and isinstance(value, str):
        return dt.date.fromisoformat(value)
    return cast("Key", value)


def _add(groups: dict[Key, Tally], asked: Asked, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        tally = groups[_key(asked, row.pop("grp"))]
        for name, value in row.items():
            setattr(tally, name, int(value))


def served_condition(*, closed: bool = False) -> Exists:
    """The task has a valid visit at an open shop, or at one that was closed; for .annotate() of tasks."""
    visits = Visit.objects.valid().filter(task=OuterRef("pk"))
    shut = Q(outcome=VisitOutcome.CLOSED_SHOP)
    return Exists(visits.filter(shut if closed else ~shut))


def _task_counts(tasks: QuerySet[VisitTask], group: Any) -> list[dict[str, Any]]:
    rows = tasks.annotate(grp=group, served=served_condition(), shut=served_condition(closed=True))
    counted: QuerySet[Any, Any] = rows.values("grp").annotate(
        planned=Count("pk"),
        done=Count("pk", filter=Q(served=True)),
        closed=Count("pk", filter=Q(shut=True, served=False)),
        skipped=Count("pk", filter=Q(status=TaskStatus.SKIPPED)),
    )
    return list(counted)


def _visit_counts(visits: QuerySet[Visit], group: Any) -> list[dict[str, Any]]:
    graded: Any = {grade.lower(): Count("pk", filter=Q(grade=grade)) for grade in GRADES}
    rows = visits.annotate(grp=group).values("grp")
    counted: QuerySet[Any, Any] = rows.annotate(
        visits=Count("pk"),
        valid=Count("pk", filter=Q(check_out_at__isnull=False)),
        unplanned=Count("pk", filter=Q(task__isnull=True)),
        forgotten=Count("pk", filter=Q(outcome=VisitOutcome.NOT_CHECKED_OUT)),
        flagged=Count("pk", filter=~Q(flags=[])),
        dwell_s=Coalesce(Sum(dwell_seconds()), 0),
        **graded,
    )
    return list(counted)


def ordered_condition() -> Exists:
    """An order that counts was taken at the visit; for .annotate() of visits."""
    orders = VisitOrder.objects.filter(visit=OuterRef("pk"))
    return Exists(orders.exclude(order__status__in=("draft", "cancelled")))


def _customer_counts(visits: QuerySet[Visit], group: Any) -> list[dict[str, Any]]:
    """Distinct (rep, customer, day), those among them validly visited at an open shop, and those of these that ordered."""

    def any_of(condition: Any) -> Max:
        return Max(Case(When(condition, then=Value(1)), default=Value(0)))

    stops = visits.values("rep_id", "customer_id", "day").annotate(
        grp=Max(group),
        valid=any_of(Q(check_out_at__isnull=False) & ~Q(outcome=VisitOutcome.CLOSED_SHOP)),
        ordered=any_of(ordered_condition()),
    )
    return _over(
        stops,
        "SELECT grp, COUNT(*) AS customers, SUM(valid) AS customers_valid,"
        " SUM(valid * ordered) AS customers_ordered FROM found GROUP BY grp",
    )


def _medians(visits: QuerySet[Visit], group: Any) -> dict[str, dict[Any, float]]:
    """Median dwell of the valid visits of each group, and of all, in seconds: the mean of the one or two in the middle."""
    seconds, partition = F("seconds").asc(), [F("grp")]
    rows = (
        visits.filter(check_out_at__isnull=False)
        .annotate(grp=group, seconds=dwell_seconds())
        .values("grp", "seconds")
    )
    ranked = rows.annotate(
        rank=Window(RowNumber(), partition_by=partition, order_by=seconds),
        size=Window(Count("*"), partition_by=partition),
        rank_all=Window(RowNumber(), order_by=seconds),
        size_all=Window(Count("*")),
    )
    found = _over(
        ranked,
        "SELECT 'group' AS kind, grp, AVG(seconds) AS median FROM found"
        " WHERE rank IN ((size + 1) / 2, (size + 2) / 2) GROUP BY grp"
        " UNION ALL SELECT 'all', NULL, AVG(seconds) FROM found"
        " WHERE rank_all IN ((size_all + 1) / 2, (size_all + 2) / 2)",
    )
    medians: dict[str, dict[Any, float]] = {"group": {}, "all": {}}
    for row in found:
        if row["median"] is not None:
            medians[row["kind"]][row["grp"]] = float(row["median"])
    return medians


def _over(rows: QuerySet[Any], select: str) -> list[dict[str, Any]]:
    """Run `select`, our own words without any value, over the rows `found`: Django cannot group a grouping again."""
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:  # nobody's visits were asked for
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"WITH found AS ({sql}) {select}", params)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def skip_reasons(asked: Asked, most: int = 10) -> list[tuple[str, int]]:
    """Why planned stops were skipped, the most frequent first."""
    rows = asked.tasks().filter(status=TaskStatus.SKIPPED).values_list("skip_reason")
    return list(rows.annotate(n=Count("pk")).order_by("-n", "skip_reason")[:most])


def far_names(by: str, keys: Iterable[Any], user: User) -> dict[Any, str]:
    """Names of customers or routes, in one statement; nobody's group has none."""
    ids = [key for key in keys if key is not None]
    if by == "customer":
        return dict(Customer.objects.filter(pk__in=ids).values_list("pk", "name"))
    names: dict[Any, str] = {}
    for _receiver, answer in naming_routes.send(sender=Visit, user=user, ids=ids):
        if isinstance(answer, dict):
            names |= answer
    return names
