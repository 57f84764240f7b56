"""Two customers become one (B5): what of visits, tasks and plans would clash, before crm moves the rows."""

from collections import defaultdict
from typing import Any

from django.db.models import Max

from crm.services.merge_journal import MergeJournal
from visits.enums import TaskStatus
from visits.models import Visit, VisitPlan, VisitTask


def resolve_merge(*, journal: MergeJournal) -> None:
    """Make room for the merged customer's visits, tasks and plans beside the kept one's."""
    _merge_tasks(journal)
    _merge_plans(journal)
    _number_visits(journal)


def _merge_tasks(journal: MergeJournal) -> None:
    """A rep has one task a customer and day: the kept one takes over the visits, and is done when either was."""
    kept = {(task.rep_id, task.date): task for task in VisitTask.objects.filter(customer_id=journal.keep_id)}
    for task in VisitTask.objects.filter(customer_id=journal.merge_id).order_by("pk"):
        twin = kept.get((task.rep_id, task.date))
        if twin is None:
            continue
        for visit in Visit.objects.filter(task=task).order_by("pk"):
            journal.change(visit, task_id=twin.pk)
        if task.status == TaskStatus.DONE and twin.status != TaskStatus.DONE:
            journal.change(twin, status=TaskStatus.DONE)
        journal.drop(task)


def _merge_plans(journal: MergeJournal) -> None:
    """A rep has one plan a customer: the kept one gets the weekdays of both while the other was in use."""
    kept = {plan.rep_id: plan for plan in VisitPlan.objects.filter(customer_id=journal.keep_id)}
    for plan in VisitPlan.objects.filter(customer_id=journal.merge_id).order_by("pk"):
        twin = kept.get(plan.rep_id)
        if twin is None:
            continue
        days = sorted({*twin.weekdays.split(","), *plan.weekdays.split(",")} - {""})
        if plan.is_active and twin.is_active and ",".join(days) != twin.weekdays:
            journal.change(twin, weekdays=",".join(days))
        journal.drop(plan)


def _number_visits(journal: MergeJournal) -> None:
    """Visits of one rep and day are numbered: the merged customer's follow the kept one's."""
    rows = Visit.objects.filter(customer_id=journal.keep_id).order_by().values_list("rep_id", "day")
    last: dict[Any, int] = defaultdict(int)
    for rep_id, day, sequence in rows.annotate(last=Max("sequence")):
        last[rep_id, day] = sequence
    # From the highest number down, so that no new number meets one not yet changed.
    for visit in Visit.objects.filter(customer_id=journal.merge_id).order_by("-sequence", "-pk"):
        if offset := last[visit.rep_id, visit.day]:
            journal.change(visit, sequence=visit.sequence + offset)
