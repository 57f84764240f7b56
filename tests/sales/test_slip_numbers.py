"""Which numbers of slips a typed word may mean."""

import datetime as dt

import pytest

from sales.rules.slip_numbers import beginnings

TODAY = dt.date(2026, 11, 28)


@pytest.mark.parametrize(
    "word",
    [
        "so20261122-0003",
        "SO20261122-0003",
        "20261122-0003",
        "261122-0003",
        "1122-0003",
        "20261122",
        "1122",
        "so2026",
    ],
)
def test_a_beginning_with_or_without_letters_century_and_year(word):
    assert any("SO20261122-0003".startswith(begin) for begin in beginnings(word, prefix="SO", today=TODAY))


def test_a_bare_number_is_one_of_today():
    assert beginnings("3", prefix="CK", today=TODAY) == ["CK20261128-0003"]
    assert "CK20261128-0013" in beginnings("0013", prefix="CK", today=TODAY)


def test_a_number_of_another_system_is_found_as_it_is_written():
    assert "xs-0099" in beginnings("xs-0099", prefix="SO", today=TODAY)
    assert "XS-0099" in beginnings("xs-0099", prefix="SO", today=TODAY)


@pytest.mark.parametrize("word", ["", "wnhb", "蜗牛", "so", "s1", "-", "²", "٣"])
def test_what_is_no_number_begins_none(word):
    assert beginnings(word, prefix="SO", today=TODAY) == []
