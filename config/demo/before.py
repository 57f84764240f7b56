"""The year before the story, as an old system's file brings it: one order a shop and month, delivered and owed nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from random import Random

from django.utils import timezone

from accounts.models import User
from common.money import line_amount
from config.demo.goods import Assortment
from config.demo.selling import Seller
from crm.models import Customer
from sales.enums import OrderSource, OrderStatus
from sales.models import Delivery, DeliveryLine, OrderLine, SalesOrder

MONTHS = 9
LOST_AFTER = 95  # days without an order, and more
LOST, NEVER = 0.05, 0.11  # share of the shops
_DAY = dt.timedelta(days=1)
# How often a shop of a level orders in a month.
_KEENNESS = {"A": 0.62, "B": 0.45, "C": 0.3}
_SLOW = 0.08
_NOTE = "旧系统导入，当月汇总"


def make_before(
    rng: Random, shops: list[Customer], seller: Seller, office: User, since: dt.date, today: dt.date
) -> None:
    """Add the old orders to the seller's history and tell him which shops buy nothing any more, or never did."""
    _Before(rng, seller, office, since).write(shops, today)


class _Before:
    def __init__(self, rng: Random, seller: Seller, office: User, since: dt.date) -> None:
        self.rng, self.seller, self.office, self.since = rng, seller, office, since
        self.goods: Assortment = seller.goods
        self.count = 0

    def write(self, shops: list[Customer], today: dt.date) -> None:
        for shop in shops:
            last = self.since - _DAY
            chance = self.rng.random()
            is_young = shop.created_on > self.since - 120 * _DAY
            if chance < LOST and not is_young:  # went over to somebody else
                last = min(last, today - self.rng.randrange(LOST_AFTER, 240) * _DAY)
                self.seller.silent.add(shop.code)
            elif chance < LOST + NEVER:
                self.seller.silent.add(shop.code)
                continue
            if shop.created_on < last and not (is_young and chance < 0.6):
                self._orders(shop, last)

    def _orders(self, shop: Customer, last: dt.date) -> None:
        """The first some weeks after the shop was entered, then by months, as far back as the file goes."""
        first = min(shop.created_on + self.rng.randrange(2, 35) * _DAY, last)
        self._order(shop, first, boxes=self.rng.randrange(1, 3))
        day = max(first, last - MONTHS * 30 * _DAY) + self.rng.randrange(8, 30) * _DAY
        while day <= last:
            if self.rng.random() < _KEENNESS.get(shop.level, 0.3):
                self._order(shop, day, boxes=self.rng.randrange(2, {"A": 19, "B": 13}.get(shop.level, 8)))
            day += 30 * _DAY

    def _order(self, shop: Customer, day: dt.date, boxes: int) -> None:
        self.count += 1
        order = SalesOrder(
            number=f"LS{day:%Y%m}-{self.count:05}",
            customer=shop,
            rep=shop.owner,
            ordered_on=day,
            status=OrderStatus.DELIVERED,
            source=OrderSource.HISTORY,
            submitted_at=timezone.make_aware(dt.datetime.combine(day, dt.time(12))),
            note=_NOTE,
            created_by=self.office,
        )
        delivery = Delivery(
            number=f"{order.number}-CK",
            order=order,
            customer=shop,
            rep=shop.owner,
            issued_on=day,
            due_on=day,
            is_history=True,
            created_by=self.office,
        )
        history, lines = self.seller.history, []
        chosen = self.rng.sample(self.goods.usual, k=self.rng.randrange(1, 3))
        if day < self.since - 90 * _DAY and self.rng.random() < _SLOW:
            chosen.append(self.rng.choice(self.goods.slow))  # these sold once
        for position, product in enumerate(chosen, start=1):
            quantity = Decimal(boxes * product.box_quantity)
            line = OrderLine(
                order=order,
                product=product,
                position=position,
                quantity=quantity,
                price=product.price,
                amount=line_amount(quantity, product.price, Decimal(0)),
                delivered=quantity,
            )
            lines.append(line)
            history.delivery_lines.append(
                DeliveryLine(
                    delivery=delivery, order_line=line, product=product, quantity=quantity, amount=line.amount
                )
            )
        order.total = delivery.amount = sum((line.amount for line in lines), Decimal(0))
        history.orders.append(order)
        history.order_lines += lines
        history.deliveries.append(delivery)
