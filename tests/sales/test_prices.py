"""Prices, gifts and what can be promised, read from the database."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sales import services
from sales.models import GiftRule, PriceList, StockBalance, StockLocation
from sales.queries import prices
from sales.rules import LineInput
from tests.factories import CustomerFactory, DictionaryFactory, ProductFactory

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 3, 10)


@pytest.fixture
def price_list(water):
    """price_list("name", {0: "2.00", 120: "1.80"}, level="A"): a list with lines of water."""

    def _make(name, breaks, product=water, **audience):
        row = PriceList.objects.create(name=name, **audience)
        for least, price in breaks.items():
            row.lines.create(product=product, min_quantity=Decimal(least), price=Decimal(price))
        return row

    return _make


def asked(shop, product, quantity=1, day=DAY):
    found = prices.price_for(shop, product, Decimal(quantity), day)
    return found.value, found.reason


def test_the_products_own_price_without_a_list(shop, water):
    assert asked(shop, water) == (Decimal("2.35"), "标准价")


def test_the_narrowest_list_sets_the_price(shop, water, price_list):
    channel = DictionaryFactory(name="便利店二")
    price_list("全部", {0: "2.30"})
    assert asked(shop, water) == (Decimal("2.30"), "价格表 全部")
    price_list("甲级", {0: "2.20"}, level="A")
    assert asked(shop, water)[0] == Decimal("2.30")
    shop.level = "A"
    assert asked(shop, water)[0] == Decimal("2.20")
    price_list("便利店价", {0: "2.10"}, channel=channel)
    shop.channel = channel
    assert asked(shop, water)[0] == Decimal("2.10")
    price_list("便利店甲级", {0: "2.25", 120: "1.90"}, channel=channel, level="A")
    assert asked(shop, water) == (Decimal("2.25"), "价格表 便利店甲级")
    assert asked(shop, water, 120) == (Decimal("1.90"), "价格表 便利店甲级，满 10 箱")
    price_list("老王", {0: "3.00"}, customer=shop)
    assert asked(shop, water, 120)[0] == Decimal("3.00")
    other = CustomerFactory(level="A", channel=channel)
    assert asked(other, water, 120)[0] == Decimal("1.90")


def test_a_customer_without_level_and_channel_gets_no_list_for_some(shop, water, price_list):
    price_list("甲级", {0: "1"}, level="A")
    price_list("渠道", {0: "1"}, channel=DictionaryFactory())
    price_list("别人", {0: "1"}, customer=CustomerFactory())
    assert asked(shop, water)[0] == Decimal("2.35")


def test_days_and_use(shop, water, price_list):
    row = price_list("三月", {0: "2"}, starts_on=dt.date(2026, 3, 1), ends_on=dt.date(2026, 3, 31))
    for day, price in (("02-28", "2.35"), ("03-01", "2"), ("03-31", "2"), ("04-01", "2.35")):
        assert asked(shop, water, day=dt.date.fromisoformat(f"2026-{day}"))[0] == Decimal(price)
    PriceList.objects.filter(pk=row.pk).update(is_active=False)
    assert asked(shop, water)[0] == Decimal("2.35")


def test_a_whole_order_in_one_statement(shop, water, beer, price_list, django_assert_num_queries):
    price_list("水", {0: "2", 12: "1.5"})
    price_list("酒", {0: "7"}, product=beer)
    products = [ProductFactory(price=Decimal(n)) for n in range(30)]
    wants = [(water, Decimal(1)), (beer, Decimal(3)), (water, Decimal(12))]
    with django_assert_num_queries(1):
        few = prices.prices_for(shop, wants, DAY)
    assert [price.value for price in few] == [Decimal(2), Decimal(7), Decimal("1.5")]
    assert [price.list_price for price in few] == [Decimal("2.35"), Decimal("7.99"), Decimal("2.35")]
    with django_assert_num_queries(1):
        many = prices.prices_for(shop, [*wants, *((product, Decimal(5)) for product in products)], DAY)
    assert [price.value for price in many[3:]] == [Decimal(n) for n in range(30)]
    with django_assert_num_queries(0):
        assert prices.prices_for(shop, [], DAY) == []


@hypothesis_settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "A", "B"]), st.booleans(), st.booleans(), st.sampled_from([None, -1, 0, 1]),
            st.sampled_from([None, -1, 0, 1]), st.sets(st.sampled_from([0, 5, 10]), min_size=1),
        ),
        max_size=5,
    ),
    st.sampled_from([1, 5, 20]),
)  # fmt: skip
def test_the_statement_finds_what_the_rule_chooses_from_all_lines(shop, water, rows, quantity):
    """What SQL leaves out, the rule would have struck out as well."""
    PriceList.objects.all().delete()
    shop.level = "A"
    for n, (level, customer, active, start, end, breaks) in enumerate(rows):
        if start is not None and end is not None and end < start:
            start, end = end, start
        row = PriceList.objects.create(
            name=f"表{n}",
            level=level,
            customer=shop if customer else None,
            is_active=active,
            starts_on=None if start is None else DAY + dt.timedelta(days=start),
            ends_on=None if end is None else DAY + dt.timedelta(days=end),
        )
        for least in breaks:
            row.lines.create(product=water, min_quantity=least, price=Decimal(f"{n}.{least:02}"))
    everything = prices.offers_of([water.pk]).get(water.pk, [])
    best = prices.rules.best_offer(
        everything, buyer=prices.buyer_of(shop), quantity=Decimal(quantity), day=DAY
    )
    found = prices.price_for(shop, water, Decimal(quantity), DAY)
    assert found.value == (best.price if best else Decimal("2.35"))


# --- gifts
@pytest.fixture
def gift_rule(water, beer):
    def _make(name="买十送一", **fields):
        values = {"product": water, "buy_quantity": 10, "gift": beer, "gift_quantity": 1, **fields}
        return GiftRule.objects.create(name=name, **values)

    return _make


def given_to(shop, wants, day=DAY):
    return [(gift.product.code, gift.quantity) for gift in prices.gifts_for(shop, wants, day)]


def test_gifts_repeat_or_come_once(shop, water, beer, gift_rule):
    rule = gift_rule()
    assert given_to(shop, {water.pk: Decimal("9.999")}) == []
    assert given_to(shop, {water.pk: Decimal(39)}) == [("B001", Decimal(3))]
    rule.repeats = False
    rule.save()
    assert given_to(shop, {water.pk: Decimal(39)}) == [("B001", Decimal(1))]
    assert given_to(shop, {beer.pk: Decimal(39)}) == given_to(shop, {}) == []


def test_gifts_follow_audience_days_use_and_sale(shop, water, beer, gift_rule):
    wants = {water.pk: Decimal(10)}
    rule = gift_rule(level="A", ends_on=DAY)
    assert given_to(shop, wants) == []
    shop.level = "A"
    assert given_to(shop, wants) == [("B001", Decimal(1))]
    assert given_to(shop, wants, DAY + dt.timedelta(days=1)) == []
    beer.is_active = False
    beer.save()
    assert given_to(shop, wants) == []
    beer.is_active = True
    beer.save()
    GiftRule.objects.filter(pk=rule.pk).update(is_active=False)
    assert given_to(shop, wants) == []


def test_all_rules_give_in_one_statement(shop, water, beer, gift_rule, django_assert_num_queries):
    gift_rule()
    gift_rule("再送", gift=water, gift_quantity=2)
    gift_rule("老王专享", customer=shop)
    gift_rule("别人", customer=CustomerFactory())
    with django_assert_num_queries(1):
        gifts = prices.gifts_for(shop, {water.pk: Decimal(20), beer.pk: Decimal(1)}, DAY)
    assert sorted((gift.rule.name, gift.quantity) for gift in gifts) == [
        ("买十送一", Decimal(2)),
        ("再送", Decimal(4)),
        ("老王专享", Decimal(2)),
    ]


# --- availability
@pytest.fixture
def places(people):
    return {
        "main": prices.default_location(),
        "north": StockLocation.objects.create(code="N", name="北仓", kind="warehouse"),
        "van": StockLocation.objects.create(code="V", name="皖A1", kind="van", rep=people.owner),
    }


def test_available_is_on_hand_less_what_was_promised(people, make_order, water, beer, places):
    for place, quantity in (("main", "100"), ("north", "30.5"), ("van", "7")):
        StockBalance.objects.create(location=places[place], product=water, quantity=Decimal(quantity))
    ids = [water.pk, beer.pk]
    assert prices.available(ids, places["main"]) == {water.pk: Decimal(100), beer.pk: 0}
    make_order(10)
    make_order(10, status="draft")
    make_order(10, status="cancelled")
    assert prices.available(ids, places["main"])[water.pk] == 100  # nobody has approved anything
    make_order(10, 20, status="approved")
    assert prices.available(ids, places["main"])[water.pk] == 70
    assert prices.available(ids, places["north"])[water.pk] == Decimal("30.5")
    assert prices.available(ids, places["van"])[water.pk] == 7
    assert prices.available(ids)[water.pk] == Decimal("100.5")


def test_available_says_how_much_is_missing(people, shop, beer, places, django_assert_num_queries):
    order = services.create_order(
        actor=people.owner, customer=shop, lines=[LineInput(beer.pk, Decimal("5.5"))]
    )
    services.approve_order(actor=people.superior, order=order)
    with django_assert_num_queries(2):
        assert prices.available([beer.pk], places["main"]) == {beer.pk: Decimal("-5.5")}
    with django_assert_num_queries(0):
        assert prices.available([], places["main"]) == {}
    assert prices.default_location() == places["main"]
