"""How a figure and its change are written."""

import datetime as dt

import pytest
from django.utils import translation

from reports.enums import Unit
from reports.rules.words import figure_text, moved_text


def test_counts_are_grouped_by_thousands_in_chinese_too():
    with translation.override("zh-hans"):
        assert figure_text(Unit.COUNT, 1234567) == "1,234,567"
        assert figure_text(Unit.DAYS, 1234.5) == "1,234.5"
        assert figure_text(Unit.COUNT, None) == "–"


@pytest.mark.parametrize(
    ("unit", "now", "before", "text", "is_less"),
    [
        (Unit.MONEY, 150, 100, "+50%", False),
        (Unit.MONEY, 50, 100, "−50%", True),
        (Unit.MONEY, 50, 0, "", False),
        (Unit.PERCENT, 0.70, 0.49, "+21 pts", False),
        (Unit.PERCENT, 0.26, 0.30, "−4 pts", True),
        (Unit.PERCENT, 0.26, 0, "+26 pts", False),
        (Unit.PERCENT, 0.296, 0.3, "+0 pts", False),  # too little to be seen
        (Unit.MONEY, 9_999, 10_000, "+0%", False),
        (Unit.PERCENT, None, 0.3, "", False),
        (Unit.SECONDS, dt.timedelta(minutes=3).total_seconds(), 120, "+50%", False),
    ],
)
def test_a_share_moves_by_points_all_else_by_its_share(unit, now, before, text, is_less):
    with translation.override("en"):
        assert moved_text(unit, now, before) == (text, is_less)
