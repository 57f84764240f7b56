"""Visit tasks from tour plans: given item by item with a reason for each refusal, and withdrawn while untouched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from crm.enums import CustomerStatus
from crm.models import Customer
from crm.services.audit import log_deletions
from visits.enums import TaskSource, TaskStatus
from visits.models import Visit, VisitTask
from visits.queries.plans import unseen_pairs
from visits.services.making import append_positions, insert_tasks

PAST, NO_REP, NOT_YOURS, INACTIVE, UNSEEN = "past", "no_rep", "not_yours", "inactive", "unseen"


@dataclass(frozen=True, slots=True)
class TourVisit:
    """One customer on one day for one rep, as a plan wants it."""

    rep_id: int
    customer_id: int
    date: dt.date


@dataclass
class Given:
    """`existing`: there was a task already, whoever made it. `refused`: visits with the code of the reason."""

    created: int = 0
    existing: int = 0
    refused: list[tuple[TourVisit, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """`kept`: begun, done, skipped, moved or past."""

    withdrawn: int
    kept: int


@transaction.atomic
def give_tour_tasks(*, actor: User, plan_id: int, visits: Sequence[TourVisit], today: dt.date) -> Given:
    """Make a task of each visit that may be one, in the given order behind what stands on the day; some statements.

    Refused, each with its reason: days gone by, reps who are not active or not in the actor's scope, customers that
    the actor does not see, inactive ones, and those that the rep does not see. A task that was there, whatever its
    source and state, stays the only one: giving twice makes nothing twice.
    """
    result = Given()
    rep_ids, customer_ids = {v.rep_id for v in visits}, {v.customer_id for v in visits}
    reps = {
        rep.pk: rep
        for rep in User.objects.visible_to(actor).active().filter(pk__in=rep_ids).select_related("role")
    }
    customers = {
        row.pk: row
        for row in Customer.objects.visible_to(actor)
        .filter(pk__in=customer_ids)
        .only("pk", "owner_id", "status")
    }
    unseen = unseen_pairs(reps.values(), customers.values())
    tasks = []
    for visit in visits:
        if reason := _refusal(visit, today, reps, customers, unseen):
            result.refused.append((visit, reason))
            continue
        tasks.append(
            VisitTask(
                rep_id=visit.rep_id,
                customer_id=visit.customer_id,
                date=visit.date,
                source=TaskSource.TOURS,
                source_id=plan_id,
                created_by=actor,
            )
        )
    append_positions(tasks)
    result.created = insert_tasks(tasks)
    result.existing = len(tasks) - result.created
    return result


def _refusal(
    visit: TourVisit,
    today: dt.date,
    reps: dict[int, User],
    customers: dict[int, Customer],
    unseen: set[tuple[int, int]],
) -> str:
    customer = customers.get(visit.customer_id)
    if visit.date < today:
        return PAST
    if visit.rep_id not in reps:
        return NO_REP
    if customer is None:
        return NOT_YOURS
    if customer.status != CustomerStatus.ACTIVE:
        return INACTIVE
    return UNSEEN if (visit.rep_id, visit.customer_id) in unseen else ""


@transaction.atomic
def withdraw_tour_tasks(*, actor: User, plan_id: int, today: dt.date) -> Withdrawn:
    """Delete the plan's tasks that nobody has touched: open, on their own day and rep, of today or later, no visit.

    Only those of reps in the actor's scope.
    """
    made = VisitTask.objects.filter(source=TaskSource.TOURS, source_id=plan_id)
    begun = Visit.objects.filter(task__isnull=False).values("task_id")
    free = Q(status=TaskStatus.OPEN, moved_from__isnull=True, date__gte=today) & ~Q(pk__in=begun)
    mine = VisitTask.objects.visible_to(actor).filter(free, source=TaskSource.TOURS, source_id=plan_id)
    locked = list(mine.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    # Looked at again under the lock: somebody may have checked in meanwhile.
    rows = list(VisitTask.objects.filter(free, pk__in=locked).select_related("rep", "customer"))
    log_deletions(actor=actor, rows=rows)
    VisitTask.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return Withdrawn(len(rows), made.count())
