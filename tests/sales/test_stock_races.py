"""Threads against a real database: a van sells what it has and no more, and its day is settled once."""

import datetime as dt
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from sales import services
from sales.enums import PaymentMethod, StockDocumentKind
from sales.models import DaySettlement, Delivery, Product, Receipt, SalesReturn, StockDocument
from sales.rules import LineInput
from sales.services import stock_documents
from sales.services.returns import ReturnInput, take_back
from sales.services.settlements import settle_day
from sales.services.van_sales import Payment, sell_from_van
from tests.factories import CustomerFactory
from tests.races import race
from tests.sales.stock_data import D, check_books, document, load, on_hand, receive, van_for, warehouse

pytestmark = pytest.mark.django_db(transaction=True)


def on_postgres(test):
    real = pytest.mark.skipif(connection.vendor != "postgresql", reason="row locks are PostgreSQL's")
    return pytest.mark.postgres(real(test))


@pytest.fixture
def van(people, water):
    """Five cases of twelve."""
    place = warehouse()
    receive(people.superior, place, {water: 60})
    van = van_for(people.owner)
    load(people.superior, place, van, {water: 60})
    return van


def kinds(outcomes):
    return sorted(type(outcome).__name__ for outcome in outcomes)


def sell_the_last(people, van, water):
    """20 people at once want a case each, at shops of their own and paying cash."""
    shops = [CustomerFactory(owner=people.owner) for _ in range(20)]
    outcomes = race(
        *[
            lambda shop=shop: sell_from_van(
                actor=people.owner,
                customer=shop,
                lines=[LineInput(water.pk, D(12))],
                payment=Payment(D("28.20"), PaymentMethod.CASH),
            )
            for shop in shops
        ]
    )
    assert kinds(outcomes) == ["Delivery"] * 5 + ["ValidationError"] * 15
    assert on_hand(van, water) == 0
    assert Delivery.objects.count() == Receipt.objects.count() == 5
    assert {receipt.prepayment for receipt in Receipt.objects.all()} == {0}
    numbers = sorted(Delivery.objects.values_list("number", flat=True))
    assert [number[-4:] for number in numbers] == ["0001", "0002", "0003", "0004", "0005"]
    check_books()


@on_postgres
def test_twenty_threads_sell_the_last_five_cases(people, van, water):
    sell_the_last(people, van, water)


@pytest.mark.skipif(
    connection.vendor != "sqlite" or "SQLITE_TEST_NAME" not in os.environ, reason="needs a database in a file"
)
def test_twenty_threads_sell_the_last_five_cases_from_a_file(people, van, water):
    sell_the_last(people, van, water)


@pytest.mark.slow
@pytest.mark.skipif(
    connection.vendor != "sqlite" or "SQLITE_TEST_NAME" in os.environ, reason="runs the SQLite half"
)
def test_sqlite_too(tmp_path):
    """In a process of its own: SQLite in memory has no second connection."""
    environment = {**os.environ, "SQLITE_TEST_NAME": str(tmp_path / "races.sqlite3")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        str(Path(__file__)),
    ]
    done = subprocess.run(
        [*command, "-k", "from_a_file"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "1 passed" in done.stdout


@on_postgres
def test_the_same_press_ten_times_is_one_sale_and_one_receipt(people, shop, van, water):
    key = uuid.uuid4()
    outcomes = race(
        *[
            lambda: sell_from_van(
                actor=people.owner,
                customer=shop,
                lines=[LineInput(water.pk, D(12))],
                payment=Payment(D("28.20"), PaymentMethod.CASH),
                client_uuid=key,
            )
        ]
        * 10
    )
    assert outcomes == [Delivery.objects.get()] * 10
    assert Receipt.objects.count() == 1
    assert on_hand(van, water) == 48


@on_postgres
def test_a_day_is_settled_once_and_sells_nothing_afterwards(people, shop, van, water):
    def settle():
        return settle_day(
            actor=people.superior, van=van, counts={water.pk: D(55)}, reasons={water.pk: "碰碎"}, cash=D(0)
        )

    def sell():
        return sell_from_van(actor=people.owner, customer=shop, lines=[LineInput(water.pk, D(1))])

    outcomes = race(settle, settle, settle, sell, sell, sell)
    settled = [outcome for outcome in outcomes if isinstance(outcome, DaySettlement)]
    assert len(settled) == 1
    # Whoever sold was before the settlement, which then counted what was left.
    sold = [outcome for outcome in outcomes if isinstance(outcome, Delivery)]
    line = settled[0].lines.get()
    assert (line.sold, line.counted, on_hand(van, water)) == (len(sold), 55, 55)
    check_books()


@on_postgres
def test_the_same_goods_come_back_once(people, shop, van, water):
    sale = sell_from_van(actor=people.owner, customer=shop, lines=[LineInput(water.pk, D(10))])
    line = sale.lines.get()

    def give_back():
        return take_back(
            actor=people.owner,
            customer=shop,
            location=van,
            delivery=Delivery.objects.get(pk=sale.pk),
            lines=[ReturnInput(water.pk, D(6), "unsold", delivery_line_id=line.pk)],
        )

    def reverse():
        delivery = Delivery.objects.select_related("order").get(pk=sale.pk)
        return services.reverse_delivery(actor=people.superior, delivery=delivery)

    outcomes = race(give_back, reverse, give_back, give_back)
    done = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert len(done) == 1, outcomes
    assert all(isinstance(outcome, (ValidationError, Delivery, SalesReturn)) for outcome in outcomes)
    assert on_hand(van, water) == (60 if isinstance(done[0], Delivery) else 56)
    check_books()


@on_postgres
def test_documents_in_a_ring_do_not_wait_for_each_other(people, water, beer):
    first, second = warehouse(), warehouse("W2", is_default=False)
    for place in (first, second):
        receive(people.superior, place, {water: 100, beer: 100})

    def move(source, target, goods):
        return document(people.superior, StockDocumentKind.TRANSFER, goods, source=source, target=target)

    outcomes = race(
        *[
            lambda: move(first, second, {water: 1, beer: 2}),
            lambda: move(second, first, {beer: 1, water: 2}),
        ]
        * 5
    )
    assert kinds(outcomes) == ["StockDocument"] * 10
    assert (on_hand(first, water), on_hand(first, beer)) == (105, 95)
    check_books()


@on_postgres
def test_a_document_is_posted_once_and_two_costs_follow_their_dates(people, water):
    place = warehouse()
    slip = receive(people.superior, place, {water: 10}, post=False)
    outcomes = race(
        *[
            lambda: stock_documents.post_document(
                actor=people.superior, document=StockDocument.objects.get(pk=slip.pk)
            )
        ]
        * 4
    )
    assert kinds(outcomes) == ["StockDocument"] + ["ValidationError"] * 3
    assert on_hand(place, water) == 10
    today = timezone.localdate()
    race(
        lambda: receive(people.superior, place, {water: 1}, cost=D("1.50"), happened_on=today),
        lambda: receive(
            people.superior, place, {water: 1}, cost=D("1.10"), happened_on=today - dt.timedelta(days=1)
        ),
    )
    assert Product.objects.get(pk=water.pk).cost == D("1.50")
