"""Goods received, loaded, unloaded, transferred, lost and counted: what moves, what is refused, what is reversed."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from sales.enums import StockDocumentKind
from sales.models import StockBalance, StockDocument, StockMove
from sales.queries.stock import presold
from sales.services import stock_documents, van_sales
from tests.sales.stock_data import D, check_books, document, load, on_hand, receive, van_for, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(db):
    return warehouse()


@pytest.fixture
def van(people):
    return van_for(people.owner)


def test_a_draft_moves_nothing_and_posting_moves_once(people, place, water):
    slip = receive(people.superior, place, {water: 24}, post=False)
    assert (slip.status, slip.number[:2], StockMove.objects.count()) == ("draft", "RK", 0)
    stock_documents.post_document(actor=people.superior, document=slip)
    assert (slip.status, slip.posted_by, on_hand(place, water)) == ("posted", people.superior, 24)
    with pytest.raises(ValidationError, match="RK"):
        stock_documents.post_document(actor=people.superior, document=slip)
    assert on_hand(place, water) == 24
    check_books()


def test_a_cancelled_draft_stays_so(people, place, water):
    slip = receive(people.superior, place, {water: 1}, post=False)
    stock_documents.cancel_document(actor=people.superior, document=slip)
    for verb in (
        stock_documents.post_document,
        stock_documents.reverse_document,
        stock_documents.cancel_document,
    ):
        with pytest.raises(ValidationError):
            verb(actor=people.superior, document=StockDocument.objects.get())
    assert StockMove.objects.count() == 0


def test_the_cost_is_that_of_the_last_receipt_and_reversing_brings_back_the_one_before(people, place, water):
    today = timezone.localdate()
    receive(people.superior, place, {water: 10}, cost=D("1.10"), happened_on=today - dt.timedelta(days=3))
    second = receive(people.superior, place, {water: 10}, cost=D("1.35"))
    # Typed in late: an older price does not push the newer one away.
    receive(people.superior, place, {water: 5}, cost=D("0.90"), happened_on=today - dt.timedelta(days=9))
    receive(people.superior, place, {water: 1})  # without a price it says nothing
    water.refresh_from_db()
    assert water.cost == D("1.35")
    stock_documents.reverse_document(actor=people.superior, document=second)
    water.refresh_from_db()
    assert (water.cost, on_hand(place, water)) == (D("1.10"), 16)
    check_books()


def test_goods_that_are_gone_cannot_be_taken_back(people, place, van, water):
    slip = receive(people.superior, place, {water: 10})
    load(people.superior, place, van, {water: 6})
    with pytest.raises(ValidationError, match="4"):
        stock_documents.reverse_document(actor=people.superior, document=slip)
    slip.refresh_from_db()
    assert (slip.status, on_hand(place, water), on_hand(van, water)) == ("posted", 4, 6)


def test_transfer_unload_and_loss(people, place, van, water):
    other = warehouse("W2", is_default=False)
    receive(people.superior, place, {water: 10})
    document(people.superior, StockDocumentKind.TRANSFER, {water: 4}, source=place, target=other)
    load(people.superior, place, van, {water: 5})
    document(people.owner, StockDocumentKind.UNLOAD, {water: 2}, source=van, target=place)
    lost = document(people.superior, StockDocumentKind.LOSS, {water: 1}, source=van, post=False)
    with pytest.raises(ValidationError, match="矿泉水"):
        stock_documents.post_document(actor=people.superior, document=lost)
    stock_documents.cancel_document(actor=people.superior, document=lost)
    document(people.superior, StockDocumentKind.LOSS, {water: 1}, source=van, reason="摔坏")
    assert [on_hand(where, water) for where in (place, other, van)] == [3, 4, 2]
    assert list(
        StockDocument.objects.filter(rep=people.owner).values_list("kind", flat=True).order_by("pk")
    ) == [
        "load",
        "unload",
        "loss",
        "loss",
    ]
    check_books()


@pytest.mark.parametrize(
    ("kind", "ends"),
    [
        (StockDocumentKind.LOAD, ("van", "place")),
        (StockDocumentKind.UNLOAD, ("place", "van")),
        (StockDocumentKind.TRANSFER, ("place", "place")),
        (StockDocumentKind.RECEIPT, (None, "van")),
        (StockDocumentKind.LOSS, (None, None)),
    ],
)
def test_places_that_do_not_go_together(people, place, van, water, kind, ends):
    places = {"place": place, "van": van, None: None}
    with pytest.raises(ValidationError):
        document(people.superior, kind, {water: 1}, source=places[ends[0]], target=places[ends[1]])


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity", "1000000", "0.0001"])
def test_quantities_that_cannot_be(people, place, water, quantity):
    with pytest.raises(ValidationError):
        receive(people.superior, place, {water: quantity})
    assert not StockDocument.objects.exists()


def test_the_same_uuid_makes_one_document(people, place, water):
    key = uuid.uuid4()
    first = receive(people.superior, place, {water: 3}, client_uuid=key)
    assert receive(people.superior, place, {water: 3}, client_uuid=key) == first
    assert on_hand(place, water) == 3
    with pytest.raises(ValidationError):
        receive(people.owner, place, {water: 3}, client_uuid=key)


def test_a_future_date_is_refused(people, place, water):
    with pytest.raises(ValidationError):
        receive(people.superior, place, {water: 3}, happened_on=timezone.localdate() + dt.timedelta(days=1))


# --- loading a van
def test_what_was_counted_blind_is_moved_and_each_difference_needs_its_reason(
    people, place, van, water, beer
):
    receive(people.superior, place, {water: 48, beer: 10})
    plan = load(people.superior, place, van, {water: 24, beer: 6}, post=False)
    stock_documents.count_document(actor=people.owner, document=plan, counts={water.pk: D(23), beer.pk: D(6)})
    with pytest.raises(ValidationError, match="矿泉水"):
        stock_documents.post_document(actor=people.owner, document=plan)
    assert on_hand(van, water) == 0
    stock_documents.count_document(
        actor=people.owner, document=plan, counts={}, reasons={water.pk: "箱子破了一瓶"}
    )
    stock_documents.post_document(actor=people.owner, document=plan)
    assert [on_hand(van, water), on_hand(van, beer), on_hand(place, water)] == [23, 6, 25]
    line = plan.lines.get(product=water)
    assert (line.quantity, line.counted, line.difference, line.reason) == (24, 23, -1, "箱子破了一瓶")
    with pytest.raises(ValidationError):
        stock_documents.count_document(actor=people.owner, document=plan, counts={water.pk: D(24)})


def test_goods_nobody_planned_and_goods_that_did_not_come(people, place, van, water, beer):
    receive(people.superior, place, {water: 48, beer: 10})
    plan = load(people.superior, place, van, {water: 24}, post=False)
    stock_documents.count_document(
        actor=people.owner,
        document=plan,
        counts={water.pk: D(0), beer.pk: D(2)},
        reasons={water.pk: "没有装", beer.pk: "多给了两瓶"},
    )
    stock_documents.post_document(actor=people.owner, document=plan)
    assert [on_hand(van, water), on_hand(van, beer)] == [0, 2]


def test_presold_goods_are_proposed_until_they_are_planned_or_on_the_van(
    people, place, van, make_order, water
):
    receive(people.superior, place, {water: 100})
    order = make_order(30, 6, status="approved")
    make_order(5)  # not approved
    assert presold(van) == {water.pk: 36}
    plan = load(people.superior, place, van, {water: 20}, post=False)
    assert presold(van) == {water.pk: 16}
    stock_documents.post_document(actor=people.superior, document=plan)
    assert presold(van) == {water.pk: 16}
    load(people.superior, place, van, {water: 20})
    assert presold(van) == {}
    van_sales.deliver_from_van(actor=people.owner, order=order)
    assert on_hand(van, water) == 4
    assert presold(van) == {}
    check_books()


# --- stock counts
def test_a_count_is_held_against_the_books_as_they_were_when_it_began(people, place, van, water, beer):
    receive(people.superior, place, {water: 50, beer: 10})
    count = stock_documents.begin_count(actor=people.superior, location=place)
    load(people.superior, place, van, {water: 20})  # work goes on meanwhile
    stock_documents.count_document(
        actor=people.superior, document=count, counts={water.pk: D(48), beer.pk: D(11)}
    )
    with pytest.raises(ValidationError) as refused:
        stock_documents.post_document(actor=people.superior, document=count)
    assert len(refused.value.messages) == 2
    stock_documents.count_document(
        actor=people.superior, document=count, counts={}, reasons={water.pk: "破损", beer.pk: "上次漏记"}
    )
    stock_documents.post_document(actor=people.superior, document=count)
    assert (on_hand(place, water), on_hand(place, beer)) == (28, 11)
    stock_documents.reverse_document(actor=people.superior, document=count)
    assert (on_hand(place, water), on_hand(place, beer)) == (30, 10)
    check_books()


def test_what_nobody_counted_stays_as_it_is(people, place, water, beer):
    receive(people.superior, place, {water: 50, beer: 10})
    count = stock_documents.begin_count(actor=people.superior, location=place)
    stock_documents.count_document(actor=people.superior, document=count, counts={beer.pk: D(10)})
    stock_documents.post_document(actor=people.superior, document=count)
    assert (on_hand(place, water), on_hand(place, beer)) == (50, 10)
    assert StockMove.objects.filter(document=count).count() == 0


def test_an_empty_place_has_nothing_to_count(people, place):
    with pytest.raises(ValidationError):
        stock_documents.begin_count(actor=people.superior, location=place)


def test_a_van_never_goes_below_zero_and_a_warehouse_only_if_it_may(people, van, water):
    place = warehouse("W9", may_be_negative=True)
    load(people.superior, place, van, {water: 5})
    assert on_hand(place, water) == -5
    with pytest.raises(ValidationError, match="5 瓶"):
        document(people.owner, StockDocumentKind.UNLOAD, {water: 6}, source=van, target=place)
    assert StockBalance.objects.get(location=van).quantity == 5
