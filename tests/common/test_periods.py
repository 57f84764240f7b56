import datetime as dt

import pytest

from common.periods import PRESETS, Period, parse_period, preset, whole

TODAY = dt.date(2026, 11, 27)  # a Friday


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("today", "2026-11-27", "2026-11-27"),
        ("yesterday", "2026-11-26", "2026-11-26"),
        ("week", "2026-11-23", "2026-11-29"),
        ("last_week", "2026-11-16", "2026-11-22"),
        ("month", "2026-11-01", "2026-11-30"),
        ("last_month", "2026-10-01", "2026-10-31"),
        ("quarter", "2026-10-01", "2026-12-31"),
        ("year", "2026-01-01", "2026-12-31"),
    ],
)
def test_presets(key, first, last):
    period = preset(key, TODAY)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
    assert key in PRESETS


def test_last_month_of_january_is_december():
    assert preset("last_month", dt.date(2026, 1, 31)) == Period(
        "last_month", dt.date(2025, 12, 1), dt.date(2025, 12, 31)
    )


def test_steps_go_by_whole_months_quarters_and_years():
    assert whole("month", dt.date(2024, 3, 31)).before().last == dt.date(2024, 2, 29)
    assert whole("quarter", dt.date(2026, 2, 1)).before().first == dt.date(2025, 10, 1)
    assert whole("year", TODAY).after().first == dt.date(2027, 1, 1)
    week = Period("custom", dt.date(2026, 11, 1), dt.date(2026, 11, 7))
    assert week.before() == Period("custom", dt.date(2026, 10, 25), dt.date(2026, 10, 31))
    assert week.after().last == dt.date(2026, 11, 14)


def test_an_address_names_a_period():
    assert parse_period({}, TODAY) == (preset("month", TODAY), "")
    assert parse_period({"period": "quarter", "on": "2026-02"}, TODAY)[0].last == dt.date(2026, 3, 31)
    asked, wrong = parse_period({"since": "2026-11-03", "until": "2026-11-05"}, TODAY)
    assert (asked.key, asked.days, wrong) == ("custom", 3, "")
    assert parse_period({"period": "custom"}, TODAY)[0].first == dt.date(2026, 11, 1)


@pytest.mark.parametrize(
    "data",
    [
        {"period": "fortnight"},
        {"period": "month", "on": "2026-13"},
        {"since": "gestern"},
        {"since": "2026-11-05", "until": "2026-11-03"},
        {"since": "2001-01-01", "until": "2026-01-01"},
        {"since": "0001-01-01"},
        {"period": "year", "on": "9999"},
    ],
)
def test_what_is_no_period_says_so(data):
    period, wrong = parse_period(data, TODAY)
    assert str(wrong)
    assert period.first <= period.last
