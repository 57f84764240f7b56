"""ABC classes and shares of the largest: pure rules."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from reports.rules.concentration import TOPS, abc, top


def amounts(*values):
    return [Decimal(value) for value in values]


def test_who_crosses_a_limit_still_belongs_to_the_better_class():
    """Of 100: 50 and 40 are A (before the 40 there were 50 < 80), 6 is B (90 < 95), 4 is C (96)."""
    assert abc(amounts(4, 50, 6, 40)) == {
        "A": amounts(50, 40),
        "B": amounts(6),
        "C": amounts(4),
    }


def test_just_the_limit_ends_a_class():
    """Of 100: before the 15 there are just 80, before the 5 just 95."""
    assert abc(amounts(80, 15, 5)) == {"A": amounts(80), "B": amounts(15), "C": amounts(5)}


def test_one_customer_is_everything_and_none_is_nothing():
    assert abc(amounts(7)) == {"A": amounts(7), "B": [], "C": []}
    assert abc([]) == {"A": [], "B": [], "C": []}
    assert top([], 20) == []


def test_the_number_of_the_largest_is_rounded_up():
    thirty = amounts(*range(1, 31))
    assert top(thirty, 5) == amounts(30, 29)
    assert top(thirty, 1) == amounts(30)
    assert len(top(thirty, 50)) == 15


def test_what_is_zero_or_less_is_no_customer():
    assert abc(amounts(0, -3, 10))["A"] == amounts(10)
    assert top(amounts(0, -3, 10), 50) == amounts(10)


@given(st.lists(st.integers(1, 10_000_000), max_size=60))
def test_classes_hold_everybody_once_and_the_largest_first(cents):
    found = [Decimal(cent) / 100 for cent in cents]
    classes = abc(found)
    assert [amount for members in classes.values() for amount in members] == sorted(found, reverse=True)
    whole = sum(found, Decimal(0))
    if found:  # the limits are crossed by the last of a class at most
        assert sum(classes["A"]) >= whole * Decimal("0.8")
        assert sum(classes["A"][:-1]) < whole * Decimal("0.8")
        assert sum(classes["A"] + classes["B"]) >= whole * Decimal("0.95")
    shares = [sum(top(found, percent)) for percent in TOPS]
    assert shares == sorted(shares)
