"""Visit tasks from routes and periodic plans."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.querysets import scope_user_ids
from common import business_calendar
from crm.enums import CustomerStatus
from crm.models import CustomerShare
from territory.models import Route, RouteStop
from territory.rules import dates_on, read_weekdays
from visits.enums import TaskSource
from visits.models import VisitTask
from visits.services.making import insert_tasks
from visits.services.plans import follow_levels, plans_to_generate

DAYS_AHEAD = 13
MAX_DAYS = 366


@dataclass(frozen=True)
class Generated:
    """`skipped`: customers of routes and plans left out, because inactive or no longer the rep's to see."""

    created: int
    existing: int
    skipped: int


@dataclass(frozen=True, slots=True)
class _Intent:
    """One customer on the days of a route or plan."""

    rep_id: int
    customer_id: int
    source: TaskSource
    source_id: int
    days: tuple[dt.date, ...]
    visit_type_id: int | None = None
    note: str = ""


@transaction.atomic
def generate_visit_tasks(
    *,
    from_day: dt.date | None = None,
    to_day: dt.date | None = None,
    route_ids: Iterable[int] | None = None,
    actor: User | None = None,
    today: dt.date | None = None,
) -> Generated:
    """Make the tasks of active routes and plans from `from_day` (today) to `to_day` (13 days later), both included.

    With `route_ids` only those routes and no plans. A task that is there already, whatever its source and state,
    is left alone, and one that was moved to another day or rep does not come again; a customer on two routes of one
    day gets one task. Plans that follow the customer's level first lose the tasks that an earlier level made
    (visits.services.plans). A few statements whatever the size; safe twice at once: the second run waits for the
    locks of the first and finds its tasks. Raises ValidationError for a range that ends before it starts or is
    longer than a year.
    """
    first = from_day or today or business_calendar.today()
    last = to_day or first + dt.timedelta(days=DAYS_AHEAD)
    if last < first:
        raise ValidationError(_("The last day lies before the first."))
    if (last - first).days >= MAX_DAYS:
        raise ValidationError(_("At most a year at a time."))
    if route_ids is None:
        follow_levels(today=today or business_calendar.today())
    intents, skipped = _visible_intents(_read_intents(first, last, route_ids))
    tasks: dict[tuple[int, int, dt.date], VisitTask] = {}
    positions: dict[tuple[int, dt.date], int] = {}
    for intent in intents:
        for day in intent.days:
            key = (intent.rep_id, intent.customer_id, day)
            if key in tasks:
                continue
            positions[intent.rep_id, day] = position = positions.get((intent.rep_id, day), 0) + 1
            tasks[key] = VisitTask(
                rep_id=intent.rep_id,
                customer_id=intent.customer_id,
                date=day,
                position=position,
                source=intent.source,
                source_id=intent.source_id,
                visit_type_id=intent.visit_type_id,
                note=intent.note,
                created_by=actor,
            )
    created = insert_tasks(list(tasks.values()))
    return Generated(created=created, existing=len(tasks) - created, skipped=skipped)


def _read_intents(
    first: dt.date, last: dt.date, route_ids: Iterable[int] | None
) -> Iterator[tuple[_Intent, User, int | None, str]]:
    """Routes by name with their stops in order, then plans: (intent, rep, customer's owner, customer's status)."""
    in_range = Q(is_active=True, rep__is_active=True, starts_on__lte=last) & (
        Q(ends_on__isnull=True) | Q(ends_on__gte=first)
    )
    routes: QuerySet[Route] = Route.objects.filter(in_range).exclude(weekdays="")
    if route_ids is not None:
        routes = routes.filter(pk__in=list(route_ids))
    # Locked in the order of keys, so that two runs wait for each other instead of for ever.
    locked = routes.select_for_update(of=("self",), no_key=True).select_related("rep__role").order_by("pk")
    by_id = {route.pk: route for route in locked}
    stops = RouteStop.objects.filter(route__in=by_id).order_by("route__name", "route_id", "position", "pk")
    for stop_route, customer_id, owner_id, status in stops.values_list(
        "route_id", "customer_id", "customer__owner_id", "customer__status"
    ):
        route = by_id[stop_route]
        days = _days(route, first, last)
        yield (
            _Intent(route.rep_id, customer_id, TaskSource.ROUTE, route.pk, days),
            route.rep,
            owner_id,
            status,
        )
    if route_ids is not None:
        return
    for plan, days in plans_to_generate(first, last):
        intent = _Intent(
            plan.rep_id, plan.customer_id, TaskSource.PLAN, plan.pk, days, plan.visit_type_id, plan.note
        )
        yield intent, plan.rep, plan.customer.owner_id, plan.customer.status


def _days(source: Route, first: dt.date, last: dt.date) -> tuple[dt.date, ...]:
    begin, end = max(first, source.starts_on), min(last, source.ends_on or last)
    return tuple(dates_on(read_weekdays(source.weekdays), begin, end))


def _visible_intents(rows: Iterable[tuple[_Intent, User, int | None, str]]) -> tuple[list[_Intent], int]:
    """Without customers that are inactive or that the rep may not see any more: he could not check in there."""
    rows = list(rows)
    scopes: dict[int, frozenset[int] | None] = {}
    for intent, rep, _owner, _status in rows:
        if intent.rep_id not in scopes:
            scopes[intent.rep_id] = scope_user_ids(rep)
    live = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    shared = set(CustomerShare.objects.filter(live, user__in=scopes).values_list("user_id", "customer_id"))
    visible = []
    for intent, _rep, owner_id, status in rows:
        scope = scopes[intent.rep_id]
        seen = scope is None or owner_id in scope or (intent.rep_id, intent.customer_id) in shared
        if status == CustomerStatus.ACTIVE and seen:
            visible.append(intent)
    return visible, len(rows) - len(visible)
