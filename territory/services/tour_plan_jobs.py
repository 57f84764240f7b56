"""The search for a plan's tours (F4): draft or ready → queued → running → ready, or failed, or back when cancelled.

Only this file assigns a plan's state, by conditional UPDATE. No transaction is held while it searches.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from territory.enums import PlanState, SearchEffort
from territory.models import Tour, TourPlan, TourPlanShop, TourStop
from territory.queries.tour_plans import Asked, ask
from territory.rules.tour_plan_search import LONG, NORMAL, QUICK, Answer, Effort, solve
from territory.rules.tour_plans import Day, Tours, missing_of, walk, why_missing
from territory.services.tour_plans import lock_plan

STALE_AFTER = dt.timedelta(minutes=3)  # a step takes seconds and tells that it lives
MAX_ATTEMPTS = 3
EFFORTS: dict[str, tuple[Effort, int]] = {  # and the seconds after which the best so far is taken
    SearchEffort.QUICK: (QUICK, 60),
    SearchEffort.NORMAL: (NORMAL, 300),
    SearchEffort.LONG: (LONG, 1_200),
}
HISTORY = 30  # changes that can be undone
log = logging.getLogger(__name__)


def _move(pk: int, source: Collection[str], target: str, *, guard: Any = None, **fields: Any) -> bool:
    rows = TourPlan.objects.filter(pk=pk, state__in=source, **(guard or {}))
    return rows.update(state=target, **fields) == 1


@transaction.atomic
def ask_for_tours(
    *, actor: User, plan: TourPlan, keep_moved: bool = False, now: dt.datetime | None = None
) -> None:
    """Queue the search; `run_tour_plan` does it. With `keep_moved` it goes on from the present tours, and stops that
    were moved by hand stay with their rep and day.

    Raises ValidationError while it is being searched for, and when no customer has a location.
    """
    plan = lock_plan(plan)
    if not ask(plan).shops:
        raise ValidationError(_("Choose customers with a location first."))
    _move(
        plan.pk,
        (PlanState.DRAFT, PlanState.READY, PlanState.FAILED),
        PlanState.QUEUED,
        heartbeat_at=now or timezone.now(),
        attempts=0,
        done=0,
        total=0,
        stop_wanted=False,
        keep_moved=keep_moved,
        message="",
    )


def cancel_search(*, actor: User, plan: TourPlan) -> bool:
    """End the search and keep the tours from before; False when it has ended already."""
    back = PlanState.READY if plan.tours.exists() else PlanState.DRAFT
    if _move(plan.pk, (PlanState.QUEUED,), back):
        return True
    return TourPlan.objects.filter(pk=plan.pk, state=PlanState.RUNNING).update(stop_wanted=True) == 1


def run_tour_plan(plan_id: int) -> None:
    """Search and keep the tours; nothing when another worker has it."""
    claimed = _move(
        plan_id,
        (PlanState.QUEUED,),
        PlanState.RUNNING,
        attempts=F("attempts") + 1,
        heartbeat_at=timezone.now(),
    )
    if not claimed:
        return
    plan = TourPlan.objects.get(pk=plan_id)
    guard = {"attempts": plan.attempts}
    try:
        _search(plan, guard)
    except Exception:
        log.exception("Tour plan %s stopped", plan.pk)
        message = _("The search stopped with an unexpected error; it is in the log. The tours are unchanged.")
        _move(plan.pk, (PlanState.RUNNING,), PlanState.FAILED, guard=guard, message=message)


def _search(plan: TourPlan, guard: dict[str, Any]) -> None:
    stops = list(TourStop.objects.filter(tour__plan=plan).select_related("tour"))
    moved = [stop for stop in stops if stop.by_hand] if plan.keep_moved else []
    asked = ask(plan, pins=moved)
    effort, seconds = EFFORTS[plan.effort]
    mine = TourPlan.objects.filter(pk=plan.pk, state=PlanState.RUNNING, **guard)

    def watch(done: int, total: int) -> bool:
        alive = mine.update(done=done, total=total, heartbeat_at=timezone.now())
        return bool(alive) and not mine.filter(stop_wanted=True).exists()

    answer = solve(
        asked.problem,
        effort,
        seed=plan.seed,
        begin=asked.tours_of(stops) if plan.keep_moved else None,
        seconds=seconds,
        watch=watch,
    )
    with transaction.atomic():
        fresh = TourPlan.objects.select_for_update(of=("self",)).filter(pk=plan.pk).first()
        if fresh is None or fresh.state != PlanState.RUNNING or fresh.attempts != plan.attempts:
            return  # given up, and somebody else has it
        if fresh.stop_wanted:
            back = PlanState.READY if fresh.tours.exists() else PlanState.DRAFT
            _move(plan.pk, (PlanState.RUNNING,), back, guard=guard)
            return
        _keep(fresh, asked, answer, moved, guard)


def _keep(
    plan: TourPlan, asked: Asked, answer: Answer, moved: Collection[TourStop], guard: dict[str, Any]
) -> None:
    keys = {(rep, day) for rep in asked.rep_ids for day in asked.dates}
    before = snapshot(plan, keys | set(plan.tours.values_list("rep_id", "date")))
    by_hand = {(stop.shop_id, stop.tour.rep_id, stop.tour.date) for stop in moved}
    lay_tours(plan, asked, answer.tours, by_hand)
    note_missing(plan, asked, answer.tours)
    message = ""
    if answer.ended_early:
        message = _(
            "The time was over; this is the best found until then. Another search may find other tours."
        )
    _move(
        plan.pk,
        (PlanState.RUNNING,),
        PlanState.READY,
        guard=guard,
        message=message,
        version=F("version") + 1,
        is_stale=False,
        history=[*plan.history, before][-HISTORY:] if plan.keep_moved else [],
    )


def snapshot(plan: TourPlan, keys: Collection[tuple[int, dt.date]]) -> list[list[Any]]:
    """[[rep, date, [[shop row, by hand], …]], …] of these reps' days: what undo goes back to."""
    found: dict[tuple[int, dt.date], list[list[Any]]] = {key: [] for key in keys}
    stops = TourStop.objects.filter(tour__plan=plan).select_related("tour").order_by("position", "pk")
    for stop in stops:
        key = stop.tour.rep_id, stop.tour.date
        if key in found:
            found[key].append([stop.shop_id, stop.by_hand])
    return [[rep, day.isoformat(), rows] for (rep, day), rows in sorted(found.items())]


def lay_tours(
    plan: TourPlan, asked: Asked, tours: Tours, by_hand: Collection[tuple[int, int, dt.date]] = ()
) -> None:
    """Replace all tours by these."""
    plan.tours.all().delete()
    laid, stops = [], []
    for (rep, day), tour in sorted(tours.items()):
        if not tour:
            continue
        row, its = tour_rows(plan, asked, rep, day, tour, by_hand)
        laid.append(row)
        stops += its
    Tour.objects.bulk_create(laid)
    TourStop.objects.bulk_create(stops, batch_size=500)


def tour_rows(
    plan: TourPlan,
    asked: Asked,
    rep: int,
    day: int,
    tour: list[int],
    by_hand: Collection[tuple[int, int, dt.date]] = (),
) -> tuple[Tour, list[TourStop]]:
    """The rows of one tour, not saved; `by_hand` as (shop row, rep, date)."""
    what: Day = walk(asked.problem, rep, tour)
    row = Tour(
        plan=plan,
        rep_id=asked.rep_ids[rep],
        date=asked.dates[day],
        metres=what.metres,
        travel_s=what.travel_s,
        stay_s=what.stay_s,
        ends_s=what.clock.ends_s,
        late_s=what.clock.late_s,
        over_s=what.over_s,
    )
    stops = [
        TourStop(
            tour=row,
            shop=asked.shops[shop],
            position=number,
            by_hand=(asked.shops[shop].pk, row.rep_id, row.date) in by_hand,
            leg_m=leg,
            arrives_s=arrival.arrives_s,
            begins_s=arrival.begins_s,
            late_s=arrival.late_s,
        )
        for number, (shop, leg, arrival) in enumerate(
            zip(tour, what.legs_m, what.clock.arrivals, strict=True), start=1
        )
    ]
    return row, stops


def note_missing(plan: TourPlan, asked: Asked, tours: Tours) -> None:
    """Say at each customer how many of its visits are in no tour, and why."""
    missing = missing_of(asked.problem, tours)
    rows = list(plan.shops.all())
    at = {shop.pk: number for number, shop in enumerate(asked.shops)}
    for row in rows:
        if row.pk in asked.left_out:
            row.missing, row.reason = row.visits, asked.left_out[row.pk]
        else:
            number = at[row.pk]
            row.missing = missing.get(number, 0)
            row.reason = why_missing(asked.problem, number) if row.missing else ""
    TourPlanShop.objects.bulk_update(rows, ["missing", "reason"], batch_size=500)


def sweep_tour_plans(now: dt.datetime | None = None) -> list[int]:
    """Ids of searches to nudge: their message was lost or their worker died. Gives up what died too often."""
    now = now or timezone.now()
    guard = {"heartbeat_at__lt": now - STALE_AFTER}
    busy = (PlanState.QUEUED, PlanState.RUNNING)
    nudge: list[int] = []
    for pk, state, attempts in list(
        TourPlan.objects.filter(state__in=busy, **guard).values_list("pk", "state", "attempts")
    ):
        if attempts >= MAX_ATTEMPTS:
            message = _("The search was interrupted several times. The tours are unchanged; ask again.")
            _move(pk, (state,), PlanState.FAILED, guard=guard, message=message)
        elif _move(pk, (state,), PlanState.QUEUED, guard=guard, heartbeat_at=now):
            nudge.append(pk)
    return nudge
