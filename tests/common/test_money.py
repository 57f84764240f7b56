from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import line_amount, order_total, round_money, round_quantity


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0.005", "0.01"),
        ("0.015", "0.02"),
        ("0.025", "0.03"),
        ("0.0049999", "0.00"),
        ("-0.005", "-0.01"),
        ("2.675", "2.68"),
        ("10", "10.00"),
        ("99999999999.995", "100000000000.00"),
    ],
)
def test_round_money_half_up(amount, rounded):
    assert str(round_money(Decimal(amount))) == rounded


def test_round_quantity():
    assert str(round_quantity(Decimal("1.0005"))) == "1.001"
    assert str(round_quantity(Decimal("2"))) == "2.000"


def test_line_amount():
    assert line_amount(Decimal("3"), Decimal("19.90")) == Decimal("59.70")
    assert line_amount(Decimal("3"), Decimal("19.90"), Decimal("0.05")) == Decimal("56.72")  # 56.715
    assert line_amount(Decimal("0.333"), Decimal("0.015")) == Decimal("0.00")
    assert line_amount(Decimal("-3"), Decimal("19.90"), Decimal("0.05")) == Decimal("-56.72")
    assert line_amount(Decimal("5"), Decimal("1.00"), Decimal("1")) == 0


def test_each_line_is_rounded_before_the_sum():
    # Three lines of 0.335: rounded at the end they would be 1.01, as printed they are 3 × 0.34.
    lines = [line_amount(Decimal("0.335"), Decimal("1"))] * 3
    assert order_total(lines) == Decimal("1.02")


def test_order_total_with_discount():
    lines = [
        line_amount(Decimal("12"), Decimal("4.35"), Decimal("0.02")),  # 51.156 → 51.16
        line_amount(Decimal("2.5"), Decimal("33.33")),  # 83.325 → 83.33
        line_amount(Decimal("1"), Decimal("0.01")),
    ]
    assert lines == [Decimal("51.16"), Decimal("83.33"), Decimal("0.01")]
    assert order_total(lines) == Decimal("134.50")
    assert order_total(lines, Decimal("0.035")) == Decimal("129.79")  # 129.7925
    assert order_total(iter(lines), Decimal("1")) == 0
    assert str(order_total([])) == "0.00"


quantities = st.decimals(0, 100_000, places=3)
prices = st.decimals(0, 100_000, places=2)
discounts = st.decimals(0, 1, places=4)


def _half_up(value: Fraction) -> Fraction:
    return Fraction((value * 100 + Fraction(1, 2)).__floor__(), 100)


@given(st.lists(st.tuples(quantities, prices, discounts), max_size=30), discounts)
def test_totals_are_exact(lines, order_discount):
    expected = sum(
        (_half_up(Fraction(q) * Fraction(p) * (1 - Fraction(d))) for q, p, d in lines), Fraction(0)
    )
    expected = _half_up(expected * (1 - Fraction(order_discount)))
    assert Fraction(order_total([line_amount(*line) for line in lines], order_discount)) == expected


@given(quantities, prices, discounts)
def test_a_return_cancels_its_sale(quantity, price, discount):
    assert line_amount(-quantity, price, discount) == -line_amount(quantity, price, discount)
