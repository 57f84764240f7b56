"""What a line of an old system's file means (interfaces.md, `import_orders`)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from common.money import line_amount
from sales.rules.order_rows import (
    FIELDS,
    RowError,
    check_mapping,
    disagreement,
    guess_mapping,
    parse_date,
    parse_row,
)

TODAY = dt.date(2026, 11, 24)
GOOD = {
    "number": "XS-1",
    "date": "2026-03-01",
    "customer_name": "蜗牛烘焙",
    "product_code": "SP001",
    "quantity": "12",
    "price": "1.20",
}


def row(**changes):
    return parse_row({**GOOD, **changes}, today=TODAY)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-01", dt.date(2026, 3, 1)),
        ("2026/3/1", dt.date(2026, 3, 1)),
        ("2026.03.01 09:30:00", dt.date(2026, 3, 1)),
        ("20260301", dt.date(2026, 3, 1)),
        ("2026年3月1日", dt.date(2026, 3, 1)),
        ("46082", dt.date(2026, 3, 1)),
        ("46082.5", dt.date(2026, 3, 1)),
    ],
)
def test_dates_as_people_and_sheets_write_them(text, day):
    assert parse_date(text, today=TODAY) == day


@pytest.mark.parametrize("text", ["", "昨天", "2026-02-30", "2026-11-25", "1899-01-01", "12"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(RowError):
        parse_date(text, today=TODAY)


def test_float_tails_vanish():
    found = row(quantity="12.000000000001", price="1.2000000002", amount="")
    assert (found.quantity, found.price, found.amount) == (
        Decimal("12.000"),
        Decimal("1.20"),
        Decimal("14.40"),
    )


def test_amount_without_price_gives_the_price():
    found = row(price="", amount="100", quantity="3")
    assert (found.price, found.amount, found.discount) == (Decimal("33.33"), Decimal("100.00"), 0)


def test_a_smaller_amount_is_a_discount():
    found = row(price="10", quantity="2", amount="18")
    assert (found.price, found.discount, found.amount) == (
        Decimal("10.00"),
        Decimal("0.1000"),
        Decimal("18.00"),
    )


def test_a_larger_amount_raises_the_price():
    found = row(price="10", quantity="2", amount="24")
    assert (found.price, found.discount, found.amount) == (Decimal("12.00"), 0, Decimal("24.00"))


@pytest.mark.parametrize(
    "changes",
    [
        {"number": ""},
        {"number": "9" * 37},
        {"customer_name": ""},
        {"product_code": ""},
        {"quantity": ""},
        {"quantity": "0"},
        {"quantity": "-2"},
        {"quantity": "0.0001"},
        {"quantity": "一箱"},
        {"quantity": "NaN"},
        {"quantity": "1e12"},
        {"price": ""},
        {"price": "-1"},
        {"price": "Infinity"},
        {"date": ""},
    ],
)
def test_a_bad_cell_is_refused_with_a_reason(changes):
    with pytest.raises(RowError) as refused:
        row(**changes)
    assert str(refused.value)


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), st.text(max_size=30)))
def test_no_cell_breaks_the_reader(cells):
    try:
        found = parse_row(cells, today=TODAY)
    except RowError:
        return
    assert found.quantity > 0
    assert found.amount >= 0


@given(
    quantity=st.decimals(min_value=Decimal("0.001"), max_value=9999, places=3),
    price=st.decimals(min_value=0, max_value=9999, places=2),
)
def test_quantity_and_price_make_the_amount_of_our_own_orders(quantity, price):
    assert row(quantity=str(quantity), price=str(price)).amount == line_amount(quantity, price)


def test_heads_are_recognised():
    heads = ["单据编号", "单据日期", "客户名称 *", "存货编码", "数量（瓶）", "金额", "经手人", "颜色"]
    assert guess_mapping(heads) == {
        "单据编号": "number",
        "单据日期": "date",
        "客户名称 *": "customer_name",
        "存货编码": "product_code",
        "数量（瓶）": "quantity",
        "金额": "amount",
        "经手人": "rep",
    }


@pytest.mark.parametrize(
    "mapping",
    [
        {},
        {"a": "number", "b": "date", "c": "customer", "d": "product", "e": "quantity"},
        {"a": "number", "b": "date", "c": "customer", "d": "product", "e": "quantity", "zz": "price"},
        {"a": "number", "b": "number", "c": "customer", "d": "product", "e": "quantity", "f": "price"},
        {"a": "nonsense"},
    ],
)
def test_a_mapping_that_cannot_work_is_refused(mapping):
    with pytest.raises(ValidationError):
        check_mapping(mapping, ["a", "b", "c", "d", "e", "f"])


def test_one_order_has_one_day_and_one_customer():
    assert disagreement([row(), row(product_code="SP002")]) == ""
    assert "日期" in disagreement([row(), row(date="2026-03-02")])
    assert "客户" in disagreement([row(), row(customer_name="别家")])
