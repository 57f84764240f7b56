"""Two reps with vans: loads, van sales, returns, goods unloaded; days settled, one handed in with a difference, one
still running. Written by the services, so that stock, bills and money are as true as those made by hand."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from random import Random

from accounts.models import User
from common import business_calendar
from common.business_calendar import business_day, is_working_day
from crm.enums import CustomerStatus
from crm.models import Customer
from sales.enums import LocationKind, PaymentMethod, StockDocumentKind
from sales.models import Product, StockLocation
from sales.queries.stock import cash_of_day, on_hand, van_day
from sales.rules import LineInput
from sales.rules.stock import StockLine
from sales.services import stock_documents
from sales.services.ledger import default_warehouse
from sales.services.returns import ReturnInput, take_back
from sales.services.settlements import approve_settlement, settle_day
from sales.services.van_sales import Payment, sell_from_van

CENT = Decimal("0.01")
DAYS = 3  # that are over
PLATES = ("皖A·F3721", "皖A·K8806")


def make_vans(rng: Random, team: list[User], office: User, now: dt.datetime) -> None:
    """Vans of the first two of `team`: what happened on the last working days, and today until now.

    The services refuse days that have not come: a company of the future has no vans.
    """
    today = business_day(now)
    if today > business_calendar.today():
        return
    days: list[dt.date] = []
    day = today
    while len(days) < DAYS:
        day -= dt.timedelta(days=1)
        if is_working_day(day):
            days.insert(0, day)
    for n, rep in enumerate(team[:2]):
        _Van(rng, n, rep, office).work(days, today)


class _Van:
    def __init__(self, rng: Random, n: int, rep: User, office: User) -> None:
        self.rng, self.n, self.rep, self.office = rng, n, rep, office
        self.warehouse = default_warehouse()
        self.van = StockLocation.objects.create(
            code=PLATES[n], name=f"{rep.name}的车", kind=LocationKind.VAN, rep=rep
        )
        goods = list(Product.objects.active().order_by("code"))
        self.goods = rng.sample(goods, k=min(len(goods), 8))
        shops = list(Customer.objects.filter(owner=rep, status=CustomerStatus.ACTIVE).order_by("pk")[:40])
        self.shops = rng.sample(shops, k=min(len(shops), 8))

    def work(self, days: list[dt.date], today: dt.date) -> None:
        *earlier, day = days
        for before in earlier:
            self.receive(before)
            self.load(before)
            for shop in self.rng.sample(self.shops, k=min(3, len(self.shops))):
                self.sell(shop, before)
            self.settle(before, approve=True)
        self.receive(day)
        self.load(day, short_by=1 if self.n == 0 else 0)
        for shop in self.shops[:4]:
            self.sell(shop, day)
        if self.shops:
            self.give_back(self.shops[0], day)
        self.unload(day)
        self.settle(day, approve=self.n == 0)
        if self.n == 0:  # the other one has yesterday's settlement waiting for his manager
            self.load(today)
            for shop in self.shops[4:7]:
                self.sell(shop, today)
            self.plan(today)

    def receive(self, day: dt.date) -> None:
        """The supplier brings what the van is going to take, a little dearer than before."""
        lines = [
            StockLine(p.pk, Decimal(p.box_quantity * 24), unit_cost=None if p.cost is None else p.cost + CENT)
            for p in self.goods
        ]
        stock_documents.create_document(
            actor=self.office,
            kind=StockDocumentKind.RECEIPT,
            target=self.warehouse,
            lines=lines,
            happened_on=day,
            note="供应商补货",
            post=True,
        )

    def load(self, day: dt.date, short_by: int = 0) -> None:
        """Planned by the office, counted by the rep; a difference says why."""
        lines = [StockLine(p.pk, Decimal(p.box_quantity * self.rng.randrange(4, 9))) for p in self.goods]
        document = stock_documents.create_document(
            actor=self.office,
            kind=StockDocumentKind.LOAD,
            source=self.warehouse,
            target=self.van,
            lines=lines,
            happened_on=day,
        )
        first = lines[0].product_id
        counts = {line.product_id: line.quantity for line in lines}
        counts[first] -= short_by
        reasons = {first: "外箱破损，少一瓶"} if short_by else {}
        stock_documents.count_document(actor=self.rep, document=document, counts=counts, reasons=reasons)
        stock_documents.post_document(actor=self.rep, document=document)

    def plan(self, day: dt.date) -> None:
        """A second load of the day that nobody has counted yet."""
        lines = [StockLine(p.pk, Decimal(p.box_quantity * 2)) for p in self.goods[:3]]
        stock_documents.create_document(
            actor=self.office,
            kind=StockDocumentKind.LOAD,
            source=self.warehouse,
            target=self.van,
            lines=lines,
            happened_on=day,
            note="下午补货",
        )

    def sell(self, shop: Customer, day: dt.date) -> None:
        there = on_hand(self.van)
        chosen = [p for p in self.rng.sample(self.goods, k=min(3, len(self.goods))) if there.get(p.pk)]
        if not chosen:
            return
        method = self.rng.choice((PaymentMethod.CASH, PaymentMethod.CASH, PaymentMethod.WECHAT))
        sell_from_van(
            actor=self.rep,
            customer=shop,
            lines=[LineInput(p.pk, min(Decimal(p.box_quantity), there[p.pk])) for p in chosen],
            payment=Payment(None, method),
            sold_on=day,
            client_uuid=uuid.UUID(int=self.rng.getrandbits(128), version=4),
        )

    def give_back(self, shop: Customer, day: dt.date) -> None:
        product = self.goods[-1]
        lines = [
            ReturnInput(product.pk, Decimal(2), "near_expiry"),
            ReturnInput(product.pk, Decimal(1), "damaged", "unsellable", note="瓶身变形"),
        ]
        take_back(
            actor=self.rep, customer=shop, location=self.van, lines=lines, returned_on=day, note="门店下架"
        )

    def unload(self, day: dt.date) -> None:
        lines = [
            StockLine(pk, quantity)
            for pk, quantity in sorted(on_hand(self.van).items())[: len(self.goods) // 2]
        ]
        if lines:
            stock_documents.create_document(
                actor=self.rep,
                kind=StockDocumentKind.UNLOAD,
                source=self.van,
                target=self.warehouse,
                lines=lines,
                happened_on=day,
                post=True,
            )

    def settle(self, day: dt.date, *, approve: bool) -> None:
        """A bottle is missing; the manager approves it, or it waits for him."""
        counts = {line.product.pk: line.expected for line in van_day(self.van, day)}
        missing = next(pk for pk in sorted(counts) if counts[pk] > 1)
        counts[missing] -= 1
        settlement = settle_day(
            actor=self.rep,
            van=self.van,
            day=day,
            counts=counts,
            reasons={missing: "搬运时碰碎"},
            cash=cash_of_day(self.van, day),
        )
        if approve and self.rep.superior is not None:
            approve_settlement(actor=self.rep.superior, settlement=settlement)
