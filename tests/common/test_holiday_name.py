"""The name of a public holiday (business calendar)."""

import datetime as dt

import pytest

from common.business_calendar import holiday_name, is_working_day


@pytest.mark.parametrize(
    ("day", "works", "chinese", "english"),
    [
        (dt.date(2026, 2, 17), False, "春节", "Spring Festival"),
        (dt.date(2026, 10, 1), False, "国庆节", "National Day"),
        (dt.date(2026, 2, 14), True, "春节", "Spring Festival"),  # a Saturday that is worked in its stead
        (dt.date(2026, 3, 1), False, "", ""),  # a plain Sunday
        (dt.date(2026, 3, 2), True, "", ""),
        (dt.date(2090, 10, 1), False, "", ""),  # a year that nobody has published yet; a Sunday
    ],
)
def test_the_name_of_a_holiday(day, works, chinese, english):
    assert is_working_day(day) is works
    assert (holiday_name(day), holiday_name(day, chinese=False)) == (chinese, english)
