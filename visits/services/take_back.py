"""Taking back what one has just planned."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from accounts.models import User
from visits.enums import TaskSource, TaskStatus
from visits.models import Visit, VisitTask


@transaction.atomic
def take_back_tasks(*, actor: User, task_ids: Iterable[int], source: TaskSource) -> int:
    """Delete those of these tasks that the actor made from `source` himself and that nobody has begun; how many.

    Open ones without any visit only: a task that was skipped or served is a fact and stays.
    """
    rows = VisitTask.objects.visible_to(actor).filter(
        pk__in=list(task_ids), created_by=actor, source=source, status=TaskStatus.OPEN
    )
    free = rows.exclude(pk__in=Visit.objects.filter(task__isnull=False).values("task_id"))
    ids = list(free.select_for_update(of=("self",)).values_list("pk", flat=True))
    # Each goes by itself, so that the audit notes it.
    for task in VisitTask.objects.filter(pk__in=ids):
        task.delete()
    return len(ids)
