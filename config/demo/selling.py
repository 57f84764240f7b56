"""What the shops order, what they pay for it and what comes with it, how it is delivered and paid."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from accounts.models import User
from common.money import line_amount, round_money
from config.demo.goods import Assortment
from config.demo.shops import RoutePlan
from crm.models import Customer
from sales.enums import OrderStatus, PaymentMethod
from sales.models import Delivery, DeliveryLine, GiftRule, OrderLine, Product, Receipt, SalesOrder
from sales.queries.prices import buyer_of, offers_of, terms_of, unit_of
from sales.rules import prices
from sales.rules.prices import Price
from territory.models import TrackPoint
from visits.models import Visit, VisitOrder, VisitTask

# Of so many lines the rep lowered the price by hand, to one of these shares of it.
HAGGLED, LOWERED = 0.05, ("0.97", "0.95", "0.93", "0.90")
_METHODS = (PaymentMethod.WECHAT, PaymentMethod.WECHAT, PaymentMethod.CASH, PaymentMethod.TRANSFER)


@dataclass
class History:
    """Unsaved rows; load.py writes them in this order."""

    tasks: list[VisitTask] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    orders: list[SalesOrder] = field(default_factory=list)
    order_lines: list[OrderLine] = field(default_factory=list)
    visit_orders: list[VisitOrder] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    delivery_lines: list[DeliveryLine] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    points: list[TrackPoint] = field(default_factory=list)


class PriceBook:
    """Price lists and gift rules in memory: thousands of orders ask, and the rules are those of the product."""

    def __init__(self, products: Sequence[Product]) -> None:
        self.offers = offers_of([product.pk for product in products])
        self.gifts: dict[int, list[GiftRule]] = defaultdict(list)
        for rule in GiftRule.objects.select_related("gift").order_by("name", "pk"):
            self.gifts[rule.product_id].append(rule)

    def price(self, shop: Customer, product: Product, quantity: Decimal, day: dt.date) -> Price:
        offer = prices.best_offer(
            self.offers.get(product.pk, ()), buyer=buyer_of(shop), quantity=quantity, day=day
        )
        return prices.price(own=product.price, unit=unit_of(product), offer=offer)

    def gifts_for(
        self, shop: Customer, product: Product, quantity: Decimal, day: dt.date
    ) -> list[tuple[Product, Decimal]]:
        found = []
        for rule in self.gifts.get(product.pk, ()):
            terms = terms_of(rule)
            if terms.is_active and terms.covers(day) and terms.includes(buyer_of(shop)):
                given = prices.gift_quantity(
                    bought=quantity,
                    every=rule.buy_quantity,
                    gift=rule.gift_quantity,
                    repeats=rule.repeats,
                )
                if given:
                    found.append((rule.gift, given))
        return found


class Seller:
    """Fills the History with orders, their deliveries and what was paid. `silent` are shops that buy nothing."""

    def __init__(
        self, rng: Random, plans: list[RoutePlan], goods: Assortment, office: User, today: dt.date
    ) -> None:
        self.rng, self.goods, self.office, self.today = rng, goods, office, today
        self.history = History()
        self.book = PriceBook(goods.everything)
        self.silent: set[str] = set()
        # Level A shops order more often and more; each shop has its own taste.
        self.taste = {stop.pk: goods.taste(rng) for plan in plans for stop in plan.stops}
        self.numbers: dict[str, int] = {}

    def number(self, prefix: str, day: dt.date) -> str:
        key = f"{prefix}{day:%Y%m%d}"
        self.numbers[key] = self.numbers.get(key, 0) + 1
        return f"{key}-{self.numbers[key]:04}"

    def order(self, visit: Visit, at: dt.datetime) -> None:
        """What a visit of an open shop brings, unless the shop buys nothing of what is on sale."""
        rng, day = self.rng, visit.day
        on_sale = [
            product for product in self.taste[visit.customer.pk] if self.goods.is_on_sale(product, day)
        ]
        if visit.customer.code in self.silent or not on_sale:
            return
        order = SalesOrder(
            number=self.number("SO", day),
            customer=visit.customer,
            rep=visit.rep,
            ordered_on=day,
            status=OrderStatus.SUBMITTED,
            submitted_at=at,
            created_by=visit.rep,
        )
        lines: list[OrderLine] = []
        for product in rng.sample(on_sale, k=min(len(on_sale), rng.randrange(1, 5))):
            self._add(order, lines, product)
        order.total = sum((line.amount for line in lines), Decimal(0))
        self.history.orders.append(order)
        self.history.order_lines += lines
        self.history.visit_orders.append(VisitOrder(visit=visit, order=order))
        chance = rng.random()
        issued = day + dt.timedelta(days=1 if chance < 0.8 else 2)
        if chance < 0.02:
            order.status = OrderStatus.CANCELLED
        elif issued <= self.today:
            self._deliver(order, lines, issued)
        elif chance < 0.6:
            order.status = OrderStatus.APPROVED

    def _add(self, order: SalesOrder, lines: list[OrderLine], product: Product) -> None:
        """The line of a product and those of what comes with it."""
        shop, day = order.customer, order.ordered_on
        boxes = self.rng.randrange(1, {"A": 9, "B": 6}.get(shop.level, 4))
        quantity = Decimal(boxes * product.box_quantity)
        listed = self.book.price(shop, product, quantity, day)
        price, reason = listed.value, listed.reason
        if self.rng.random() < HAGGLED:
            price = round_money(price * Decimal(self.rng.choice(LOWERED)))
            reason = f"由 {listed.value} 改价：老客户让价"
        lines.append(
            OrderLine(
                order=order,
                product=product,
                position=len(lines) + 1,
                quantity=quantity,
                price=price,
                amount=line_amount(quantity, price, Decimal(0)),
                price_reason=reason,
                list_price=listed.value,
            )
        )
        for gift, given in self.book.gifts_for(shop, product, quantity, day):
            lines.append(
                OrderLine(
                    order=order,
                    product=gift,
                    position=len(lines) + 1,
                    quantity=given,
                    price=Decimal(0),
                    amount=Decimal(0),
                    price_reason="赠品",
                    list_price=gift.price,
                    is_gift=True,
                )
            )

    def _deliver(self, order: SalesOrder, lines: list[OrderLine], day: dt.date) -> None:
        rng = self.rng
        order.status = OrderStatus.DELIVERED
        delivery = Delivery(
            number=self.number("CK", day),
            order=order,
            customer=order.customer,
            rep=order.rep,
            issued_on=day,
            due_on=day + dt.timedelta(days=30),
            amount=order.total,
            created_by=self.office,
        )
        self.history.deliveries.append(delivery)
        for line in lines:
            line.delivered = line.quantity
            self.history.delivery_lines.append(
                DeliveryLine(
                    delivery=delivery,
                    order_line=line,
                    product=line.product,
                    quantity=line.quantity,
                    amount=line.amount,
                    is_gift=line.is_gift,
                )
            )
        # Two thirds pay at the door or within two weeks, some only a part, the rest owes.
        chance, paid_on = rng.random(), day + dt.timedelta(days=rng.choice((0, 0, 3, 7, 14)))
        if chance < 0.72 and paid_on <= self.today and order.total:
            amount = order.total if chance < 0.62 else (order.total / 2).quantize(Decimal("0.01"))
            self.history.receipts.append(
                Receipt(
                    number=self.number("SK", paid_on),
                    customer=order.customer,
                    rep=order.rep,
                    received_on=paid_on,
                    amount=max(amount, Decimal("0.01")),
                    method=rng.choice(_METHODS),
                    created_by=order.rep,
                )
            )
