"""What was offered and agreed: quotations in every state, agreements with the larger shops, one of them ending soon."""

import datetime as dt
from collections import Counter
from decimal import Decimal
from random import Random

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from common.business_calendar import business_day
from common.money import line_amount, order_total
from crm.models import Customer, Sequence
from sales.enums import AgreementKind, AgreementStatus, QuoteStatus
from sales.models import Agreement, Product, Quote, QuoteLine, SalesOrder

TERMS = (
    "1. 以上价格含税、含市内运费。\n2. 货到七日内付款，可开增值税专用发票。\n3. 整箱起订，临期商品可换不退。"
)
REASONS = ("价格偏高，先用竞品", "今年额度已满", "门店在重新装修，年后再谈")
CLAUSES = (
    "<h3>第一条 经销范围</h3><p>甲方授权乙方在约定区域内经销甲方全系列商品，乙方不得跨区销售。</p>"
    "<h3>第二条 价格与返利</h3><p>乙方按甲方经销价进货。全年进货达到约定金额的，甲方按进货额的 <b>3%</b> 返利，"
    "以货款抵扣。</p><h3>第三条 付款</h3><p>月结三十天；逾期超过十五天的，甲方可暂停供货。</p>"
    "<h3>第四条 陈列与库存</h3><ul><li>主通道陈列不少于两组。</li><li>安全库存不低于七天销量。</li></ul>"
    "<h3>第五条 期限</h3><p>期满前三十天双方协商续签，未续签的自动终止。</p>"
)
# status, days since it was written, days it is valid; the second version of two follows its first
QUOTES = (
    ("draft", 0, 15), ("draft", 1, 15), ("sent", 2, 15), ("sent", 5, 15), ("sent", 12, 15), ("sent", 25, 15),
    ("sent", 40, 20), ("accepted", 6, 30), ("ordered", 10, 15), ("ordered", 18, 15), ("ordered", 30, 15),
    ("rejected", 9, 15), ("rejected", 28, 15), ("revised", 7, 15),
)  # fmt: skip
MORE = 5  # quotations of each rep in a company of some size
# state, days from today to its first and last day, yearly amount as a multiple of what was ordered, deposit
AGREEMENTS = (
    ("active", -200, 164, "1.3", "5000"),
    ("active", -353, 11, "1.05", "3000"),  # ends soon
    ("active", -90, 274, "1.6", None),
    ("active", -420, -56, "1.2", "5000"),  # over
    ("renewed", -400, -36, "1.2", "5000"),
    ("draft", 14, 378, "1.8", None),
    ("ended", -300, 64, "2", "2000"),
)


def make_offers(rng: Random, team: list[User], now: dt.datetime) -> None:
    """`team` are the reps; everything belongs to shops of theirs that they have now."""
    _Offers(rng, team, now).make()


class _Offers:
    def __init__(self, rng: Random, team: list[User], now: dt.datetime) -> None:
        self.rng, self.now, self.today = rng, now, business_day(now)
        self.team = team
        self.counter: Counter[str] = Counter()
        self.products = list(Product.objects.order_by("code"))
        ordered = Sum("orders__total", filter=~Q(orders__status__in=["draft", "cancelled"]))
        shops = Customer.objects.filter(owner__in=team).annotate(ordered=Coalesce(ordered, Decimal(0)))
        shops = shops.order_by("-ordered", "pk")
        self.shops = {rep.pk: [shop for shop in shops if shop.owner_id == rep.pk] for rep in team}

    def make(self) -> None:
        for number, (status, ago, days) in enumerate(QUOTES):
            self.quote(self.team[number % len(self.team)], status, self.day(-ago), days)
        # The others' of the last two months: many are still open, one in four was ordered.
        for number in range(len(QUOTES), len(self.team) * MORE):
            status = self.rng.choices(("sent", "ordered", "rejected", "accepted"), (5, 4, 2, 1))[0]
            ago = self.rng.randrange(1, 55)
            self.quote(self.team[number % len(self.team)], status, self.day(-ago), self.rng.choice((15, 30)))
        for number, row in enumerate(AGREEMENTS):
            self.agreement(self.team[number % len(self.team)], number, *row)
        # More dealers and agents of a company of some size, signed one after another through the year.
        for number in range(len(AGREEMENTS), len(self.team) + 2):
            first = -self.rng.randrange(20, 340)
            share = self.rng.choice(("1.1", "1.25", "1.5"))
            deposit = self.rng.choice((None, "2000", "5000"))
            rep = self.team[number % len(self.team)]
            self.agreement(rep, number + 1, "active", first, first + 364, share, deposit)
        self.keep_numbers()

    def day(self, offset: int) -> dt.date:
        return self.today + dt.timedelta(days=offset)

    def number(self, prefix: str, day: dt.date) -> str:
        name = f"{prefix}{day:%Y%m%d}"
        self.counter[name] += 1
        return f"{name}-{self.counter[name]:04}"

    def shop(self, rep: User, number: int = 0) -> Customer | None:
        """One of the rep's shops, those that order most first."""
        mine = self.shops[rep.pk]
        return mine[number % len(mine)] if mine else None

    # --- quotations
    def quote(self, rep: User, status: str, day: dt.date, days: int) -> None:
        order = self.order(rep, day) if status == "ordered" else None
        shop = order.customer if order else self.shop(rep, self.rng.randrange(6))
        if shop is None:
            return
        lines = self.lines_of(order) if order else self.some_lines()
        known = {"ordered": "accepted", "revised": "superseded"}
        quote = self.write(
            shop,
            rep,
            number=self.number("QT", day),
            status=known.get(status, status),
            quoted_on=day,
            valid_until=day + dt.timedelta(days=days),
            lines=lines,
            discount=order.discount if order else self.rng.choice([Decimal(0), Decimal("0.02")]),
            order=order,
            reject_reason=self.rng.choice(REASONS) if status == "rejected" else "",
        )
        if status == "revised":
            cheaper = [
                (p, q * 2, (price * Decimal("0.95")).quantize(Decimal("0.01"))) for p, q, price in lines[1:]
            ]
            self.write(
                shop,
                rep,
                number=quote.number,
                version=2,
                status=QuoteStatus.SENT,
                quoted_on=day + dt.timedelta(days=3),
                valid_until=day + dt.timedelta(days=days + 5),
                lines=[*cheaper, *self.some_lines()[:1]],
                discount=quote.discount,
            )

    def order(self, rep: User, day: dt.date) -> SalesOrder | None:
        """An order of the days after the offer that can have come from it."""
        week = (day, day + dt.timedelta(days=10))
        orders = SalesOrder.objects.counted().filter(rep=rep, ordered_on__range=week, quote__isnull=True)
        found: SalesOrder | None = orders.select_related("customer").order_by("-total", "pk").first()
        return found

    def lines_of(self, order: SalesOrder) -> list[tuple[Product, Decimal, Decimal]]:
        return [(line.product, line.quantity, line.price) for line in order.lines.select_related("product")]

    def some_lines(self) -> list[tuple[Product, Decimal, Decimal]]:
        chosen = self.rng.sample(self.products, k=self.rng.randint(3, 7))
        return [
            (product, Decimal(self.rng.randint(2, 12) * (product.box_quantity or 6)), product.price)
            for product in chosen
        ]

    def write(
        self,
        shop: Customer,
        rep: User,
        *,
        lines: list[tuple[Product, Decimal, Decimal]],
        **values: object,
    ) -> Quote:
        amounts = [line_amount(quantity, price) for _product, quantity, price in lines]
        quote = Quote.objects.create(
            customer=shop,
            contact=shop.contacts.first(),
            rep=rep,
            total=order_total(amounts, values["discount"]),  # type: ignore[arg-type]
            terms=TERMS,
            created_by=rep,
            **values,
        )
        QuoteLine.objects.bulk_create(
            QuoteLine(quote=quote, product=product, position=n, quantity=quantity, price=price, amount=amount)
            for n, ((product, quantity, price), amount) in enumerate(
                zip(lines, amounts, strict=True), start=1
            )
        )
        return quote

    # --- agreements
    def agreement(
        self, rep: User, number: int, status: str, first: int, last: int, share: str, deposit: str | None
    ) -> None:
        shop = self.shop(rep, number)
        if shop is None:
            return
        signed = None if status == "draft" else self.day(first - 5)
        ended = (
            {"ended_on": self.day(-20), "end_reason": "门店转让，新店主不再合作"} if status == "ended" else {}
        )
        row = self.add_agreement(
            shop, rep, first, last, share, deposit,
            status=AgreementStatus.ACTIVE if status == "renewed" else status,
            signed_on=signed, signed_by="店主" if signed else "", **ended,
        )  # fmt: skip
        if status == "renewed":
            self.add_agreement(
                shop, rep, last + 1, last + 365, "1.4", deposit,
                status=AgreementStatus.ACTIVE, signed_on=self.day(last - 10), signed_by="店主", renews=row,
            )  # fmt: skip

    def add_agreement(
        self,
        shop: Customer,
        rep: User,
        first: int,
        last: int,
        share: str,
        deposit: str | None,
        **values: object,
    ) -> Agreement:
        starts_on = self.day(first)
        kind = self.rng.choice([AgreementKind.DEALER, AgreementKind.DEALER, AgreementKind.AGENT])
        word = "代理" if kind == AgreementKind.AGENT else "经销"
        return Agreement.objects.create(
            number=self.number("HT", min(starts_on, self.today)),
            customer=shop,
            rep=rep,
            kind=kind,
            title=f"{starts_on.year} 年度{word}协议",
            territory=f"{shop.district or '合肥市'}及周边乡镇",
            clauses=CLAUSES,
            starts_on=starts_on,
            ends_on=self.day(last),
            yearly_amount=self.yearly(shop, share),
            deposit=Decimal(deposit) if deposit else None,
            created_by=rep.superior or rep,
            **values,
        )

    def yearly(self, shop: Customer, share: str) -> Decimal:
        """Whole thousands, near what the shop really orders, so that the bar says something."""
        ordered: Decimal = shop.ordered  # type: ignore[attr-defined]
        return max((ordered * Decimal(share) / 1000).quantize(Decimal(1)), Decimal(5)) * 1000

    def keep_numbers(self) -> None:
        """What is written by hand today goes on counting."""
        Sequence.objects.bulk_create(
            [Sequence(name=name, value=value) for name, value in self.counter.items()],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["value"],
        )
