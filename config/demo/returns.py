"""Goods that shops gave back to the warehouse in the last weeks, for every reason there is, credited by the services."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from random import Random

from accounts.models import User
from common import business_calendar
from common.business_calendar import business_day, is_working_day
from sales.enums import GoodsCondition, ReturnReason
from sales.models import Delivery
from sales.services.ledger import default_warehouse
from sales.services.returns import ReturnInput, take_back

EVERY = 55  # one delivery in so many brings something back
# reason, whether the goods can be sold again, what was said, weight
STORIES = (
    (ReturnReason.NEAR_EXPIRY, True, "离到期不到三分之一", 30),
    (ReturnReason.EXPIRED, False, "货架清出过期品", 14),
    (ReturnReason.DAMAGED, False, "外箱压坏，瓶身变形", 22),
    (ReturnReason.UNSOLD, True, "动销慢，换其他口味", 16),
    (ReturnReason.WRONG, True, "送错口味", 9),
    (ReturnReason.QUALITY, False, "客诉有异味，送检", 6),
    (ReturnReason.OTHER, True, "门店转让清货", 3),
)


def make_returns(rng: Random, office: User, now: dt.datetime) -> None:
    """Call it when the books are open. The services refuse days that have not come: a company of the future has none."""
    today = business_day(now)
    if today > business_calendar.today():
        return
    rows = Delivery.objects.posted().filter(is_history=False, amount__gt=0, issued_on__lt=today)
    rows = rows.select_related("customer").order_by("issued_on", "pk")
    deliveries = list(rows)
    for delivery in rng.sample(deliveries, k=len(deliveries) // EVERY):
        day = min(today, delivery.issued_on + dt.timedelta(days=rng.randrange(1, 24)))
        while not is_working_day(day) and day > delivery.issued_on:
            day -= dt.timedelta(days=1)
        _give_back(rng, office, delivery, day)


def _give_back(rng: Random, office: User, delivery: Delivery, day: dt.date) -> None:
    reason, sellable, said, _weight = rng.choices(STORIES, weights=[row[-1] for row in STORIES])[0]
    sold = [line for line in delivery.lines.select_related("product") if not line.is_gift]
    lines = [
        ReturnInput(
            line.product_id,
            min(line.quantity, Decimal(rng.randrange(2, max(3, line.product.box_quantity + 1)))),
            reason,
            GoodsCondition.SELLABLE if sellable else GoodsCondition.UNSELLABLE,
            delivery_line_id=line.pk,
            note=said,
        )
        for line in rng.sample(sold, k=min(len(sold), rng.choice((1, 1, 2))))
    ]
    take_back(
        actor=office,
        customer=delivery.customer,
        location=default_warehouse(),
        lines=lines,
        delivery=delivery,
        note=said,
        returned_on=day,
    )
