"""Two customers become one (B5): what of visits, tasks and plans would clash, before crm moves the rows."""

from collections import defaultdict
from copy import copy
from typing import Any

from django.db.models import Max

from crm.services.merge_journal import MergeJournal
from visits.enums import Rhythm, TaskSource, TaskStatus
from visits.models import Visit, VisitPlan, VisitTask
from visits.queries.plans import Frequencies, frequencies, rule_of
from visits.rules.plans import per_cycle, read_days, write_days

# What says when a customer is visited; the columns of a plan that go together.
TERMS = ("rhythm", "every", "weekdays", "frequency", "on_holiday", "starts_on", "ends_on", "counts_from")


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
    """A rep has one plan a customer: of two in use the stricter rhythm stays, and of two by weekdays the days of both.

    A stopped one gives way to one in use. Open tasks that the dropped plan made become the kept one's, so that
    re-planning finds them.
    """
    kept = {
        plan.rep_id: plan
        for plan in VisitPlan.objects.filter(customer_id=journal.keep_id).select_related("customer")
    }
    by_level = frequencies() if kept else {}
    for plan in VisitPlan.objects.filter(customer_id=journal.merge_id).order_by("pk"):
        twin = kept.get(plan.rep_id)
        if twin is None:
            continue
        if changes := _joined_terms(twin, plan, by_level):
            journal.change(twin, **changes)
        made = VisitTask.objects.open().filter(source=TaskSource.PLAN, source_id=plan.pk)
        for task in made.order_by("pk"):
            journal.change(task, source_id=twin.pk)
        journal.drop(plan)


def _joined_terms(twin: VisitPlan, plan: VisitPlan, by_level: Frequencies) -> dict[str, Any]:
    """What changes on the kept customer's plan; nothing where the merged one's is stopped or asks for less."""
    if not plan.is_active:
        return {}
    theirs = {name: getattr(plan, name) for name in TERMS}
    if twin.is_active:
        if twin.rhythm == plan.rhythm == Rhythm.WEEKDAYS:
            days = write_days(read_days(twin.weekdays) | read_days(plan.weekdays))
            return {"weekdays": days} if days != twin.weekdays else {}
        as_kept = copy(plan)
        as_kept.customer = twin.customer  # from now on the level of the kept one counts
        if per_cycle(rule_of(as_kept, by_level)) <= per_cycle(rule_of(twin, by_level)):
            return {}
    changes = {name: value for name, value in theirs.items() if getattr(twin, name) != value}
    return changes if twin.is_active else {**changes, "is_active": True}


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
