from decimal import Decimal

import pytest

from common.money_words import in_capitals


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("10", "壹拾元整"),
        ("105", "壹佰零伍元整"),
        ("1002.05", "壹仟零贰元零伍分"),
        ("1234.50", "壹仟贰佰叁拾肆元伍角整"),
        ("10010", "壹万零壹拾元整"),
        ("100200.30", "壹拾万零贰佰元叁角整"),
        ("120000004", "壹亿贰仟万零肆元整"),
        ("1234567.89", "壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分"),
        ("-3.20", "负叁元贰角整"),
    ],
)
def test_in_capitals(amount, text):
    assert in_capitals(Decimal(amount)) == text
