"""Marks between words: those of the language, not those of the program."""

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from common.punctuation import listed, named, noted


@pytest.mark.parametrize(
    ("language", "row", "pair", "remark"),
    [("zh-hans", "甲、乙", "状态：好", "甲（乙）"), ("en", "甲, 乙", "状态: 好", "甲 (乙)")],
)
def test_marks_follow_the_language(language, row, pair, remark):
    with override(language):
        assert listed(["甲", "乙"]) == row
        assert named("状态", "好") == pair
        assert noted("甲", "乙") == remark


@pytest.mark.parametrize(
    ("language", "line"), [("zh-hans", "李业务：订单 3、金额 9"), ("en", "李业务: 订单 3, 金额 9")]
)
def test_a_report_mail_lists_its_cells(language, line):
    cells = [{"label": "订单", "text": "3"}, {"label": "金额", "text": "9"}]
    with override(language):
        assert line in render_to_string("reports/report_mail.txt", {"rows": [("李业务", cells)]})


def test_a_chip_of_more_than_one_value_is_a_list(people, login):
    page = login(people.superior).get("/orders/?product=水&product=茶").content.decode()
    assert "水、茶" in page
    assert "水, 茶" not in page
