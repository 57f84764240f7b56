"""Reads of visit plans: their rule as plain values, whom reps may not visit, rows for screens."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from typing import Any, cast

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.querysets import scope_user_ids
from crm.models import Customer, CustomerShare
from visits.enums import TaskStatus
from visits.models import LevelFrequency, VisitPlan, VisitTask
from visits.rules.drafts import Field
from visits.rules.plans import PlanRule, due_days, frequency_of, next_due, read_days

Frequencies = dict[str, int]


def frequencies() -> Frequencies:
    """Visits in 28 days by level."""
    return dict(LevelFrequency.objects.values_list("level", "visits"))


def rule_of(plan: VisitPlan, by_level: Frequencies) -> PlanRule:
    """A plan as plain values; its customer must be loaded."""
    return PlanRule(
        rhythm=plan.rhythm,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        every=plan.every,
        weekdays=read_days(plan.weekdays),
        frequency=frequency_of(plan.frequency, plan.customer.level, by_level),
        on_holiday=plan.on_holiday,
        seed=plan.pk or 0,
    )


def plan_days(plan: VisitPlan, by_level: Frequencies, first: dt.date, last: dt.date) -> list[dt.date]:
    """Days from `first` to `last` that tasks are made for; none before the day from which a changed plan counts."""
    begin = first if plan.counts_from is None else max(first, plan.counts_from)
    return due_days(rule_of(plan, by_level), begin, last) if plan.is_active else []


def next_date(plan: VisitPlan, by_level: Frequencies, today: dt.date) -> dt.date | None:
    """The plan's next day, today included; None when it is stopped or over."""
    since = today if plan.counts_from is None else max(today, plan.counts_from)
    return next_due(rule_of(plan, by_level), since) if plan.is_active else None


def plan_rows(*, user: User) -> QuerySet[Any]:
    """Plans in scope for the list."""
    return cast(
        "QuerySet[Any]",
        VisitPlan.objects.visible_to(user).select_related("rep", "customer", "visit_type"),
    )


def unseen_pairs(reps: Iterable[User], customers: Iterable[Customer]) -> set[tuple[int, int]]:
    """(rep, customer) pairs in which the rep does not see the customer, so could not check in there."""
    reps, owners = list(reps), {customer.pk: customer.owner_id for customer in customers}
    scopes = {rep.pk: scope_user_ids(rep) for rep in reps}
    limited = [pk for pk, scope in scopes.items() if scope is not None]
    if not limited:
        return set()
    live = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    shared = set(
        CustomerShare.objects.filter(live, user__in=limited, customer__in=owners).values_list(
            "user_id", "customer_id"
        )
    )
    return {
        (rep_id, pk)
        for rep_id in limited
        for pk, owner_id in owners.items()
        if owner_id not in cast("frozenset[int]", scopes[rep_id]) and (rep_id, pk) not in shared
    }


def field_around(
    *, reps: Iterable[User], customers: Iterable[Customer], first: dt.date, last: dt.date, limit: int
) -> Field:
    """What a draft from `first` to `last` is judged by, and three weeks more, where moved visits may go."""
    reps, customers = list(reps), list(customers)
    ends = last + dt.timedelta(days=40)
    rows = VisitTask.objects.filter(
        date__range=(first, ends), customer__in=[customer.pk for customer in customers]
    ).exclude(status=TaskStatus.SKIPPED)
    tasks = set(
        VisitTask.objects.filter(date__range=(first, ends), rep__in=reps).values_list(
            "rep_id", "customer_id", "date"
        )
    )
    doors: dict[tuple[int, dt.date], set[int]] = defaultdict(set)
    for rep_id, customer_id, day in rows.values_list("rep_id", "customer_id", "date"):
        doors[customer_id, day].add(rep_id)
    return Field(
        owners={customer.pk: customer.owner_id for customer in customers},
        unseen=unseen_pairs(reps, customers),
        tasks=tasks,
        limit=limit,
        by_door={key: frozenset(found) for key, found in doors.items()},
    )


def task_load(reps: Iterable[User], first: dt.date, last: dt.date) -> Counter[tuple[int, dt.date]]:
    """Tasks of a rep's day that are not skipped, {(rep, day): n}; one statement."""
    rows = (
        VisitTask.objects.filter(rep__in=list(reps), date__range=(first, last))
        .exclude(status=TaskStatus.SKIPPED)
        .order_by()
        .values_list("rep_id", "date")
        .annotate(Count("pk"))
    )
    return Counter({(rep_id, day): count for rep_id, day, count in rows})


def planned_pairs(reps: Collection[User], customers: Collection[int]) -> set[tuple[int, int]]:
    """(rep, customer) of the plans in use."""
    rows = VisitPlan.objects.filter(is_active=True, customer__in=customers)
    return set(rows.filter(rep__in=reps).values_list("rep_id", "customer_id"))


def other_planners(customers: Collection[int]) -> dict[int, set[int]]:
    """{customer: reps with a plan in use}."""
    found: dict[int, set[int]] = defaultdict(set)
    for rep_id, customer_id in VisitPlan.objects.filter(is_active=True, customer__in=customers).values_list(
        "rep_id", "customer_id"
    ):
        found[customer_id].add(rep_id)
    return found
