"""Any sequence of documents, sales, returns and reversals: the ledger's sums are the balances, nothing goes below zero
where it may not, refused steps change nothing, and the slips that stood in the end give the same stock in another order."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.models import Customer
from sales import services
from sales.enums import PaymentMethod, StockDocumentKind
from sales.models import (
    Bill,
    Delivery,
    Product,
    Receipt,
    SalesReturn,
    StockBalance,
    StockDocument,
    StockLocation,
    StockMove,
)
from sales.queries import receivables
from sales.rules import LineInput
from sales.services import settlements, stock_documents
from sales.services.returns import ReturnInput, reverse_return, take_back
from sales.services.van_sales import Payment, sell_from_van
from tests.sales.stock_data import D, check_books, document, load, receive, van_for, warehouse

KINDS = [
    "receive", "load", "unload", "transfer", "lose", "sell", "deliver", "give_back", "give_back_of", "count", "settle",
    "undo",
]  # fmt: skip
KIND = StockDocumentKind
Slip = Delivery | SalesReturn | StockDocument
Deed = Callable[[dict[int, Slip]], Slip]
# kind, which product, quantity in thousandths, what it picks among what is there
STEP = st.tuples(st.sampled_from(KINDS), st.integers(0, 1), st.integers(1, 30_000), st.integers(0, 9))


@dataclass
class World:
    """Two products, two warehouses (one may go below zero), two vans, and the deeds that stand.

    A deed is a function of the slips that were made, by deed number; done again it makes another slip like the first.
    """

    people: SimpleNamespace
    shop: Customer
    products: list[Product]
    places: list[StockLocation]
    vans: list[StockLocation]
    deeds: dict[int, Deed] = field(default_factory=dict)
    made: dict[int, Slip] = field(default_factory=dict)
    fixed: bool = False  # something was counted: what that books depends on the order

    def step(self, kind: str, product_no: int, milli: int, pick: int) -> None:
        if kind == "undo":
            self.undo(pick)
        elif kind == "settle":
            self.settle(self.vans[pick % 2])
        elif deed := getattr(self, kind)(self.products[product_no], D(milli) / 1000, pick):
            number = len(self.made)
            self.made[number] = deed(self.made)
            self.deeds[number] = deed

    # --- what people do
    def book(self, actor, kind, goods, **kwargs):
        return lambda made: document(actor, kind, goods, **kwargs)

    def receive(self, product, quantity, pick):
        target = self.places[pick % 2]
        return self.book(self.people.superior, KIND.RECEIPT, {product: quantity}, target=target, cost=D(pick))

    def load(self, product, quantity, pick):
        ends = {"source": self.places[pick % 2], "target": self.vans[pick // 2 % 2]}
        return self.book(self.people.superior, KIND.LOAD, {product: quantity}, **ends)

    def unload(self, product, quantity, pick):
        ends = {"source": self.vans[pick % 2], "target": self.places[pick // 2 % 2]}
        return self.book(self.people.owner, KIND.UNLOAD, {product: quantity}, **ends)

    def transfer(self, product, quantity, pick):
        ends = {"source": self.places[pick % 2], "target": self.places[1 - pick % 2]}
        return self.book(self.people.superior, KIND.TRANSFER, {product: quantity}, **ends)

    def lose(self, product, quantity, pick):
        van = self.vans[pick % 2]
        return self.book(self.people.superior, KIND.LOSS, {product: quantity}, source=van, reason="碰碎")

    def sell(self, product, quantity, pick):
        van = self.vans[pick % 2]
        return lambda made: sell_from_van(
            actor=van.rep,
            customer=self.shop,
            lines=[LineInput(product.pk, quantity)],
            discount=D(pick) / 100,
            payment=Payment(D(pick), PaymentMethod.CASH) if pick else None,
        )

    def deliver(self, product, quantity, pick):
        def deed(made):
            order = services.create_order(
                actor=self.people.owner, customer=self.shop, lines=[LineInput(product.pk, quantity)]
            )
            services.approve_order(actor=self.people.superior, order=order)
            van = self.vans[pick % 2] if pick > 4 else None
            return services.deliver_order(actor=self.people.superior, order=order, location=van)

        return deed

    def give_back(self, product, quantity, pick):
        condition = "unsellable" if pick % 3 == 0 else "sellable"
        line = ReturnInput(product.pk, quantity, "unsold", condition)
        return lambda made: self.take_back(pick, line)

    def give_back_of(self, product, quantity, pick):
        sales = [number for number, slip in self.made.items() if isinstance(slip, Delivery)]
        if not sales:
            return None
        number = sales[pick % len(sales)]

        def deed(made):
            line = made[number].lines.get()
            wanted = ReturnInput(line.product_id, quantity, "unsold", delivery_line_id=line.pk)
            return self.take_back(pick, wanted, made[number])

        return deed

    def take_back(self, pick, line, delivery=None):
        return take_back(
            actor=self.people.superior,
            customer=self.shop,
            location=self.vans[pick % 2],
            lines=[line],
            delivery=delivery,
        )

    def count(self, product, quantity, pick):
        self.fixed = True

        def deed(made):
            actor = self.people.superior
            slip = stock_documents.begin_count(actor=actor, location=self.places[pick % 2])
            stock_documents.count_document(
                actor=actor, document=slip, counts={product.pk: quantity}, reasons={product.pk: "盘点"}
            )
            return stock_documents.post_document(actor=actor, document=slip)

        return deed

    def settle(self, van):
        self.fixed = True
        there = StockBalance.objects.filter(location=van)
        counts = {row.product_id: row.quantity + 1 for row in there}
        settlements.settle_day(
            actor=self.people.superior,
            van=van,
            day=timezone.localdate() - dt.timedelta(days=1),
            counts=counts,
            reasons=dict.fromkeys(counts, "盘点"),
            cash=D(0),
        )

    def undo(self, pick):
        if not self.deeds:
            return
        number = list(self.deeds)[pick % len(self.deeds)]
        slip, actor = self.made[number], self.people.superior
        if isinstance(slip, Delivery):
            services.reverse_delivery(actor=actor, delivery=slip)
        elif isinstance(slip, SalesReturn):
            reverse_return(actor=actor, slip=slip)
        else:
            stock_documents.reverse_document(actor=actor, document=slip)
        del self.deeds[number]


def stock():
    return {
        (row.location_id, row.product_id): row.quantity for row in StockBalance.objects.all() if row.quantity
    }


def check(world):
    check_books()
    for row in StockBalance.objects.select_related("location"):
        assert row.quantity >= 0 or row.location.may_be_negative
    bills = Bill.objects.filter(customer=world.shop, status="posted")
    credits = SalesReturn.objects.filter(customer=world.shop, status="posted")
    money = Receipt.objects.filter(customer=world.shop, status="posted")
    billed, settled = (sum((getattr(b, name) for b in bills), D(0)) for name in ("amount", "settled"))
    credited, used = (sum((getattr(c, name) for c in credits), D(0)) for name in ("amount", "used"))
    paid = sum((receipt.used for receipt in money), D(0))
    assert settled == used + paid
    assert receivables([world.shop.pk])[world.shop.pk] == billed - credited - paid


@pytest.mark.once
@pytest.mark.django_db
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, min_size=3, max_size=14), order=st.randoms(use_true_random=False))
def test_any_sequence(people, shop, water, beer, steps, order):
    with transaction.atomic():
        run(people, shop, water, beer, steps, order)
        transaction.set_rollback(True)


def run(people, shop, water, beer, steps, order):
    places = [warehouse(), warehouse("W2", is_default=False, may_be_negative=True)]
    vans = [van_for(people.owner), van_for(people.superior)]
    world = World(people, shop, [water, beer], places, vans)
    before = timezone.localdate() - dt.timedelta(days=5)
    for place in places:
        receive(people.superior, place, {water: 40, beer: 40}, happened_on=before)
    for van in vans:
        load(people.superior, places[1], van, {water: 20, beer: 20}, happened_on=before)
    start = transaction.savepoint()
    for step in steps:
        known = stock(), StockMove.objects.count()
        try:
            with transaction.atomic():
                world.step(*step)
        except ValidationError:
            assert known == (stock(), StockMove.objects.count())  # what is refused leaves nothing behind
        check(world)
    if not world.fixed:
        replay(world, order, start)


def replay(world, order, start):
    """The deeds that stand, done again from the same start in another order that is legal, too."""
    end = stock()
    transaction.savepoint_rollback(start)
    waiting, made = list(world.deeds), {}
    order.shuffle(waiting)
    while waiting:
        refused = []
        for number in waiting:
            try:
                with transaction.atomic():
                    made[number] = world.deeds[number](made)
            except (ValidationError, KeyError):  # not the goods yet, or not the sale they came with
                refused.append(number)
        if len(refused) == len(waiting):
            return  # what was undone in between had made it possible: there is no legal order
        waiting = refused
    assert stock() == end
    check(world)
