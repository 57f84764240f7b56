"""The life of a suggested order (F3): queued → running → ready → accepted → undone, or dropped, or failed.

Only this file assigns a suggestion's state, by conditional UPDATE. `attempts` tells a worker that was given up from its
successor.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from territory.enums import SuggestionState
from territory.models import Route, RouteSuggestion
from territory.queries.route_plans import RoutePlan, route_plans
from territory.services.route_quality import find_order
from territory.services.routes import StopsChangedError, order_stops

STALE_AFTER = dt.timedelta(minutes=2)
MAX_ATTEMPTS = 3
AT_ONCE = 25  # stops with hours that are put in order while the person waits
SECONDS_AT_ONCE, SECONDS_AS_JOB = 1.2, 8.0
log = logging.getLogger(__name__)


def _move(pk: int, source: str, target: str, *, guard: Any = None, **fields: Any) -> bool:
    rows = RouteSuggestion.objects.filter(pk=pk, state=source, **(guard or {}))
    return rows.update(state=target, **fields) == 1


def ask_for_order(
    *, actor: User, route: Route, now: dt.datetime | None = None
) -> tuple[RouteSuggestion, bool]:
    """Queue the search, and say whether it takes so long that it is a job; `run_suggestion` does it.

    While one is being searched for this route, that one is answered. Raises ValidationError when fewer than two stops
    have a location.
    """
    now = now or timezone.now()
    plan = route_plans([route.pk])[route.pk]
    if len(plan.located) < 2:
        raise ValidationError(
            _("At least two stops need a location. Set it on the customers' pages or by the import.")
        )
    is_long = plan.has_hours and len(plan.located) > AT_ONCE
    seen = list(route.stops.order_by("position", "pk").values_list("pk", flat=True))
    try:
        with transaction.atomic():
            # What was offered and not taken is of no use any more.
            left = [SuggestionState.READY, SuggestionState.DROPPED, SuggestionState.FAILED]
            route.suggestions.filter(state__in=left).delete()
            return (
                RouteSuggestion.objects.create(route=route, seen=seen, created_by=actor, heartbeat_at=now),
                is_long,
            )
    except IntegrityError:  # somebody asked a moment ago
        busy = [SuggestionState.QUEUED, SuggestionState.RUNNING]
        found = route.suggestions.filter(state__in=busy).first()
        if found is None:
            raise
        return found, True


def run_suggestion(suggestion_id: int) -> RouteSuggestion | None:
    """Search and keep the answer; None when another worker has it. No transaction is held meanwhile."""
    claimed = _move(
        suggestion_id,
        SuggestionState.QUEUED,
        SuggestionState.RUNNING,
        attempts=F("attempts") + 1,
        heartbeat_at=timezone.now(),
    )
    if not claimed:
        return None
    row = RouteSuggestion.objects.get(pk=suggestion_id)
    guard = {"attempts": row.attempts}
    try:
        answer = _search(row)
    except Exception:
        log.exception("Suggested order %s stopped", row.pk)
        message = _("The search stopped with an unexpected error; it is in the log. The route is unchanged.")
        _move(row.pk, SuggestionState.RUNNING, SuggestionState.FAILED, guard=guard, message=message)
    else:
        _move(row.pk, SuggestionState.RUNNING, SuggestionState.READY, guard=guard, **answer)
    row.refresh_from_db()
    return row


def _search(row: RouteSuggestion) -> dict[str, Any]:
    plan = route_plans([row.route_id])[row.route_id]
    few = len(plan.located) <= AT_ONCE
    order = find_order(plan, SECONDS_AT_ONCE if few else SECONDS_AS_JOB)
    return {"order": stops_in_order(plan, order), **compare_orders(plan, order)}


def stops_in_order(plan: RoutePlan, order: list[int]) -> list[int]:
    """Stop ids of that order; those without a place go last, in the order they have."""
    return [*(plan.located[i].pk for i in order), *(stop.pk for stop in plan.unlocated)]


def compare_orders(plan: RoutePlan, order: list[int]) -> dict[str, Any]:
    """Length and stops that come too late, today and in `order`."""
    today = range(len(plan.located))
    return {
        "before_m": plan.length_m(today),
        "after_m": plan.length_m(order),
        "late_before": plan.day(today).late_stops if plan.has_hours else 0,
        "late_after": plan.day(order).late_stops if plan.has_hours else 0,
    }


# --- what becomes of it
@transaction.atomic
def accept_suggestion(*, actor: User, suggestion: RouteSuggestion) -> None:
    """Put the stops into the suggested order. Raises StopsChangedError when the route is not what it was, or the
    suggestion was taken or dropped already."""
    if not _move(suggestion.pk, SuggestionState.READY, SuggestionState.ACCEPTED):
        raise StopsChangedError
    order_stops(actor=actor, route=suggestion.route, order=suggestion.order, seen=suggestion.seen)


@transaction.atomic
def undo_suggestion(*, actor: User, suggestion: RouteSuggestion) -> None:
    """Back to the order before it was accepted. Raises StopsChangedError when somebody changed the route since."""
    if not _move(suggestion.pk, SuggestionState.ACCEPTED, SuggestionState.UNDONE):
        raise StopsChangedError
    order_stops(actor=actor, route=suggestion.route, order=suggestion.seen, seen=suggestion.order)


def drop_suggestion(*, actor: User, suggestion: RouteSuggestion) -> None:
    """Keep the order of today; dropping twice, or what failed, is fine."""
    for state in (SuggestionState.READY, SuggestionState.FAILED):
        _move(suggestion.pk, state, SuggestionState.DROPPED)


def sweep_suggestions(now: dt.datetime | None = None) -> list[int]:
    """Ids of searches to nudge: their message was lost or their worker died. Gives up what died too often."""
    now = now or timezone.now()
    guard = {"heartbeat_at__lt": now - STALE_AFTER}
    busy = [SuggestionState.QUEUED, SuggestionState.RUNNING]
    waiting = list(
        RouteSuggestion.objects.filter(state__in=busy, **guard).values_list("pk", "state", "attempts")
    )
    nudge: list[int] = []
    for pk, state, attempts in waiting:
        if attempts >= MAX_ATTEMPTS:
            message = _("The search was interrupted several times. The route is unchanged; ask again.")
            _move(pk, state, SuggestionState.FAILED, guard=guard, message=message)
        elif _move(pk, state, SuggestionState.QUEUED, guard=guard, heartbeat_at=now):
            nudge.append(pk)
    return nudge
