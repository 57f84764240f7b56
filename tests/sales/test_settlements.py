"""A van's day: what should be there, what was counted, who settles it, and that it stays closed."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from comms.models import Notification
from sales import services
from sales.enums import PaymentMethod, StockDocumentKind
from sales.models import DaySettlement, StockMove
from sales.queries.stock import cash_of_day, van_day
from sales.rules import LineInput
from sales.services import settlements, stock_documents
from sales.services.returns import ReturnInput, take_back
from sales.services.settlements import settle_day
from sales.services.van_sales import Payment, sell_from_van
from tests.readers import english
from tests.sales.stock_data import D, check_books, document, load, on_hand, receive, van_for, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def place(people, water, today):
    place = warehouse()
    receive(people.superior, place, {water: 200}, happened_on=today - dt.timedelta(days=9))
    return place


@pytest.fixture
def van(people, place, water, today):
    """Yesterday 20 were loaded; today 30 more, 12 sold (28.20 in cash), 2 came back, 10 unloaded: 30."""
    van = van_for(people.owner)
    load(people.superior, place, van, {water: 20}, happened_on=today - dt.timedelta(days=1))
    return van


@pytest.fixture
def busy(people, shop, place, van, water):
    load(people.superior, place, van, {water: 30})
    sell_from_van(
        actor=people.owner,
        customer=shop,
        lines=[LineInput(water.pk, D(12))],
        payment=Payment(D("28.20"), PaymentMethod.CASH),
    )
    take_back(actor=people.owner, customer=shop, location=van, lines=[ReturnInput(water.pk, D(2), "unsold")])
    document(people.owner, StockDocumentKind.UNLOAD, {water: 10}, source=van, target=place)
    return van


def settle(people, van, counts, *, actor=None, cash="28.20", **kwargs):
    counts = {product.pk: D(number) for product, number in counts.items()}
    reasons = {product.pk: text for product, text in kwargs.pop("reasons", {}).items()}
    return settle_day(
        actor=actor or people.owner, van=van, counts=counts, reasons=reasons, cash=D(cash), **kwargs
    )


def test_the_day_adds_up_from_the_ledger(people, busy, water, today):
    [line] = van_day(busy, today)
    moved = line.columns
    assert (line.opening, moved.loaded, moved.returned, moved.sold, moved.unloaded, moved.other) == (
        20,
        30,
        2,
        12,
        10,
        0,
    )
    assert line.expected == on_hand(busy, water) == 30
    assert cash_of_day(busy, today) == D("28.20")
    [before] = van_day(busy, today - dt.timedelta(days=1))
    assert (before.opening, before.columns.loaded, before.expected) == (0, 20, 20)


def test_a_reversed_sale_was_no_sale_and_a_transfer_is_other(people, shop, busy, water, today):
    sale = sell_from_van(actor=people.owner, customer=shop, lines=[LineInput(water.pk, D(5))])
    services.reverse_delivery(actor=people.superior, delivery=sale)
    document(
        people.superior, StockDocumentKind.TRANSFER, {water: 3}, source=busy, target=van_for(people.colleague)
    )
    [line] = van_day(busy, today)
    assert (line.columns.sold, line.columns.other, line.expected) == (12, -3, 27)


def test_without_a_difference_the_rep_settles_his_day(people, busy, water, today):
    slip = settle(people, busy, {water: 30})
    assert (slip.status, slip.settled_by, slip.number[:2], slip.cash_expected) == (
        "settled", people.owner, "RJ", D("28.20"),
    )  # fmt: skip
    assert not StockMove.objects.filter(settlement=slip).exists()
    with pytest.raises(ValidationError, match=slip.number):
        settle(people, busy, {water: 30})


def test_a_difference_needs_a_reason_and_somebody_who_may(people, busy, water):
    english(people.superior)  # while the driver reads Chinese
    with pytest.raises(ValidationError) as refused:
        settle(people, busy, {water: 28}, cash="28.00")
    assert len(refused.value.messages) == 2
    assert not DaySettlement.objects.exists()
    slip = settle(people, busy, {water: 28}, cash="28.00", reasons={water: "碰碎两瓶"}, cash_reason="找零")
    assert (slip.status, on_hand(busy, water)) == ("open", 30)
    notice = Notification.objects.get(recipient=people.superior)
    assert notice.url == slip.get_absolute_url()
    assert "the day's settlement differs and waits for you." in notice.title
    # Handed in again: the second count holds, and nobody is told twice.
    slip = settle(people, busy, {water: 29}, cash="28.00", reasons={water: "碰碎一瓶"}, cash_reason="找零")
    settlements.approve_settlement(actor=people.superior, settlement=slip)
    slip.refresh_from_db()
    assert (slip.status, slip.settled_by, on_hand(busy, water)) == ("settled", people.superior, 29)
    move = StockMove.objects.get(settlement=slip)
    assert (move.target.kind, move.quantity, move.kind) == ("loss", 1, "count")
    assert Notification.objects.count() == 1
    check_books()


def test_too_much_comes_back_from_the_losses_also_goods_nobody_knew_of(people, busy, water, beer):
    slip = settle(
        people,
        busy,
        {water: 31, beer: 2},
        actor=people.superior,
        reasons={water: "少卖了一瓶", beer: "别车的货"},
    )
    assert (slip.status, on_hand(busy, water), on_hand(busy, beer)) == ("settled", 31, 2)
    check_books()


def test_what_moved_after_the_count_is_counted_again(people, shop, busy, water):
    slip = settle(people, busy, {water: 29}, reasons={water: "碰碎"})
    sell_from_van(actor=people.owner, customer=shop, lines=[LineInput(water.pk, D(1))])
    with pytest.raises(ValidationError, match=slip.number):
        settlements.approve_settlement(actor=people.superior, settlement=slip)
    slip = settle(people, busy, {water: 28}, reasons={water: "碰碎"})
    settlements.approve_settlement(actor=people.superior, settlement=slip)
    assert on_hand(busy, water) == 28


def test_everything_on_the_van_is_counted(people, busy, water):
    with pytest.raises(ValidationError, match="矿泉水"):
        settle(people, busy, {})
    for wrong in ("-1", "NaN", "1000000"):
        with pytest.raises(ValidationError):
            settle(people, busy, {water: wrong})
    with pytest.raises(ValidationError):
        settle(people, busy, {water: 30}, cash="-1")


def test_a_settled_day_is_closed_for_every_kind_of_slip(people, shop, place, busy, water, today):
    sale = sell_from_van(actor=people.owner, customer=shop, lines=[LineInput(water.pk, D(1))])
    draft = load(people.superior, place, busy, {water: 3}, post=False)
    slip = settle(people, busy, {water: 29})
    yesterday = today - dt.timedelta(days=1)
    late = [
        lambda: sell_from_van(actor=people.owner, customer=shop, lines=[LineInput(water.pk, D(1))]),
        lambda: sell_from_van(
            actor=people.owner, customer=shop, lines=[LineInput(water.pk, D(1))], sold_on=yesterday
        ),
        lambda: take_back(
            actor=people.owner, customer=shop, location=busy, lines=[ReturnInput(water.pk, D(1), "unsold")]
        ),
        lambda: stock_documents.post_document(actor=people.superior, document=draft),
        lambda: services.reverse_delivery(actor=people.superior, delivery=sale),
        lambda: settle_day(actor=people.owner, van=busy, day=yesterday, counts={water.pk: D(20)}, cash=D(0)),
    ]
    for attempt in late:
        with pytest.raises(ValidationError, match=slip.number):
            attempt()
    assert on_hand(busy, water) == 29
    check_books()


def test_the_next_day_opens_with_what_was_counted(people, shop, place, van, water, today):
    yesterday = today - dt.timedelta(days=1)
    settle_day(
        actor=people.superior,
        van=van,
        day=yesterday,
        counts={water.pk: D(19)},
        reasons={water.pk: "丢失"},
        cash=D(0),
    )
    load(people.superior, place, van, {water: 5})
    [line] = van_day(van, today)
    assert (line.opening, line.expected) == (19, 24)


def test_cash_is_asked_for_once_also_what_came_after_the_settlement(people, shop, van, water, today):
    yesterday = today - dt.timedelta(days=1)

    def pay(amount, day, actor=people.owner, method=PaymentMethod.CASH):
        return services.record_receipt(
            actor=actor, customer=shop, amount=D(amount), method=method, received_on=day
        )

    pay(7, yesterday - dt.timedelta(days=3))  # before his first settlement: not asked for
    pay(10, yesterday)
    pay(99, yesterday, method=PaymentMethod.WECHAT)
    pay(88, yesterday, actor=people.superior)  # the office took it
    first = settle_day(actor=people.owner, van=van, day=yesterday, counts={water.pk: D(20)}, cash=D(10))
    assert first.status == "settled"
    pay(4, yesterday)  # in the evening, after the van was closed
    services.reverse_receipt(actor=people.superior, receipt=pay(50, today))
    pay(5, today)
    assert cash_of_day(van, today) == 9


def test_whose_van(people, busy, water, place):
    with pytest.raises(ValidationError):
        settle(people, busy, {water: 30}, actor=people.colleague)
    with pytest.raises(ValidationError):
        settle(people, place, {water: 30}, actor=people.superior)
    with pytest.raises(ValidationError):
        settle(people, busy, {water: 30}, day=timezone.localdate() + dt.timedelta(days=1))
