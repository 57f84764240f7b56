"""Visit tasks: made in sets, moved, skipped, reopened, and closed by visits (domain-rules §2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from common.templatetags.paodian import day
from crm.models import Customer
from visits.enums import TaskSource, TaskStatus
from visits.models import Visit, VisitTask
from visits.rules import may_become

_ATTEMPTS = 5
MAX_BULK = 5000


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What became of a set: new tasks, ones that were there already, customers the rep does not see; of the new ones
    those where another rep has a task on that day, and whether the day is a day off."""

    created: int
    existing: int
    refused: int = 0
    other_rep: int = 0
    is_day_off: bool = False


@dataclass(frozen=True, slots=True)
class MoveResult:
    """What became of a set: moved, and left (or merged, see `move_missed`) because the day has one already."""

    moved: int
    conflicts: int


def create_tasks(
    *,
    actor: User | None,
    rep: User,
    customer_ids: Sequence[int],
    date: dt.date,
    source: TaskSource | str,
    source_id: int | None = None,
    note: str = "",
) -> TaskResult:
    """Give `rep` one task for each customer on a business day, appended in the given order; a few statements in all.

    A customer that has a task of this rep and day keeps it. One the rep does not see is left out, since he could
    never check in there. The day is taken as it is: whoever names a day off or a day on which another rep goes there is
    told by the result (visits.services.drafts places visits around them). `actor` None is the system. Raises ValidationError when the actor may not plan for this
    rep, or sees none of the customers.
    """
    wanted = list(dict.fromkeys(customer_ids))
    if actor is not None:
        _must_see(actor=actor, rep=rep, customer_ids=wanted)
    seen = set(Customer.objects.visible_to(rep).filter(pk__in=wanted).values_list("pk", flat=True))
    welcome = [pk for pk in wanted if pk in seen]
    refused = len(wanted) - len(welcome)
    with transaction.atomic():
        for attempt in range(_ATTEMPTS):
            rows = VisitTask.objects.filter(rep=rep, date=date)
            existing = set(rows.filter(customer_id__in=welcome).values_list("customer_id", flat=True))
            new = [pk for pk in welcome if pk not in existing]
            start = _next_position(rep, date)
            tasks = [
                VisitTask(
                    rep=rep,
                    customer_id=pk,
                    date=date,
                    position=start + offset,
                    source=source,
                    source_id=source_id,
                    note=note[:200],
                    created_by=actor,
                )
                for offset, pk in enumerate(new)
            ]
            try:
                with transaction.atomic():
                    VisitTask.objects.bulk_create(tasks)
            except IntegrityError:
                # Somebody planned one of them at the same moment; it counts as existing next time round.
                if attempt == _ATTEMPTS - 1:
                    raise
                continue
            others = VisitTask.objects.filter(customer_id__in=new, date=date).exclude(rep=rep)
            at_door = others.exclude(status=TaskStatus.SKIPPED).values("customer_id").distinct().count()
            off = bool(new) and not business_calendar.is_working_day(date)
            return TaskResult(len(new), len(existing), refused, at_door, off)
    raise AssertionError("unreachable")


def skip_task(*, actor: User, task: VisitTask, reason: str) -> VisitTask:
    """Leave a task out, with a reason. Raises ValidationError without one, or when it is not open any more."""
    reason = reason.strip()
    if not reason:
        raise ValidationError(_("Say why this visit is skipped."), code="reason")
    return _set_status(actor=actor, task=task, status=TaskStatus.SKIPPED, skip_reason=reason[:200])


def reopen_task(*, actor: User, task: VisitTask) -> VisitTask:
    """Take a skipped task up again. Raises ValidationError when it is not skipped."""
    return _set_status(actor=actor, task=task, status=TaskStatus.OPEN, skip_reason="")


def move_task(*, actor: User, task: VisitTask, date: dt.date) -> VisitTask:
    """Move an open task to another day, to its end. Raises ValidationError when that day has one for this customer."""
    result = move_tasks(actor=actor, task_ids=[task.pk], date=date)
    if not result.moved:
        task.refresh_from_db(fields=["status", "date"])
        if task.status != TaskStatus.OPEN:
            raise ValidationError(_already(task), code="status")
        raise ValidationError(
            _("%(customer)s already has a task on %(date)s.")
            % {"customer": task.customer.name, "date": day(date)},
            code="conflict",
        )
    task.refresh_from_db()
    return task


def move_tasks(*, actor: User, task_ids: Iterable[int], date: dt.date) -> MoveResult:
    """Move those of the tasks that are open and visible to `actor` to another day; conflicts stay where they are."""
    with transaction.atomic():
        tasks = _open_tasks(actor, task_ids)
        if busy := next((task for task in tasks if task.in_store), None):
            raise ValidationError(
                _("%(customer)s is being visited right now; the task cannot be moved.")
                % {"customer": busy.customer.name},
                code="busy",
            )
        return _move(actor, tasks, date)


def assign_tasks(*, actor: User, task_ids: Iterable[int], rep: User, date: dt.date) -> MoveResult:
    """Give those of the tasks that are open and visible to another rep on a day; conflicts stay where they are.

    Raises ValidationError when the actor may not plan for this rep, when he does not see one of the customers, or
    when one of them is being visited.
    """
    with transaction.atomic():
        tasks = _open_tasks(actor, task_ids)
        if busy := next((task for task in tasks if task.in_store), None):
            raise ValidationError(
                _("%(customer)s is being visited right now; the task cannot be moved.")
                % {"customer": busy.customer.name},
                code="busy",
            )
        if any(task.rep_id != rep.pk for task in tasks):
            _must_see(actor=actor, rep=rep, customer_ids=())
            ids = {task.customer_id for task in tasks}
            seen = set(Customer.objects.visible_to(rep).filter(pk__in=ids).values_list("pk", flat=True))
            if strange := next((task for task in tasks if task.customer_id not in seen), None):
                raise ValidationError(
                    _("%(rep)s does not see %(customer)s and could not check in there.")
                    % {"rep": rep, "customer": strange.customer.name},
                    code="rep",
                )
        return _move(actor, tasks, date, rep)


def move_missed(*, actor: User, since: dt.date, today: dt.date) -> MoveResult:
    """All open tasks of `actor` from `since` until yesterday come to today (昨日遗漏 → 全部移到今天).

    Where today has a task for the customer already, the missed one is skipped: it is the same errand.
    """
    with transaction.atomic():
        missed = VisitTask.objects.missed(today).filter(rep=actor, date__gte=since)
        tasks = [
            task for task in _open_tasks(actor, missed.values_list("pk", flat=True)) if not task.in_store
        ]
        # Two missed days of one customer are one visit today: the older gives way.
        latest = {task.customer_id: task for task in tasks}
        result = _move(actor, list(latest.values()), today)
        reason = _("Merged with the task of %(date)s") % {"date": day(today)}
        merged = 0
        for task in VisitTask.objects.filter(pk__in=[task.pk for task in tasks]).exclude(date=today):
            skip_task(actor=actor, task=task, reason=reason)
            merged += 1
        return MoveResult(result.moved, merged)


def skip_tasks(*, actor: User, task_ids: Iterable[int], reason: str) -> int:
    """Skip those of the tasks that are open and visible; answers how many. Raises ValidationError without a reason."""
    if not reason.strip():
        raise ValidationError(_("Say why these visits are skipped."), code="reason")
    with transaction.atomic():
        tasks = [task for task in _open_tasks(actor, task_ids) if not task.in_store]
        for task in tasks:
            skip_task(actor=actor, task=task, reason=reason)
    return len(tasks)


def task_for_visit(*, visit: Visit) -> VisitTask | None:
    """The task a new visit is going to close: of that rep, customer and day, and not done yet.

    A skipped one is taken up again: the rep did go there. For a later visit of the day there is none, so that
    visit is unplanned.
    """
    task = (
        VisitTask.objects.filter(rep_id=visit.rep_id, customer_id=visit.customer_id, date=visit.day)
        .exclude(status=TaskStatus.DONE)
        .first()
    )
    if task is not None and task.status == TaskStatus.SKIPPED:
        reopen_task(actor=visit.rep, task=task)
    return task


def finish_task(*, visit: Visit) -> None:
    """Close the task of a visit that has just ended, also one that was planned while the visit was on."""
    task = visit.task
    if task is None or task.date != visit.day or task.status == TaskStatus.SKIPPED:
        task = task_for_visit(visit=visit)
    if task is not None and task.status != TaskStatus.DONE:
        _set_status(actor=visit.rep, task=task, status=TaskStatus.DONE, skip_reason="")
    if visit.task_id != (task.pk if task else None):
        visit.task = task
        visit.save(update_fields=["task"])


def _set_status(*, actor: User, task: VisitTask, status: TaskStatus, skip_reason: str) -> VisitTask:
    """The one writer of `status`: a conditional UPDATE, so of two changes at once one is told that it came late."""
    before = TaskStatus(task.status)
    if not may_become(before, status):
        raise ValidationError(_already(task), code="status")
    if Visit.objects.open().filter(task=task).exists():
        raise ValidationError(
            _("%(customer)s is being visited right now.") % {"customer": task.customer.name}, code="busy"
        )
    with transaction.atomic():
        changed = VisitTask.objects.filter(pk=task.pk, status=before).update(
            status=status, skip_reason=skip_reason
        )
        if changed != 1:
            task.refresh_from_db(fields=["status"])
            raise ValidationError(_already(task), code="status")
        _audit(
            actor,
            [(task, {"status": [str(before), str(status)], "skip_reason": [task.skip_reason, skip_reason]})],
        )
    task.status, task.skip_reason = status, skip_reason
    return task


def _move(actor: User, tasks: Sequence[VisitTask], date: dt.date, rep: User | None = None) -> MoveResult:
    """To the end of a day, of the task's own rep or of another. `moved_from` keeps the day it was planned for, so that
    its route or plan does not make it again; a move back to that day of the same rep is none."""
    taken = set(
        VisitTask.objects.filter(date=date, customer_id__in=[task.customer_id for task in tasks]).values_list(
            "rep_id", "customer_id"
        )
    )
    positions: dict[int, int] = {}
    moved, conflicts, notes = 0, 0, []
    for task in tasks:
        owner = rep or task.rep
        key = (owner.pk, task.customer_id)
        if key in taken:
            conflicts += (task.rep_id, task.date) != (owner.pk, date)
            continue
        position = positions.get(owner.pk)
        position = _next_position(owner, date) if position is None else position + 1
        origin = task.moved_from or task.date
        values = {"date": date, "position": position, "rep": owner, "moved_from": origin}
        if owner.pk == task.rep_id and task.moved_from == date:
            values["moved_from"] = None
        try:
            with transaction.atomic():
                changed = VisitTask.objects.filter(pk=task.pk, status=TaskStatus.OPEN).update(**values)
        except IntegrityError:
            changed, conflicts = 0, conflicts + 1
        if changed:
            taken.add(key)
            positions[owner.pk] = position
            moved += 1
            change = {"date": [str(task.date), str(date)]} if task.date != date else {}
            if owner.pk != task.rep_id:
                change["rep"] = [str(task.rep), str(owner)]
            notes.append((task, change))
    _audit(actor, notes)
    return MoveResult(moved, conflicts)


def _open_tasks(actor: User, task_ids: Iterable[int]) -> list[Any]:
    """Open tasks in scope, oldest first, each knowing whether its rep is in that store now (`in_store`)."""
    ids = list(task_ids)
    if len(ids) > MAX_BULK:
        raise ValidationError(_("At most %(count)s tasks at once.") % {"count": MAX_BULK}, code="count")
    tasks = VisitTask.objects.visible_to(actor).open().filter(pk__in=ids).select_related("customer", "rep")
    busy = set(Visit.objects.open().filter(task_id__in=ids).values_list("task_id", flat=True))
    rows = list(tasks.order_by("date", "position", "pk"))
    for task in rows:
        task.in_store = task.pk in busy
    return rows


def _must_see(*, actor: User, rep: User, customer_ids: Sequence[int]) -> None:
    if not User.objects.visible_to(actor).filter(pk=rep.pk).exists():
        raise ValidationError(_("You cannot plan visits for %(rep)s.") % {"rep": rep}, code="rep")
    seen = Customer.objects.visible_to(actor).filter(pk__in=customer_ids).count()
    if seen != len(customer_ids):
        raise ValidationError(_("Some of these customers are not yours to plan."), code="customer")


def _next_position(rep: User, date: dt.date) -> int:
    last = VisitTask.objects.filter(rep=rep, date=date).aggregate(last=Max("position"))["last"]
    return 0 if last is None else int(last) + 1


def _already(task: VisitTask) -> str:
    return _("This task cannot be changed any more: %(status)s.") % {"status": task.get_status_display()}


def _audit(actor: User, changes: Sequence[tuple[VisitTask, dict[str, list[str]]]]) -> None:
    """Conditional UPDATEs pass by auditlog's signals, so the lines are written here, in the same transaction."""
    for task, change in changes:
        LogEntry.objects.log_create(
            task, force_log=True, action=LogEntry.Action.UPDATE, changes=change, actor=actor
        )
