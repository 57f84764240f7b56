"""What the back office finds in the morning: orders in every queue, one waiting for a manager; where all
orders went."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_CEILING, Decimal
from random import Random

from accounts.models import SystemOptions, User
from common import business_calendar
from common.business_calendar import business_day
from crm.models import Customer
from sales.enums import OrderSource, OrderStatus, PaymentMethod, ShippingMethod
from sales.models import Product, SalesOrder, StockBalance
from sales.queries.credit import credit_of
from sales.queries.entry import usual_details
from sales.rules import LineInput, filled
from sales.rules.slips import OrderDetails
from sales.services import approve_order, create_order, deliver_order
from sales.services.ledger import default_warehouse

_INVOICED_AFTER = 7  # days
_SHIPPING = (ShippingMethod.OWN_TRUCK, ShippingMethod.OWN_TRUCK, ShippingMethod.VAN, ShippingMethod.LOGISTICS)
_PAYMENT = (PaymentMethod.TRANSFER, PaymentMethod.WECHAT, PaymentMethod.CASH)


def make_orders(rng: Random, team: list[User], office: User, now: dt.datetime) -> None:
    """Details of all orders so far; then today's, written by the services (a company of another day has
    none)."""
    today = business_day(now)
    _give_details(rng, today)
    if today == business_calendar.today():
        _Desk(rng, team, office, today).make()


def _give_details(rng: Random, today: dt.date) -> None:
    """Who took the goods and how they came; what is a week old is invoiced."""
    rows = SalesOrder.objects.exclude(source=OrderSource.HISTORY).select_related("customer")
    rows = rows.prefetch_related("customer__contacts").order_by("pk")
    consignor = SystemOptions.load().company_name
    changed = []
    for number, order in enumerate(rows, start=1):
        contact = next(iter(order.customer.contacts.all()), None)
        order.consignee = contact.name if contact else ""
        order.delivery_address = order.customer.full_address[:200]
        order.consignor = consignor[:60]
        order.shipping_method = rng.choice(_SHIPPING)
        order.payment_method = rng.choice(_PAYMENT)
        done = order.status in (OrderStatus.DELIVERED, OrderStatus.CLOSED)
        if done and (today - order.ordered_on).days > _INVOICED_AFTER:
            order.invoice_number = f"2634{number:08}"
        changed.append(order)
    fields = [
        "consignee",
        "delivery_address",
        "consignor",
        "shipping_method",
        "payment_method",
        "invoice_number",
    ]
    SalesOrder.objects.bulk_update(changed, fields, batch_size=400)


class _Desk:
    """Today's orders of the first of `team`, one in each state."""

    def __init__(self, rng: Random, team: list[User], office: User, today: dt.date) -> None:
        self.rng, self.team, self.office, self.today = rng, team, office, today
        there = StockBalance.objects.filter(location=default_warehouse(), quantity__gt=200)
        self.goods = list(Product.objects.active().filter(balances__in=there).order_by("code")[:12])
        self.shops = {
            rep.pk: list(Customer.objects.filter(owner=rep, credit_limit__isnull=False).order_by("pk")[:6])
            for rep in team
        }

    def make(self) -> None:
        if not self.goods:
            return
        first = self.team[0]
        self.write(first, submit=False)
        self.write(first)
        approved = self.write(first)
        if approved is not None and not approved.approval_reason:
            approve_order(actor=self.office, order=approved)
        part = self.write(self.team[-1])
        if part is not None and not part.approval_reason:
            approve_order(actor=self.office, order=part)
            line = part.lines.order_by("position").first()
            assert line is not None
            deliver_order(
                actor=self.office, order=part, quantities={line.pk: Decimal(line.product.box_quantity)}
            )
        for rep in self.team[:2]:
            self.write_over_limit(rep)

    def write(self, rep: User, *, submit: bool = True) -> SalesOrder | None:
        shops = self.shops[rep.pk]
        if not shops:
            return None
        chosen = self.rng.sample(self.goods, k=min(len(self.goods), 3))
        lines = [LineInput(p.pk, Decimal(p.box_quantity * self.rng.randrange(2, 5))) for p in chosen]
        return self.place(rep, shops.pop(0), lines, submit=submit)

    def write_over_limit(self, rep: User) -> None:
        """A shop that wants more than it may owe."""
        shops = self.shops[rep.pk]
        if not shops:
            return
        shop, product = shops.pop(0), self.goods[0]
        left = credit_of(shop, self.today).left or Decimal(0)
        boxes = (
            max(left, Decimal(0)) * Decimal("1.2") / (product.price * product.box_quantity) + 2
        ).to_integral_value(ROUND_CEILING)
        self.place(
            rep, shop, [LineInput(product.pk, boxes * product.box_quantity)], note="节前备货，客户催得急"
        )

    def place(
        self, rep: User, shop: Customer, lines: list[LineInput], *, submit: bool = True, note: str = ""
    ) -> SalesOrder:
        own = OrderDetails(
            shipping_method=self.rng.choice(_SHIPPING),
            payment_method=self.rng.choice(_PAYMENT),
            wanted_on=self.today + dt.timedelta(days=self.rng.randrange(1, 4)),
        )
        return create_order(
            actor=rep,
            customer=shop,
            lines=lines,
            note=note,
            details=OrderDetails(**filled(usual_details(shop), own)),
            source=OrderSource.PHONE,
            submit=submit,
        )
