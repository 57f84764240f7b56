"""What is typed as a target, how a year is spread, how far somebody is."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.rules import targets as rules

D = Decimal
MONEY, COUNT = "order_amount", "visits"


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("12,000", "12000"),
        ("¥12，000.50", "12000.50"),
        ("1.2万", "12000"),
        ("３万", "30000"),
        ("0.5亿", "50000000"),
        (" 7 ", "7"),
        ("0", "0"),
        (".5", "0.50"),
        ("1.005", "1.01"),
    ],
)
def test_targets_are_read_as_people_write_them(typed, value):
    assert rules.parse_value(typed, MONEY) == D(value)


@pytest.mark.parametrize("typed", ["", "  ", "-", "—"])
def test_nothing_takes_a_target_away(typed):
    assert rules.parse_value(typed, MONEY) is None


@pytest.mark.parametrize(
    ("typed", "measure", "code"),
    [
        ("zwölf", MONEY, "number"),
        ("1.2.3", MONEY, "number"),
        ("NaN", MONEY, "number"),
        ("1e5", MONEY, "number"),
        ("-5", MONEY, "negative"),
        ("1.5", COUNT, "fraction"),
        ("99999999999999", MONEY, "large"),
        ("9" * 30, COUNT, "large"),
    ],
)
def test_what_is_no_target_says_why(typed, measure, code):
    with pytest.raises(rules.BadValue) as error:
        rules.parse_value(typed, measure)
    assert error.value.code == code


def test_counts_take_whole_units_written_as_ten_thousands():
    assert rules.parse_value("1.2万", COUNT) == D(12000)


@given(
    st.decimals(min_value=0, max_value=D("99999999999.99"), places=2),
    st.lists(st.decimals(min_value=-5, max_value=10**7, places=2), min_size=12, max_size=12),
)
def test_a_spread_year_is_exactly_the_year(total, weights):
    if not any(weight > 0 for weight in weights):
        with pytest.raises(ValueError, match="weight"):
            rules.spread(total, weights, MONEY)
        return
    parts = rules.spread(total, weights, MONEY)
    assert sum(parts) == total
    whole = sum(Fraction(max(weight, D(0))) for weight in weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(part) - Fraction(total) * Fraction(max(weight, D(0))) / whole) < Fraction(1, 100)


def test_counts_are_spread_in_whole_numbers():
    assert rules.spread(D(100), [D(1)] * 12, COUNT) == [D(9)] * 4 + [D(8)] * 8


def test_growth_rounds_half_up_and_ends_at_zero():
    assert rules.grow(D("100.05"), D(10), MONEY) == D("110.06")
    assert rules.grow(D(5), D(10), COUNT) == D(6)
    assert rules.grow(D(5), D(-150), COUNT) == D(0)


def test_time_progress_counts_working_days_with_today():
    # November 2026: 21 working days; the 27th is the 20th of them, the 28th and 29th are a weekend.
    month = (dt.date(2026, 11, 1), dt.date(2026, 11, 30))
    assert rules.clock(*month, dt.date(2026, 11, 27)) == rules.Clock(21, 20)
    assert rules.clock(*month, dt.date(2026, 11, 29)) == rules.Clock(21, 20)
    assert rules.clock(*month, dt.date(2026, 10, 31)) == rules.Clock(21, 0)
    assert rules.clock(*month, dt.date(2027, 1, 1)) == rules.Clock(21, 21)


def test_holidays_and_made_up_saturdays_count_as_they_are():
    # 2025: the National Day holiday runs to October 8th, and Saturday the 11th is worked.
    assert rules.working_days(dt.date(2025, 10, 1), dt.date(2025, 10, 12)) == 3


def test_a_part_of_a_month_takes_its_share_of_working_days():
    november = dt.date(2026, 11, 1)
    assert rules.part_of_month(november, november, dt.date(2026, 11, 30)) == 1
    assert rules.part_of_month(november, dt.date(2026, 11, 16), dt.date(2027, 2, 1)) == Fraction(11, 21)
    assert rules.part_of_month(november, dt.date(2026, 11, 14), dt.date(2026, 11, 15)) == 0


def completion(target, actual, *, total=20, passed=10, measure=MONEY):
    value = None if target is None else D(target)
    return rules.Completion(value, D(actual), rules.Clock(total, passed), measure)


def test_what_follows_from_target_and_actual():
    half = completion(1000, 400)
    assert (half.share, half.gap, half.projection) == (0.4, D(600), D("800.00"))
    assert completion(1000, 1200).gap == D(-200)
    assert completion(3, 1, total=21, passed=2, measure=COUNT).projection == D(11)  # 10.5
    assert completion(1000, 0, passed=0).projection is None
    none = completion(None, 5)
    assert (none.share, none.gap, none.state) == (None, None, "none")
    assert completion(0, 5).share is None


@pytest.mark.parametrize(
    ("actual", "state"), [(1000, "done"), (500, "ahead"), (499, "near"), (400, "near"), (399, "late")]
)
def test_the_state_compares_completion_with_time(actual, state):
    assert completion(1000, actual).state == state


def test_equals_share_a_place_and_who_has_no_target_stands_behind():
    rows = [
        completion(100, 50),
        completion(100, 90),
        completion(1000, 500),
        completion(None, 9000),
        completion(None, 1),
    ]
    assert rules.ranks(rows) == [2, 1, 2, 4, 5]
    assert rules.ranks([]) == []
