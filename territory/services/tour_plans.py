"""Tour plans and what is asked of them (F4): period, reps, customers. The tours are tour_plan_jobs' and _moves'."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from common.geo import valid_coordinates
from crm.services.audit import log_deletions
from territory.models import TourPlan, TourPlanRep, TourPlanShop
from territory.queries.tour_plans import (
    MOST_DAYS,
    known_hours,
    known_places,
    tour_dates,
    tour_shop_candidates,
    visit_numbers,
)

MOST_SHOPS, MOST_REPS = 2_000, 60
SHOP_FIELDS = ("visits", "gap_days", "stay_minutes", "opens_at", "closes_at", "closed_on")
PLACE_FIELDS = tuple(
    f"{side}_{part}" for side in ("start", "end") for part in ("name", "latitude", "longitude")
)


class PlanChangedError(Exception):
    """The plan is not (any more) what the caller saw."""


def lock_plan(plan: TourPlan, *, seen: int | None = None) -> TourPlan:
    """The plan, locked and fresh. Raises ValidationError while tours are being searched for, PlanChangedError when it
    is not the version `seen`."""
    fresh: TourPlan = TourPlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if fresh.is_busy:
        raise ValidationError(_("Tours are being searched for; wait for the end or cancel the search."))
    if seen is not None and fresh.version != seen:
        raise PlanChangedError
    return fresh


def touch(plan: TourPlan, **fields: Any) -> None:
    """Count the change; its tours no longer fit what is asked."""
    fields = {"version": F("version") + 1, "is_stale": True, **fields}
    TourPlan.objects.filter(pk=plan.pk).update(**fields)


@transaction.atomic
def save_tour_plan(*, actor: User, plan: TourPlan, reps: Collection[User], **fields: Any) -> TourPlan:
    """Make or change a plan; `fields` are columns of TourPlan.

    Raises ValidationError for a period without working days or longer than a month, without reps or with somebody
    outside the actor's scope. Customers' numbers of visits follow, where none was given for a customer.
    """
    if plan.pk:
        plan = lock_plan(plan)
    else:
        plan.created_by = actor
    for name, value in fields.items():
        setattr(plan, name, value)
    _check_period(plan)
    if not reps:
        raise ValidationError({"reps": _("Choose at least one rep.")})
    if len(reps) > MOST_REPS:
        raise ValidationError({"reps": _("At most %(n)s reps.") % {"n": MOST_REPS}})
    known = set(plan.reps.values_list("rep_id", flat=True)) if plan.pk else set()
    wanted = {rep.pk for rep in reps}
    new = wanted - known
    if User.objects.visible_to(actor).reps().filter(pk__in=new).count() != len(new):
        raise ValidationError({"reps": _("This person is not one of your reps.")})
    plan.full_clean(exclude=["created_by"], validate_unique=False)
    plan.save()
    plan.reps.exclude(rep__in=wanted).delete()
    places = known_places(new)
    TourPlanRep.objects.bulk_create(_new_rep(plan, rep, places) for rep in sorted(new))
    _renumber(plan)
    touch(plan)
    return plan


def _check_period(plan: TourPlan) -> None:
    if plan.ends_on < plan.starts_on:
        raise ValidationError({"ends_on": _("The last day lies before the first.")})
    if (plan.ends_on - plan.starts_on).days >= MOST_DAYS:
        raise ValidationError({"ends_on": _("At most 31 days at a time.")})
    if not tour_dates(plan):
        raise ValidationError({"ends_on": _("Nobody works on any of these days.")})


def _new_rep(plan: TourPlan, rep_id: int, places: dict[int, Any]) -> TourPlanRep:
    """With the start and end of the rep's route, where one says them; a round trip ends where it starts."""
    row = TourPlanRep(plan=plan, rep_id=rep_id)
    if route := places.get(rep_id):
        for side in ("start", "end"):
            source = "start" if route.is_closed else side
            for part in ("name", "latitude", "longitude"):
                setattr(row, f"{side}_{part}", getattr(route, f"{source}_{part}"))
    return row


def _renumber(plan: TourPlan) -> None:
    rows = list(plan.shops.filter(is_typed=False).select_related("customer"))
    numbers = visit_numbers(plan, [row.customer for row in rows])
    changed = [row for row in rows if row.visits != numbers[row.customer_id]]
    for row in changed:
        row.visits = numbers[row.customer_id]
    TourPlanShop.objects.bulk_update(changed, ["visits"], batch_size=500)


@transaction.atomic
def set_places(*, actor: User, plan: TourPlan, rep_id: int, **fields: Any) -> TourPlanRep:
    """Where the rep's days begin and end; `fields` are of PLACE_FIELDS, coordinates in WGS-84 degrees.

    Raises ValidationError for half a place or one that cannot be, PlanChangedError when the rep was taken out.
    """
    plan = lock_plan(plan)
    row = plan.reps.filter(rep_id=rep_id).first()
    if row is None:
        raise PlanChangedError
    for name, value in fields.items():
        if name not in PLACE_FIELDS:
            raise TypeError(f"{name} is no place")
        setattr(row, name, value)
    for side in ("start", "end"):
        place = getattr(row, f"{side}_latitude"), getattr(row, f"{side}_longitude")
        if place != (None, None) and not valid_coordinates(*place):
            raise ValidationError({f"{side}_name": _("This cannot be a place; choose it on the map.")})
        if place == (None, None) and getattr(row, f"{side}_name"):
            raise ValidationError({f"{side}_name": _("Say on the map where this is.")})
    row.save(update_fields=list(fields))
    touch(plan)
    return row


# --- customers
@transaction.atomic
def add_shops(*, actor: User, plan: TourPlan, customer_ids: Collection[int]) -> int:
    """Put customers into the plan, with the hours that a route knows; answers how many are new.

    What the actor may not see, what is inactive or of nobody's in the plan is left out. Raises ValidationError when
    the plan would have more than MOST_SHOPS.
    """
    plan = lock_plan(plan)
    rows = list(tour_shop_candidates(plan, actor).filter(pk__in=list(customer_ids)).order_by("pk"))
    if plan.shops.count() + len(rows) > MOST_SHOPS:
        raise ValidationError(_("At most %(n)s customers in one plan.") % {"n": MOST_SHOPS})
    numbers, hours = visit_numbers(plan, rows), known_hours([row.pk for row in rows])
    nothing = (None, None)
    TourPlanShop.objects.bulk_create(
        [
            TourPlanShop(
                plan=plan,
                customer=row,
                visits=numbers[row.pk],
                opens_at=hours.get(row.pk, nothing)[0],
                closes_at=hours.get(row.pk, nothing)[1],
            )
            for row in rows
        ],
        batch_size=500,
    )
    if rows:
        touch(plan)
    return len(rows)


@transaction.atomic
def change_shop(*, actor: User, plan: TourPlan, shop_id: int, **fields: Any) -> TourPlanShop:
    """How often, how long and when a customer is visited; `fields` are of SHOP_FIELDS.

    Raises ValidationError when it would close before it opens, PlanChangedError when it was taken out.
    """
    plan = lock_plan(plan)
    row: TourPlanShop | None = plan.shops.filter(pk=shop_id).first()
    if row is None:
        raise PlanChangedError
    row.is_typed = row.is_typed or fields.get("visits", row.visits) != row.visits
    for name, value in fields.items():
        if name not in SHOP_FIELDS:
            raise TypeError(f"{name} is nothing of a customer's")
        setattr(row, name, value)
    if row.opens_at and row.closes_at and row.closes_at <= row.opens_at:
        raise ValidationError({"closes_at": _("The stop closes before it opens.")})
    row.save(update_fields=[*fields, "is_typed"])
    touch(plan)
    return row


@transaction.atomic
def remove_shops(*, actor: User, plan: TourPlan, shop_ids: Collection[int]) -> int:
    """Take customers out of the plan and of its tours; answers how many."""
    plan = lock_plan(plan)
    count = plan.shops.filter(pk__in=shop_ids).count()
    plan.shops.filter(pk__in=shop_ids).delete()
    if count:
        # What is undone would bring them back.
        touch(plan, history=[])
    return count


# --- the whole
@transaction.atomic
def copy_tour_plan(*, actor: User, plan: TourPlan, name: str) -> TourPlan:
    """Another plan with the same question and no tours: to try other terms and compare."""
    fields = {
        field.name: getattr(plan, field.name)
        for field in TourPlan._meta.fields
        if field.editable and not field.primary_key
    }
    copy = TourPlan.objects.create(**{**fields, "name": name[:60]}, created_by=actor)
    reps, shops = list(plan.reps.order_by("pk")), list(plan.shops.order_by("pk"))
    for rep in reps:
        rep.pk, rep.plan = None, copy
    for shop in shops:
        shop.pk, shop.plan, shop.missing, shop.reason = None, copy, 0, ""
    TourPlanRep.objects.bulk_create(reps)
    TourPlanShop.objects.bulk_create(shops, batch_size=500)
    return copy


@transaction.atomic
def delete_tour_plan(*, actor: User, plan: TourPlan) -> None:
    """Its tasks stay; withdraw them before. Raises ValidationError while tours are being searched for."""
    plan = lock_plan(plan)
    log_deletions(actor=actor, rows=[plan])
    TourPlan.objects.filter(pk=plan.pk).delete()
