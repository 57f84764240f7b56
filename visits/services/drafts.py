"""Visits planned in sets by a manager: the draft is judged anew, settled by his choices, and made in one go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from visits.enums import TaskSource
from visits.models import VisitTask
from visits.queries import drafts as queries
from visits.rules.drafts import OTHER_REP, Key
from visits.services.making import append_positions, insert_tasks
from visits.services.plans import in_scope

MAX_DRAFTS = 5000


@dataclass(frozen=True, slots=True)
class DraftResult:
    """Tasks made, some of them on another day than wanted; left out; there already; of those made, the ones on a day on
    which another rep goes there, too."""

    created: int
    moved: int
    left_out: int
    existing: int
    other_rep: int = 0


@transaction.atomic
def create_drafts(
    *,
    actor: User,
    wanted: Sequence[Key],
    chosen: Mapping[Key, str] | None = None,
    limit: int,
    note: str = "",
    visit_type_id: int | None = None,
    source: TaskSource = TaskSource.MANAGER,
    today: dt.date | None = None,
) -> DraftResult:
    """Make the wanted (rep, customer, day) visits, conflicts settled by `chosen` or as usual (visits.rules.drafts).

    What he plans for himself is a one-off, the rest comes from `source`. A dozen statements whatever the number.
    Raises ValidationError for days that are over, for more than 5,000 visits, and for reps or customers that are not
    the actor's to plan.
    """
    day = today or business_calendar.today()
    if not wanted:
        raise ValidationError(_("There is nothing to plan."), code="empty")
    if len(wanted) > MAX_DRAFTS:
        raise ValidationError(_("At most %(count)s tasks at once.") % {"count": MAX_DRAFTS}, code="count")
    if any(date < day for _rep, _customer, date in wanted):
        raise ValidationError(_("This day is over. Choose today or a later day."), code="date")
    reps, customers = in_scope(actor, [(rep, customer) for rep, customer, _day in wanted])
    board = queries.draft_board(
        reps=reps.values(), customers=customers.values(), wanted=list(dict.fromkeys(wanted)), limit=limit
    )
    outcome, _load = board.settled(chosen or {})
    tasks = [
        VisitTask(
            rep_id=draft.rep_id,
            customer_id=draft.customer_id,
            date=date,
            source=TaskSource.ONE_OFF
            if draft.rep_id == actor.pk and source == TaskSource.MANAGER
            else source,
            visit_type_id=visit_type_id,
            note=note.strip()[:200],
            created_by=actor,
        )
        for draft, date in sorted(outcome.place.items(), key=lambda item: item[1])
    ]
    append_positions(tasks)
    created = insert_tasks(tasks)
    shared = sum(OTHER_REP in draft.conflicts and date == draft.day for draft, date in outcome.place.items())
    there = outcome.existing + len(tasks) - created
    return DraftResult(created, outcome.moved, outcome.left_out, there, shared)
