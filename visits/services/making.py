"""Tasks made in sets, by routes, plans and drafts: never one twice, and never again one that was moved away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db.models import Max, Q

from visits.models import VisitTask

BATCH = 2000


def insert_tasks(tasks: Sequence[VisitTask]) -> int:
    """Insert those that are not there yet; returns how many. Two statements.

    There is one when the rep has a task for this customer on this day, whatever its source and state, or when the
    route's or plan's task of that day was moved to another day or rep: it is the same visit.
    """
    if not tasks:
        return 0
    first, last = min(task.date for task in tasks), max(task.date for task in tasks)
    made = {task.source_id for task in tasks if task.source_id is not None}
    mine = Q(date__range=(first, last), rep__in={task.rep_id for task in tasks})
    moved = Q(moved_from__range=(first, last), source_id__in=made)
    rows = VisitTask.objects.filter(mine | moved) if made else VisitTask.objects.filter(mine)
    known: set[tuple[object, ...]] = set()
    for rep_id, customer_id, date, source, source_id, moved_from in rows.values_list(
        "rep_id", "customer_id", "date", "source", "source_id", "moved_from"
    ):
        known.add((rep_id, customer_id, date))
        if moved_from is not None:
            known.add((source, source_id, customer_id, moved_from))
    new = [
        task
        for task in tasks
        if (task.rep_id, task.customer_id, task.date) not in known
        and (task.source, task.source_id, task.customer_id, task.date) not in known
    ]
    # A one-off task may appear between the look and the insert; the constraint then wins, quietly.
    VisitTask.objects.bulk_create(new, batch_size=BATCH, ignore_conflicts=True)
    return len(new)


def append_positions(tasks: Iterable[VisitTask]) -> None:
    """Put new tasks behind those that stand on their days, in the order given; one statement."""
    tasks = list(tasks)
    if not tasks:
        return
    span = min(task.date for task in tasks), max(task.date for task in tasks)
    rows = VisitTask.objects.filter(rep__in={task.rep_id for task in tasks}, date__range=span)
    last: dict[tuple[int, dt.date], int] = {
        (rep_id, day): position
        for rep_id, day, position in rows.order_by().values_list("rep_id", "date").annotate(Max("position"))
    }
    for task in tasks:
        key = task.rep_id, task.date
        last[key] = task.position = last.get(key, -1) + 1
