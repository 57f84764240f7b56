"""Tours changed by hand (F4): a stop to another place, day or rep, off or onto a tour; and the way back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from accounts.models import User
from territory.models import Tour, TourPlan, TourPlanShop, TourStop
from territory.queries.tour_plans import ask
from territory.rules.tour_plans import FULL, walk
from territory.services.tour_plan_jobs import HISTORY, snapshot, tour_rows
from territory.services.tour_plans import PlanChangedError, lock_plan

RepDate = tuple[int, dt.date]
Rows = list[tuple[int, bool]]  # shop row, by hand


@transaction.atomic
def move_stop(
    *,
    actor: User,
    plan: TourPlan,
    shop_id: int,
    source: RepDate | None,
    target: RepDate | None,
    position: int | None = None,
    seen: int,
) -> list[Tour]:
    """Put one visit of a customer from the tour `source` into the tour `target`, before stop `position` (from 1; None:
    where it adds the least way). Without a source it is one that is missing, without a target it is taken off.

    The tours are reckoned anew and answered. A day on which the customer is closed, or too short for the tour, is
    allowed: the page shows what comes too late. Raises PlanChangedError when the plan is no longer the version `seen`,
    ValidationError for a day or rep that is not the plan's, another's customer where owners are kept, and a second
    visit on one day.
    """
    plan = lock_plan(plan, seen=seen)
    keys = {key for key in (source, target) if key}
    before = snapshot(plan, keys)
    tours: dict[RepDate, Rows] = {
        (rep, dt.date.fromisoformat(day)): [(shop, hand) for shop, hand in rows] for rep, day, rows in before
    }
    if source is not None:
        left = [row for row in tours[source] if row[0] != shop_id]
        if len(left) == len(tours[source]):
            raise PlanChangedError
        tours[source] = left
    if target is not None:
        _check_target(plan, shop_id, source, target, tours)
        at = _place(plan, shop_id, target, tours[target]) if position is None else max(0, position - 1)
        tours[target].insert(at, (shop_id, True))
    changed = _rewrite(plan, tours)
    _recount(plan, {shop_id})
    _finish(plan, [*plan.history, before][-HISTORY:])
    return changed


def _check_target(
    plan: TourPlan, shop_id: int, source: RepDate | None, target: RepDate, tours: dict[RepDate, Rows]
) -> None:
    shop = plan.shops.filter(pk=shop_id).select_related("customer").first()
    if shop is None:
        raise PlanChangedError
    asked = ask(plan, [shop_id])
    if target[0] not in asked.rep_ids or target[1] not in asked.dates:
        raise ValidationError(_("This rep or day is not in the plan."))
    if shop_id in asked.left_out:
        raise ValidationError(_("%(customer)s is inactive or has no location.") % {"customer": shop.customer})
    if plan.keep_owner and shop.customer.owner_id != target[0]:
        message = _("Customers stay with their owner in this plan; %(customer)s is another rep's.")
        raise ValidationError(message % {"customer": shop.customer})
    if any(row[0] == shop_id for row in tours[target]):
        message = _("%(customer)s is in that tour already.")
        raise ValidationError(message % {"customer": shop.customer})
    if source is None and TourStop.objects.filter(shop_id=shop_id).count() >= shop.visits:
        message = _("%(customer)s has all its visits already.")
        raise ValidationError(message % {"customer": shop.customer})


def _place(plan: TourPlan, shop_id: int, target: RepDate, rows: Rows) -> int:
    """Where the stop adds the least: first to what comes too late or after work, then to the way."""
    asked = ask(plan, {shop_id, *(shop for shop, _hand in rows)})
    at = {shop.pk: number for number, shop in enumerate(asked.shops)}
    rep = asked.rep_ids.index(target[0])
    tour = [at[shop] for shop, _hand in rows if shop in at]

    def cost(place: int) -> tuple[int, float, int]:
        day = walk(asked.problem, rep, [*tour[:place], at[shop_id], *tour[place:]])
        return day.clock.late_s + day.over_s, day.metres, place

    return min(range(len(tour) + 1), key=cost)


def _rewrite(plan: TourPlan, tours: dict[RepDate, Rows]) -> list[Tour]:
    """Lay these tours anew; one without stops goes."""
    touched = Q()
    for rep, day in tours:
        touched |= Q(rep_id=rep, date=day)
    plan.tours.filter(touched).delete()
    asked = ask(plan, {shop for rows in tours.values() for shop, _hand in rows})
    numbers = {shop.pk: number for number, shop in enumerate(asked.shops)}
    laid, stops = [], []
    for (rep, day), rows in tours.items():
        if rep not in asked.rep_ids or day not in asked.dates:
            continue
        kept = [(shop, hand) for shop, hand in rows if shop in numbers]
        if not kept:
            continue
        hands = {(shop, rep, day) for shop, hand in kept if hand}
        order = [numbers[shop] for shop, _hand in kept]
        row, its = tour_rows(plan, asked, asked.rep_ids.index(rep), asked.dates.index(day), order, hands)
        laid.append(row)
        stops += its
    Tour.objects.bulk_create(laid)
    TourStop.objects.bulk_create(stops, batch_size=500)
    return laid


def _recount(plan: TourPlan, shop_ids: Collection[int]) -> None:
    rows = list(TourPlanShop.objects.filter(plan=plan, pk__in=shop_ids).annotate(laid=Count("stops")))
    for row in rows:
        row.missing = max(0, row.visits - row.laid)
        row.reason = (row.reason or FULL) if row.missing else ""
    TourPlanShop.objects.bulk_update(rows, ["missing", "reason"], batch_size=500)


def _finish(plan: TourPlan, history: list[object]) -> None:
    plan.version += 1
    plan.history = history
    plan.save(update_fields=["version", "history"])


@transaction.atomic
def undo_move(*, actor: User, plan: TourPlan, seen: int) -> list[Tour]:
    """Back to the tours before the last change by hand, or before the last improving of the rest.

    Raises PlanChangedError when the plan is no longer the version `seen`, ValidationError when there is nothing to
    undo.
    """
    plan = lock_plan(plan, seen=seen)
    if not plan.history:
        raise ValidationError(_("There is nothing to undo."))
    *history, before = plan.history
    tours: dict[RepDate, Rows] = {
        (rep, dt.date.fromisoformat(day)): [(shop, hand) for shop, hand in rows] for rep, day, rows in before
    }
    known = set(plan.shops.values_list("pk", flat=True))
    tours = {key: [row for row in rows if row[0] in known] for key, rows in tours.items()}
    changed = _rewrite(plan, tours)
    _recount(plan, known)
    _finish(plan, history)
    return changed
