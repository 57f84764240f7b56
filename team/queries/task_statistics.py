"""Service and revisit statistics (H1): contacts by method and result, and what became of the tasks by rep."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Avg, Count, F, Q

from accounts.models import User
from common.business_calendar import day_bounds
from team.enums import CustomerTaskKind, TaskContactResult
from team.models import CustomerTask, TaskContact
from team.querysets.tasks import LIVE, CustomerTaskQuerySet
from team.rules.tasks import share

SERVED = (CustomerTaskKind.SERVICE, CustomerTaskKind.REVISIT)
RESULTS = tuple(TaskContactResult.values)


@dataclass(frozen=True, slots=True)
class Asked:
    """Business days from `first` to `last`, both included; `kinds` of tasks; one person or all that `user` sees."""

    first: dt.date
    last: dt.date
    kinds: tuple[str, ...]
    rep_id: int | None = None
    complaints: bool = False


@dataclass(slots=True)
class MethodRow:
    """Contacts by one method ("" without), by result, and in how many tasks."""

    method: str
    tasks: int = 0
    results: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RESULTS, 0))

    @property
    def contacts(self) -> int:
        return sum(self.results.values())

    @property
    def solved_share(self) -> int | None:
        return share(self.results[TaskContactResult.SOLVED], self.contacts)

    @property
    def counts(self) -> list[int]:
        return [self.results[key] for key in RESULTS]


@dataclass(slots=True)
class RepRow:
    """What became of one person's tasks. `marks` are satisfaction marks given, `mark_sum` their sum."""

    person: str
    person_id: int | None = None
    made: int = 0
    done: int = 0
    with_due: int = 0
    in_time: int = 0
    late: int = 0
    contacts: int = 0
    marks: int = 0
    mark_sum: float = 0

    @property
    def in_time_share(self) -> int | None:
        return share(self.in_time, self.with_due)

    @property
    def satisfaction(self) -> float | None:
        return self.mark_sum / self.marks if self.marks else None


@dataclass(frozen=True, slots=True)
class Statistics:
    """Rows by method, the most contacts first, and by person, the most done first, with the sums of both."""

    methods: list[MethodRow]
    method_total: MethodRow
    reps: list[RepRow]
    total: RepRow


def statistics(user: User, asked: Asked, *, now: dt.datetime) -> Statistics:
    """The figures of the tasks `user` sees, in four statements.

    Contacts count on the day they were made, tasks made on the day of their making, those done on the day they were
    finished; what is late is late `now` and was made by the end of the period.
    """
    tasks = _tasks(user, asked)
    start, end = day_bounds(asked.first)[0], day_bounds(asked.last)[1]
    talks = TaskContact.objects.filter(
        task__in=tasks.order_by().values("pk"), at__gte=start, at__lt=end
    ).order_by()
    methods = _methods(talks.values_list("method__name", "result").annotate(n=Count("pk")))
    for name, count in talks.values_list("method__name").annotate(n=Count("task", distinct=True)):
        methods[name or ""].tasks = count
    reps = _reps(tasks, start, end, now)
    _count_contacts(
        reps, talks.values_list("task__assignee_id", "task__assignee__name").annotate(n=Count("pk"))
    )
    by_method = sorted(methods.values(), key=lambda row: (-row.contacts, row.method))
    by_rep = sorted(reps.values(), key=lambda row: (-row.done, -row.made, row.person))
    return Statistics(by_method, _method_total(by_method), by_rep, _rep_total(by_rep))


def _tasks(user: User, asked: Asked) -> CustomerTaskQuerySet:
    rows: CustomerTaskQuerySet = CustomerTask.objects.visible_to(user).filter(kind__in=asked.kinds)
    if asked.rep_id is not None:
        rows = rows.filter(assignee=asked.rep_id)
    return rows.filter(is_complaint=True) if asked.complaints else rows


def _methods(rows: Iterable[tuple[str | None, str, int]]) -> dict[str, MethodRow]:
    found: dict[str, MethodRow] = {}
    for method, result, count in rows:
        row = found.setdefault(method or "", MethodRow(method or ""))
        row.results[result] += count
    return found


def _reps(
    tasks: CustomerTaskQuerySet, start: dt.datetime, end: dt.datetime, now: dt.datetime
) -> dict[int, RepRow]:
    made = Q(created_at__gte=start, created_at__lt=end)
    done = Q(done_at__gte=start, done_at__lt=end)
    late = Q(status__in=LIVE, due_at__lt=now, created_at__lt=end)
    timed = done & Q(due_at__isnull=False)
    rows = (
        tasks.filter(made | done | late)
        .order_by()
        .values("assignee_id", "assignee__name")
        .annotate(
            n_made=Count("pk", filter=made),
            n_done=Count("pk", filter=done),
            n_timed=Count("pk", filter=timed),
            n_in_time=Count("pk", filter=timed & Q(done_at__lte=F("due_at"))),
            n_late=Count("pk", filter=late),
            n_marks=Count("satisfaction", filter=done),
            mean=Avg("satisfaction", filter=done),
        )
    )
    return {
        row["assignee_id"]: RepRow(
            row["assignee__name"],
            row["assignee_id"],
            row["n_made"],
            row["n_done"],
            row["n_timed"],
            row["n_in_time"],
            row["n_late"],
            marks=row["n_marks"],
            mark_sum=(row["mean"] or 0) * row["n_marks"],
        )
        for row in rows
    }


def _count_contacts(reps: dict[int, RepRow], rows: Iterable[tuple[int, str, int]]) -> None:
    for person_id, name, count in rows:
        reps.setdefault(person_id, RepRow(name, person_id)).contacts = count


def _method_total(rows: Iterable[MethodRow]) -> MethodRow:
    total = MethodRow("")
    for row in rows:
        total.tasks += row.tasks
        for key, count in row.results.items():
            total.results[key] += count
    return total


def _rep_total(rows: Iterable[RepRow]) -> RepRow:
    total = RepRow("")
    for row in rows:
        for name in ("made", "done", "with_due", "in_time", "late", "contacts", "marks", "mark_sum"):
            setattr(total, name, getattr(total, name) + getattr(row, name))
    return total
