"""Visit plans: made, changed, stopped, handed over; and their tasks, which follow the plan from the third day on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from crm.enums import CustomerStatus
from crm.models import Customer
from crm.services.audit import log_changes, log_creations, log_deletions, text
from visits.enums import HolidayRule, Rhythm, TaskSource, TaskStatus
from visits.models import VisitPlan, VisitTask
from visits.queries import plans as queries
from visits.rules.plans import FROZEN_DAYS
from visits.services.making import append_positions, insert_tasks

DAYS_AHEAD = 13
MAX_PAIRS = 5000
_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """When and how a customer is visited; the columns of VisitPlan of the same names."""

    starts_on: dt.date
    rhythm: str = Rhythm.WEEKDAYS
    every: int = 1
    weekdays: str = ""
    frequency: int | None = None
    on_holiday: str = HolidayRule.SKIP
    ends_on: dt.date | None = None
    visit_type_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlanResult:
    """Plans made, changed and left as they were; pairs refused (the rep does not see the customer); tasks."""

    created: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    tasks_made: int = 0
    tasks_removed: int = 0


def check_terms(terms: PlanTerms) -> PlanTerms:
    """The terms with what their rhythm does not use put aside. Raises ValidationError when they make no sense."""
    weekly = terms.rhythm in (Rhythm.WEEKDAYS, Rhythm.WEEKS)
    if weekly and not terms.weekdays:
        raise ValidationError(_("Choose at least one weekday."), code="weekdays")
    if not 1 <= terms.every <= 366:
        raise ValidationError(_("Between 1 and 366."), code="every")
    if terms.frequency is not None and not 1 <= terms.frequency <= 28:
        raise ValidationError(_("Between 1 and 28 times in 28 days."), code="frequency")
    if terms.ends_on is not None and terms.ends_on < terms.starts_on:
        raise ValidationError(_("The period ends before it begins."), code="ends_on")
    counted = terms.rhythm in (Rhythm.DAYS, Rhythm.WEEKS)
    return replace(
        terms,
        every=terms.every if counted else 1,
        weekdays=terms.weekdays if weekly else "",
        frequency=terms.frequency if terms.rhythm == Rhythm.CYCLE else None,
        note=terms.note.strip()[:200],
    )


@transaction.atomic
def save_plans(
    *, actor: User, pairs: Iterable[tuple[int, int]], terms: PlanTerms, today: dt.date | None = None
) -> PlanResult:
    """Give each (rep, customer) pair a plan with these terms, and make its tasks of the next two weeks.

    A pair that has a plan gets the new terms, and its tasks are re-planned (`replan`). A pair whose rep does not see
    the customer is refused. Some fifteen statements however many pairs. Raises ValidationError for terms that make
    no sense, and for reps or customers that are not the actor's to plan.
    """
    day, terms = today or business_calendar.today(), check_terms(terms)
    wanted = list(dict.fromkeys(pairs))
    reps, customers = in_scope(actor, wanted)
    unseen = queries.unseen_pairs(reps.values(), customers.values())
    welcome = [pair for pair in wanted if pair not in unseen]
    values = {field.name: getattr(terms, field.name) for field in fields(terms)}
    there = {
        (plan.rep_id, plan.customer_id): plan
        for plan in VisitPlan.objects.select_for_update()
        .filter(rep__in=reps, customer__in=customers)
        .order_by("pk")
    }
    new = [
        VisitPlan(rep=reps[rep], customer=customers[customer], **values)
        for rep, customer in welcome
        if (rep, customer) not in there
    ]
    VisitPlan.objects.bulk_create(new, batch_size=1000)
    log_creations(actor=actor, rows=[(plan, _words(values)) for plan in new])
    old = [there[pair] for pair in welcome if pair in there]
    changed = _change(actor, old, {**values, "is_active": True}, day)
    made, removed = replan(actor=actor, plans=[*new, *changed], today=day)
    return PlanResult(
        len(new), len(changed), len(old) - len(changed), len(unseen & set(wanted)), made, removed
    )


@transaction.atomic
def stop_plans(*, actor: User, plan_ids: Iterable[int], today: dt.date | None = None) -> PlanResult:
    """Stop those of the plans that are in use and in scope; their unvisited tasks go, but for the next days."""
    return _set_in_use(actor, plan_ids, False, today)


@transaction.atomic
def resume_plans(*, actor: User, plan_ids: Iterable[int], today: dt.date | None = None) -> PlanResult:
    """Take stopped plans up again."""
    return _set_in_use(actor, plan_ids, True, today)


@transaction.atomic
def hand_over_plans(
    *, actor: User, plan_ids: Iterable[int], rep: User, today: dt.date | None = None
) -> PlanResult:
    """Give plans to another rep; his days begin after the next two, which stay with the one before.

    Refused, each for itself: the new rep does not see the customer, or has a plan for it himself. Raises
    ValidationError when the actor may not plan for him.
    """
    day = today or business_calendar.today()
    _must_plan_for(actor, {rep.pk})
    plans = _locked(actor, plan_ids)
    moving = [plan for plan in plans if plan.rep_id != rep.pk]
    his = VisitPlan.objects.filter(rep=rep, customer__in=[plan.customer_id for plan in moving])
    taken = set(his.values_list("customer_id", flat=True))
    unseen = queries.unseen_pairs([rep], [plan.customer for plan in moving])
    going = []
    for plan in moving:
        # Two of the chosen plans may be for one customer: the first one goes.
        if (rep.pk, plan.customer_id) not in unseen and plan.customer_id not in taken:
            taken.add(plan.customer_id)
            going.append(plan)
    changed = _change(actor, going, {"rep_id": rep.pk}, day)
    made, removed = replan(actor=actor, plans=changed, today=day)
    return PlanResult(0, len(changed), len(plans) - len(moving), len(moving) - len(going), made, removed)


def replan(
    *, actor: User | None, plans: Sequence[VisitPlan], today: dt.date, days_ahead: int = DAYS_AHEAD
) -> tuple[int, int]:
    """Make the tasks of these plans up to `days_ahead` from today, and take away what they do not ask for any more.

    Taken away: open tasks of the plan that nobody has visited or moved, never those of today and the next two days
    (FROZEN_DAYS). Returns (made, removed). A few statements whatever the number of plans.
    """
    if not plans:
        return 0, 0
    rows = VisitPlan.objects.filter(pk__in=[plan.pk for plan in plans])
    fresh = {plan.pk: plan for plan in rows.select_related("customer", "rep__role")}
    by_level = queries.frequencies()
    return _make(actor, fresh, by_level, today, days_ahead), _remove_stale(actor, fresh, by_level, today)


def _make(
    actor: User | None,
    plans: dict[int, VisitPlan],
    by_level: queries.Frequencies,
    today: dt.date,
    days_ahead: int,
) -> int:
    last = today + dt.timedelta(days=days_ahead)
    live = [plan for plan in plans.values() if plan.rep.is_active and plan.is_active]
    unseen = queries.unseen_pairs({plan.rep for plan in live}, {plan.customer for plan in live})
    tasks = [
        plan_task(plan, day, actor)
        for plan in live
        if plan.customer.status == CustomerStatus.ACTIVE and (plan.rep_id, plan.customer_id) not in unseen
        for day in queries.plan_days(plan, by_level, today, last)
    ]
    append_positions(tasks)
    return insert_tasks(tasks)


def plan_task(plan: VisitPlan, day: dt.date, actor: User | None) -> VisitTask:
    """The task of a plan's day, not saved."""
    return VisitTask(
        rep_id=plan.rep_id,
        customer_id=plan.customer_id,
        date=day,
        source=TaskSource.PLAN,
        source_id=plan.pk,
        visit_type_id=plan.visit_type_id,
        note=plan.note,
        created_by=actor,
    )


def _remove_stale(
    actor: User | None, plans: dict[int, VisitPlan], by_level: queries.Frequencies, today: dt.date
) -> int:
    since = today + dt.timedelta(days=FROZEN_DAYS + 1)
    rows = VisitTask.objects.filter(
        source=TaskSource.PLAN,
        status=TaskStatus.OPEN,
        source_id__in=plans,
        date__gte=since,
        moved_from__isnull=True,
        visits__isnull=True,
    )
    tasks = list(rows.select_related("rep", "customer"))
    if not tasks:
        return 0
    last = max(task.date for task in tasks)
    due = {pk: set(queries.plan_days(plan, by_level, since, last)) for pk, plan in plans.items()}
    stale = []
    for task in tasks:
        plan = plans[task.source_id or 0]
        if (task.rep_id, task.customer_id) != (plan.rep_id, plan.customer_id) or task.date not in due[
            plan.pk
        ]:
            stale.append(task)
    log_deletions(actor=actor, rows=stale)
    for start in range(0, len(stale), _CHUNK):
        keys = [task.pk for task in stale[start : start + _CHUNK]]
        gone = VisitTask.objects.filter(pk__in=keys)
        # The log lines are written; nothing refers to a task but visits, and these have none.
        gone._raw_delete(gone.db)
    return len(stale)


# --- generation
def plans_to_generate(first: dt.date, last: dt.date) -> list[tuple[VisitPlan, tuple[dt.date, ...]]]:
    """Plans in use with their days from `first` to `last`, locked in the order of their keys until the transaction
    ends; two statements. The caller makes the tasks (territory.services.generation, together with routes)."""
    rows = VisitPlan.objects.filter(is_active=True, rep__is_active=True, starts_on__lte=last)
    rows = rows.exclude(ends_on__lt=first).select_related("customer", "rep__role")
    plans = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
    if not plans:
        return []
    by_level = queries.frequencies()
    return [(plan, tuple(queries.plan_days(plan, by_level, first, last))) for plan in plans]


def follow_levels(*, today: dt.date) -> int:
    """Plans without a number of their own lose what a level's earlier number had made; returns how many tasks went."""
    plans = VisitPlan.objects.filter(is_active=True, rhythm=Rhythm.CYCLE, frequency__isnull=True)
    fresh = {plan.pk: plan for plan in plans.select_related("customer")}
    return _remove_stale(None, fresh, queries.frequencies(), today) if fresh else 0


# --- helpers
def in_scope(actor: User, pairs: Sequence[tuple[int, int]]) -> tuple[dict[int, User], dict[int, Customer]]:
    """The reps and customers of (rep, customer) pairs by id. Raises ValidationError unless all are the actor's to plan."""
    if len(pairs) > MAX_PAIRS:
        raise ValidationError(_("At most %(count)s plans at once.") % {"count": MAX_PAIRS}, code="count")
    reps = _must_plan_for(actor, {rep for rep, _customer in pairs})
    ids = {customer for _rep, customer in pairs}
    seen = Customer.objects.visible_to(actor).only("pk", "name", "owner_id", "level", "status")
    customers = {customer.pk: customer for customer in seen.filter(pk__in=ids)}
    if len(customers) != len(ids):
        raise ValidationError(_("Some of these customers are not yours to plan."), code="customer")
    return reps, customers


def _must_plan_for(actor: User, ids: set[int]) -> dict[int, User]:
    reps = {
        rep.pk: rep
        for rep in User.objects.visible_to(actor).filter(pk__in=ids, is_active=True).select_related("role")
    }
    if missing := ids - reps.keys():
        rep = User.objects.filter(pk__in=missing).first()
        raise ValidationError(_("You cannot plan visits for %(rep)s.") % {"rep": rep or "?"}, code="rep")
    return reps


def _locked(actor: User, plan_ids: Iterable[int]) -> list[VisitPlan]:
    ids = list(plan_ids)
    if len(ids) > MAX_PAIRS:
        raise ValidationError(_("At most %(count)s plans at once.") % {"count": MAX_PAIRS}, code="count")
    rows = VisitPlan.objects.visible_to(actor).filter(pk__in=ids).select_related("customer", "rep")
    return list(rows.select_for_update(of=("self",)).order_by("pk"))


def _set_in_use(actor: User, plan_ids: Iterable[int], in_use: bool, today: dt.date | None) -> PlanResult:
    day = today or business_calendar.today()
    plans = _locked(actor, plan_ids)
    changed = _change(actor, plans, {"is_active": in_use}, day)
    made, removed = replan(actor=actor, plans=changed, today=day)
    return PlanResult(0, len(changed), len(plans) - len(changed), 0, made, removed)


def _change(
    actor: User, plans: Sequence[VisitPlan], values: dict[str, Any], today: dt.date
) -> list[VisitPlan]:
    """Those of the plans that differ get the values, and count from the day after the frozen ones."""
    changes = []
    for plan in plans:
        before = {name: getattr(plan, name) for name in values}
        differing = {
            name: [text(before[name]), text(value)] for name, value in values.items() if before[name] != value
        }
        if differing:
            changes.append((plan, differing))
    changed = [plan for plan, _differing in changes]
    since = today + dt.timedelta(days=FROZEN_DAYS + 1)
    VisitPlan.objects.filter(pk__in=[plan.pk for plan in changed]).update(**values, counts_from=since)
    log_changes(actor=actor, changes=changes)
    return changed


def _words(values: dict[str, Any]) -> dict[str, list[str]]:
    return {name: ["None", text(value)] for name, value in values.items() if value not in (None, "")}
