import datetime as dt
import warnings
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from common.business_calendar import (
    business_day,
    day_bounds,
    is_working_day,
    last_business_days,
    today,
    week_of,
)

D = dt.date


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def shanghai(settings):
    settings.TIME_ZONE = "Asia/Shanghai"


def test_the_business_day_turns_at_local_midnight():
    assert business_day(utc(2026, 3, 1, 15, 59, 59)) == D(2026, 3, 1)
    assert business_day(utc(2026, 3, 1, 16)) == D(2026, 3, 2)
    assert business_day(dt.datetime(2026, 3, 1, 23, tzinfo=ZoneInfo("America/New_York"))) == D(2026, 3, 2)


def test_the_business_day_follows_the_setting_and_not_the_user(settings):
    moment = utc(2026, 3, 1, 20)
    with timezone.override("America/New_York"):
        assert business_day(moment) == D(2026, 3, 2)
    settings.TIME_ZONE = "Europe/Berlin"
    assert business_day(moment) == D(2026, 3, 1)


def test_a_naive_moment_is_refused():
    with pytest.raises(ValueError, match="naive"):
        business_day(dt.datetime(2026, 3, 1, 12))


def test_today(monkeypatch):
    assert today(utc(2026, 3, 1, 16)) == D(2026, 3, 2)
    monkeypatch.setattr(timezone, "now", lambda: utc(2026, 12, 31, 16, 30))
    assert today() == D(2027, 1, 1)


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (D(2026, 10, 1), False),  # National Day, a Thursday
        (D(2026, 10, 10), True),  # make-up Saturday
        (D(2026, 11, 20), True),
        (D(2026, 11, 21), False),
        (D(2025, 1, 26), True),  # make-up Sunday before Spring Festival
        (D(2025, 1, 29), False),
    ],
)
def test_public_holidays_and_make_up_days(day, working):
    assert is_working_day(day) is working


def test_years_without_data_count_weekdays_and_say_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert is_working_day(D(2090, 1, 2)) is True  # a Monday
        assert is_working_day(D(2090, 1, 7)) is False  # a Saturday
        assert is_working_day(D(1990, 1, 1)) is True


def test_last_business_days():
    assert last_business_days(D(2026, 10, 9), 3, working_only=False) == [
        D(2026, 10, 6),
        D(2026, 10, 7),
        D(2026, 10, 8),
    ]
    assert last_business_days(D(2026, 10, 9), 3, working_only=True) == [
        D(2026, 9, 29),
        D(2026, 9, 30),
        D(2026, 10, 8),
    ]
    assert last_business_days(D(2026, 10, 9), 0, working_only=True) == []
    with pytest.raises(ValueError, match="negative"):
        last_business_days(D(2026, 10, 9), -1, working_only=False)


@given(st.dates(D(2004, 2, 1), D(2035, 12, 31)), st.integers(0, 40), st.booleans())
def test_last_business_days_are_that_many_and_before(day, count, working_only):
    days = last_business_days(day, count, working_only=working_only)
    assert len(days) == count == len(set(days))
    assert days == sorted(days)
    assert all(each < day for each in days)
    if working_only:
        assert all(map(is_working_day, days))


def test_day_bounds_are_utc():
    start, end = day_bounds(D(2026, 3, 1))
    assert (start, end) == (utc(2026, 2, 28, 16), utc(2026, 3, 1, 16))
    assert start.tzinfo is dt.UTC
    assert end.tzinfo is dt.UTC


@pytest.mark.parametrize(("typed", "meant"), [(dt.date.min, D(2000, 1, 1)), (dt.date.max, D(2100, 12, 31))])
def test_a_day_out_of_reach_has_the_bounds_of_the_nearest_within(typed, meant):
    assert day_bounds(typed) == day_bounds(meant)


def test_day_bounds_where_clocks_change(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    start, end = day_bounds(D(2026, 3, 29))
    assert end - start == dt.timedelta(hours=23)


@given(st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2040, 1, 1), timezones=st.just(dt.UTC)))
def test_every_moment_is_within_its_own_day(moment):
    start, end = day_bounds(business_day(moment))
    assert start <= moment < end


def test_week_of():
    week = week_of(D(2026, 11, 22))  # a Sunday
    assert week == [D(2026, 11, day) for day in range(16, 23)]
    assert week_of(D(2026, 11, 16)) == week
    assert week_of(D(2026, 11, 23))[0] == D(2026, 11, 23)
