"""A draft of visits with what stands against it: what the planner looks at before anything is made."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from accounts.models import User
from common import business_calendar
from crm.models import Customer
from visits.models import VisitPlan
from visits.queries import plans as plan_queries
from visits.rules.drafts import FOREIGN, OTHER_REP, UNSEEN, Draft, Field, Key, Outcome, judge, settle
from visits.rules.plans import PlanRule, due_days, frequency_of

Load = Counter[tuple[int, dt.date]]


@dataclass(frozen=True, slots=True)
class DraftBoard:
    """The drafts, those that are planned already, what they were judged by, and each rep's tasks without them."""

    drafts: list[Draft]
    existing: list[Key]
    about: Field
    load: Load

    def settled(self, chosen: Mapping[Key, str]) -> tuple[Outcome, Load]:
        """What comes of it with these choices, and the load then."""
        load = self.load.copy()
        return settle(self.drafts, len(self.existing), self.about, chosen, load), load


def draft_board(
    *, reps: Iterable[User], customers: Iterable[Customer], wanted: Sequence[Key], limit: int
) -> DraftBoard:
    """Judge the wanted visits; five statements."""
    reps = list(reps)
    days = [day for _rep, _customer, day in wanted]
    first, last = min(days), max(days)
    about = plan_queries.field_around(reps=reps, customers=customers, first=first, last=last, limit=limit)
    drafts, existing = judge(wanted, about)
    load = plan_queries.task_load(reps, first, last + dt.timedelta(days=40))
    return DraftBoard(drafts, existing, about, load)


def each_day(pairs: Sequence[tuple[int, int]], days: Sequence[dt.date]) -> list[Key]:
    """Every pair on every day."""
    return [(rep, customer, day) for day in days for rep, customer in pairs]


def shared_out(pairs: Sequence[tuple[int, int]], days: Sequence[dt.date], load: Load) -> list[Key]:
    """Every pair once, each on the emptiest working day of its rep so far (any day where none is a working day)."""
    load = load.copy()
    open_days = [day for day in days if business_calendar.is_working_day(day)] or list(days)
    wanted = []
    for rep, customer in pairs:
        day = min(open_days, key=lambda day: (load[rep, day], day))
        load[rep, day] += 1
        wanted.append((rep, customer, day))
    return wanted


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """A plan that is going to be made: `conflicts` of visits.rules.drafts; `is_change`: the pair has one already."""

    rep_id: int
    customer_id: int
    conflicts: tuple[str, ...]
    is_change: bool


def plan_drafts(
    *, reps: Iterable[User], customers: Iterable[Customer], pairs: Sequence[tuple[int, int]]
) -> list[PlanDraft]:
    """Who else looks after these customers; three statements."""
    known = {customer.pk: customer for customer in customers}
    unseen = plan_queries.unseen_pairs(reps, known.values())
    planners = plan_queries.other_planners(known)
    found = []
    for rep, pk in pairs:
        conflicts = []
        owner = known[pk].owner_id
        if (rep, pk) in unseen:
            conflicts.append(UNSEEN)
        elif owner is not None and owner != rep:
            conflicts.append(FOREIGN)
        if planners.get(pk, set()) - {rep}:
            conflicts.append(OTHER_REP)
        found.append(PlanDraft(rep, pk, tuple(conflicts), rep in planners.get(pk, set())))
    return found


def plan_load(
    drafts: Iterable[PlanDraft],
    customers: Mapping[int, Customer],
    terms: PlanRule,
    own: int | None,
    last: dt.date,
) -> Load:
    """New visits of a rep's day by these plans until `last`.

    Plans so many times in 28 days are spread by keys that they do not have yet; the next free ones are taken, so a
    day may still change when somebody else plans at the same moment.
    """
    by_level = plan_queries.frequencies()
    newest = VisitPlan.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    load: Load = Counter()
    for number, draft in enumerate(drafts, start=newest + 1):
        level = customers[draft.customer_id].level
        rule = PlanRule(
            rhythm=terms.rhythm,
            starts_on=terms.starts_on,
            ends_on=terms.ends_on,
            every=terms.every,
            weekdays=terms.weekdays,
            frequency=frequency_of(own, level, by_level),
            on_holiday=terms.on_holiday,
            seed=number,
        )
        load.update((draft.rep_id, day) for day in due_days(rule, terms.starts_on, last))
    return load
