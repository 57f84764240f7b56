"""The public pool: its rules, how shops came into it, and who took shops out of it in the last weeks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from random import Random

from accounts.models import User
from common.business_calendar import business_day
from crm.enums import OwnerChangeReason, PoolClock
from crm.models import Customer, OwnerChange, PoolRule
from visits.models import VisitTask

Moment = Callable[[int], dt.datetime]
_DAYS = 50
_TAKEN = 0.3  # share of the shops on no route that came out of the pool
_RETURNED = ("店主不做这个品类了", "路太远，跑不过来", "换了老板，联系不上", "和同事片区重叠")


def make_pool(rng: Random, reps: list[User], shops: list[Customer], moment: Moment) -> None:
    """Call it before the follow-ups, which begin on the day a shop was received. `moment(days)` is a minute of the
    working hours so many days ago."""
    _rules()
    _in_pool(rng, reps, [shop for shop in shops if not shop.owner_id], moment)
    _taken(rng, reps, [shop for shop in shops if shop.owner_id], moment)


def _rules() -> None:
    """Such that they leave the demo's territories whole."""
    PoolRule.objects.get_or_create(
        name="通用规则", defaults={"no_follow_up_days": 122, "no_order_days": 180, "warn_days": "7,3,1"}
    )
    PoolRule.objects.get_or_create(
        name="A级客户", defaults={"level": "A", "no_follow_up_days": 150, "exempt_with_receivable": True}
    )


def _gone(rng: Random, shop: Customer, owner: User, at: dt.datetime) -> OwnerChange:
    """Recycled by a clock or given back by its owner."""
    change = OwnerChange(customer=shop, from_user=owner, at=at)
    if rng.random() < 0.3:
        change.reason, change.by, change.note = OwnerChangeReason.RELEASED, owner, rng.choice(_RETURNED)
    else:
        change.reason = OwnerChangeReason.RECYCLED
        change.clock = rng.choice(
            (PoolClock.NO_FOLLOW_UP, PoolClock.NO_FOLLOW_UP, PoolClock.NO_ORDER, PoolClock.MAX_HOLD)
        )
    return change


def _in_pool(rng: Random, reps: list[User], shops: list[Customer], moment: Moment) -> None:
    """Each was somebody's until some day."""
    history = []
    for shop in shops:
        shop.last_owner = rng.choice(reps)
        known = (moment(0).date() - shop.created_on).days
        shop.pooled_at = moment(rng.randrange(0, max(1, min(40, known))))
        history.append(_gone(rng, shop, shop.last_owner, shop.pooled_at))
    Customer.objects.bulk_update(shops, ["last_owner", "pooled_at"], batch_size=500)
    OwnerChange.objects.bulk_create(history)


def _taken(rng: Random, reps: list[User], shops: list[Customer], moment: Moment) -> None:
    """Shops that nobody plans to visit yet were another rep's, lay in the pool, and were claimed or given out."""
    planned = set(VisitTask.objects.values_list("customer_id", flat=True))
    history, changed = [], []
    for shop in shops:
        days = rng.randrange(0, _DAYS)
        at = moment(days)
        if shop.pk in planned or rng.random() > _TAKEN or (at.date() - shop.created_on).days < 90:
            continue
        before = rng.choice([rep for rep in reps if rep.pk != shop.owner_id] or reps)
        gone = _gone(rng, shop, before, moment(days + rng.randrange(1, 12)))
        taken = OwnerChange(
            customer=shop, to_user=shop.owner, by=shop.owner, reason=OwnerChangeReason.CLAIMED, at=at
        )
        if rng.random() < 0.35 and shop.owner is not None:
            taken.reason, taken.by = OwnerChangeReason.ASSIGNED, shop.owner.superior
        history += [gone, taken]
        shop.received_on = business_day(at)
        changed.append(shop)
    # Whoever had it before had entered it.
    for change in history[::2]:
        OwnerChange.objects.filter(customer=change.customer, reason=OwnerChangeReason.CREATED).update(
            to_user=change.from_user, by=change.from_user
        )
    Customer.objects.bulk_update(changed, ["received_on"], batch_size=500)
    OwnerChange.objects.bulk_create(history)
