"""The rule of prices against one written a second time, sentence by sentence, from its description."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.rules import prices
from sales.rules.prices import Buyer, Offer, Outcome, Terms, Unit

DAY = dt.date(2026, 3, 10)
BOXES = Unit("瓶", "箱", 12)
NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


def offer(list_id=1, name="春季渠道价", price="2.00", least="0", hours=0, **terms):
    return Offer(
        list_id=list_id,
        name=name,
        terms=Terms(**terms),
        created_at=NOON + dt.timedelta(hours=hours),
        min_quantity=Decimal(least),
        price=Decimal(price),
    )


def chosen(*offers, buyer=None, quantity="1", day=DAY):
    buyer = buyer or Buyer(7, "A", 3)
    return prices.best_offer(offers, buyer=buyer, quantity=Decimal(quantity), day=day)


# --- sentence by sentence
def test_the_narrowest_audience_wins():
    everybody, level, channel = (
        offer(1, starts_on=DAY, hours=9),
        offer(2, level="A", starts_on=DAY),
        offer(3, channel_id=3),
    )
    both, customer = offer(4, level="A", channel_id=3), offer(5, customer_id=7)
    ladder = [everybody, level, channel, both, customer]
    for n in range(1, 6):
        assert chosen(*ladder[:n]) == ladder[n - 1]
        assert chosen(*reversed(ladder[:n])) == ladder[n - 1]


@pytest.mark.parametrize(
    "terms",
    [
        {"level": "B"},
        {"channel_id": 4},
        {"customer_id": 8},
        {"level": "A", "channel_id": 4},
        {"customer_id": 7, "level": "B"},
        {"is_active": False},
        {"starts_on": dt.date(2026, 3, 11)},
        {"ends_on": dt.date(2026, 3, 9)},
    ],
)
def test_what_does_not_fit_does_not_count(terms):
    assert chosen(offer(**terms)) is None


def test_both_ends_belong_to_a_list():
    assert chosen(offer(starts_on=DAY, ends_on=DAY)) is not None


def test_equally_narrow_lists_by_start_then_by_age():
    old, new = offer(1, hours=5), offer(2, starts_on=dt.date(2020, 1, 1))
    assert chosen(old, new) == chosen(new, old) == new
    later = offer(3, starts_on=dt.date(2026, 1, 1), hours=-5)
    assert chosen(later, new, old) == later
    newer = offer(4, starts_on=dt.date(2026, 1, 1), hours=-4)
    assert chosen(later, newer, new) == newer
    twin = offer(5, starts_on=dt.date(2026, 1, 1), hours=-4)
    assert chosen(twin, newer) == twin


def test_the_largest_break_that_is_reached():
    steps = [offer(least="0", price="3"), offer(least="120", price="2"), offer(least="240", price="1")]
    for quantity, price in (("0", 3), ("1", 3), ("119.999", 3), ("120", 2), ("240", 1), ("9999", 1)):
        assert chosen(*steps, quantity=quantity).price == price


def test_a_list_without_a_reached_break_leaves_the_price_to_the_next():
    narrow, wide = offer(1, customer_id=7, least="10"), offer(2)
    assert chosen(narrow, wide, quantity="9") == wide
    assert chosen(narrow, wide, quantity="10") == narrow
    assert chosen(narrow, quantity="9") is None


@pytest.mark.parametrize(
    ("least", "unit", "words"),
    [
        ("0", BOXES, "Price list 春季渠道价"),
        ("120", BOXES, "Price list 春季渠道价, from 10 箱"),
        ("125", BOXES, "Price list 春季渠道价, from 125 瓶"),
        ("1.5", Unit("kg"), "Price list 春季渠道价, from 1.5 kg"),
    ],
)
def test_the_reason_in_words(least, unit, words, settings):
    settings.LANGUAGE_CODE = "en"
    from django.utils import translation

    with translation.override("en"):
        price = prices.price(own=Decimal("2.5"), unit=unit, offer=offer(least=least))
        assert price.reason == words
        own = prices.price(own=Decimal("2.5"), unit=unit, offer=None)
        assert (own.value, own.reason, own.is_special) == (Decimal("2.50"), "Standard price", False)
    assert (price.value, price.list_price, price.is_special) == (Decimal("2.00"), Decimal("2.50"), True)


def test_the_reason_in_chinese():
    price = prices.price(own=Decimal(1), unit=BOXES, offer=offer(least="120"))
    assert price.reason == "价格表 春季渠道价，满 10 箱"


def test_the_longest_reason_fits_its_column():
    long = offer(name="价" * 80, least="999999999.999")
    reason = prices.price(own=Decimal(1), unit=Unit("瓶" * 10), offer=long).reason
    assert len(reason) <= prices.MAX_REASON


# --- against a second one
BUYERS = st.builds(Buyer, st.integers(1, 3), st.sampled_from(["", "A", "B"]), st.sampled_from([None, 1, 2]))
DAYS = st.one_of(st.none(), st.integers(-2, 2).map(lambda n: DAY + dt.timedelta(days=n)))
TERMS = st.builds(
    Terms,
    level=st.sampled_from(["", "", "A", "B"]),
    channel_id=st.sampled_from([None, None, 1, 2]),
    customer_id=st.sampled_from([None, None, None, 1, 2]),
    starts_on=DAYS,
    ends_on=DAYS,
    is_active=st.sampled_from([True, True, True, False]),
)
LISTS = st.lists(
    st.tuples(TERMS, st.integers(0, 2), st.sets(st.sampled_from([0, 1, 5, 10]), max_size=4)), max_size=6
)


def lines_of(lists):
    """One offer for each break; lists carry their number, prices tell lines apart."""
    return [
        offer(number, f"L{number}", f"{number}.{least:02}", str(least), hours, **_fields(terms))
        for number, (terms, hours, breaks) in enumerate(lists, 1)
        for least in sorted(breaks)
    ]


def _fields(terms):
    names = ("level", "channel_id", "customer_id", "starts_on", "ends_on", "is_active")
    return {name: getattr(terms, name) for name in names}


def by_hand(lists, buyer, quantity, day):
    """Written from the text: strike out lists until one is left, then take its largest reached break."""
    left = []
    for number, (terms, hours, breaks) in enumerate(lists, 1):
        reached = [least for least in breaks if least <= quantity]
        begun = not terms.starts_on or terms.starts_on <= day
        ended = bool(terms.ends_on and terms.ends_on < day)
        mine = (
            (not terms.customer_id or terms.customer_id == buyer.customer_id)
            and (not terms.level or terms.level == buyer.level)
            and (not terms.channel_id or terms.channel_id == buyer.channel_id)
        )
        if terms.is_active and reached and begun and not ended and mine:
            left.append((number, terms, hours, max(reached)))
    for fits in (
        lambda t: t.customer_id,
        lambda t: t.level and t.channel_id,
        lambda t: t.channel_id,
        lambda t: t.level,
    ):
        if narrow := [entry for entry in left if fits(entry[1])]:
            left = narrow
            break
    if dated := [entry for entry in left if entry[1].starts_on]:
        latest = max(entry[1].starts_on for entry in dated)
        left = [entry for entry in dated if entry[1].starts_on == latest]
    if not left:
        return None
    newest = max(entry[2] for entry in left)
    number, _terms, _hours, least = [entry for entry in left if entry[2] == newest][-1]
    return number, least


@given(LISTS, BUYERS, st.sampled_from([0, 1, 3, 5, 7, 10, 50]))
def test_any_lists_give_what_the_text_says(lists, buyer, quantity):
    found = prices.best_offer(lines_of(lists), buyer=buyer, quantity=Decimal(quantity), day=DAY)
    expected = by_hand(lists, buyer, quantity, DAY)
    assert (found and (found.list_id, int(found.min_quantity))) == expected


@given(LISTS, BUYERS, st.sampled_from([0, 1, 3, 5, 10]), st.randoms())
def test_the_order_of_the_lines_does_not_matter(lists, buyer, quantity, chance):
    lines = lines_of(lists)
    first = prices.best_offer(lines, buyer=buyer, quantity=Decimal(quantity), day=DAY)
    chance.shuffle(lines)
    assert prices.best_offer(lines, buyer=buyer, quantity=Decimal(quantity), day=DAY) == first


@given(LISTS, BUYERS, st.sampled_from([0, 1, 3, 5, 10]))
def test_every_line_gets_a_verdict_and_one_at_most_is_chosen(lists, buyer, quantity):
    lines = lines_of(lists)
    verdicts = prices.weigh(lines, buyer=buyer, quantity=Decimal(quantity), day=DAY)
    best = prices.best_offer(lines, buyer=buyer, quantity=Decimal(quantity), day=DAY)
    assert len(verdicts) == len(lines)
    assert [v.offer for v in verdicts if v.outcome == Outcome.CHOSEN] == ([best] if best else [])
    if best:
        assert verdicts[0].offer == best


def test_every_reason_of_a_loser():
    customer = {"customer_id": 7}
    offers = {
        Outcome.CHOSEN: offer(1, least="5", starts_on=DAY, hours=2, **customer),
        Outcome.LARGER_BREAK: offer(1, starts_on=DAY, hours=2, **customer),
        Outcome.NEWER: offer(2, starts_on=DAY, hours=1, **customer),
        Outcome.LATER_START: offer(3, hours=9, **customer),
        Outcome.NARROWER: offer(4, level="A"),
        Outcome.QUANTITY: offer(5, least="6", **customer),
        Outcome.DAY: offer(6, ends_on=dt.date(2026, 3, 9), **customer),
        Outcome.CUSTOMER: offer(7, level="B"),
        Outcome.NOT_IN_USE: offer(8, is_active=False),
    }
    verdicts = prices.weigh(list(offers.values())[::-1], buyer=Buyer(7, "A", 3), quantity=Decimal(5), day=DAY)
    assert {verdict.outcome: verdict.offer for verdict in verdicts} == offers
    assert [verdict.outcome for verdict in verdicts] == list(Outcome)


# --- gifts
@given(
    st.decimals(0, 500, places=3),
    st.decimals(Decimal("0.001"), 50, places=3),
    st.decimals(Decimal("0.001"), 9, places=3),
    st.booleans(),
)
def test_gifts_for_each_full_quantity_or_once(bought, every, gift, repeats):
    given_ = prices.gift_quantity(bought=bought, every=every, gift=gift, repeats=repeats)
    times, left = 0, bought
    while left >= every and (repeats or not times) and times < 1000:
        left -= every
        times += 1
    if times < 1000:
        assert given_ == gift * times


def test_nothing_bought_brings_nothing():
    for bought in ("0", "-10"):
        assert not prices.gift_quantity(
            bought=Decimal(bought), every=Decimal(10), gift=Decimal(1), repeats=True
        )


# --- copying and overlapping
@pytest.mark.parametrize(
    ("price", "percent", "new"),
    [
        ("9.99", "-5", "9.49"),
        ("0.10", "5", "0.11"),
        ("10", "0", "10.00"),
        ("1", "-100", "0"),
        ("1", "-150", "0"),
    ],
)
def test_a_percentage_on_a_price(price, percent, new):
    assert prices.changed_price(Decimal(price), Decimal(percent)) == Decimal(new)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ({}, {}, True),
        ({"level": "A"}, {"level": "B"}, False),
        ({"level": "A"}, {}, False),
        ({"ends_on": DAY}, {"starts_on": DAY}, True),
        ({"ends_on": DAY}, {"starts_on": dt.date(2026, 3, 11)}, False),
        ({"customer_id": 1}, {"customer_id": 1, "ends_on": DAY}, True),
    ],
)
def test_lists_that_only_dates_decide_between(one, other, meet):
    assert prices.overlaps(Terms(**one), Terms(**other)) is meet
    assert prices.overlaps(Terms(**other), Terms(**one)) is meet
