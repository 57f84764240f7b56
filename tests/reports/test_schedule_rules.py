"""When a scheduled report is due, and whether it goes out."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from common.business_calendar import is_working_day
from reports.enums import ConditionKind, Rhythm, Unit
from reports.rules.schedules import backoff, fixed_days, is_met, next_time
from reports.rules.tables import Head, Row, Table

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def following(after, rhythm, *, weekday=1, month_day=1, time=dt.time(8)):
    found = next_time(
        at(after), rhythm=rhythm, at=time, weekday=weekday, month_day=month_day, works=is_working_day
    )
    return f"{found:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("after", "rhythm", "days", "expected"),
    [
        ("2026-11-26 07:59", Rhythm.DAILY, {}, "2026-11-26 08:00"),
        ("2026-11-26 08:00", Rhythm.DAILY, {}, "2026-11-27 08:00"),  # never the same moment again
        ("2026-11-27 09:00", Rhythm.WORKDAYS, {}, "2026-11-30 08:00"),  # a weekend lies between
        ("2026-09-30 09:00", Rhythm.WORKDAYS, {}, "2026-10-08 08:00"),  # National Day
        ("2026-10-09 09:00", Rhythm.WORKDAYS, {}, "2026-10-10 08:00"),  # a make-up Saturday
        ("2026-11-26 09:00", Rhythm.WEEKLY, {"weekday": 4}, "2026-12-03 08:00"),
        ("2026-11-26 07:00", Rhythm.WEEKLY, {"weekday": 4}, "2026-11-26 08:00"),
        ("2026-11-26 07:00", Rhythm.WEEKLY, {"weekday": 7}, "2026-11-29 08:00"),
        ("2026-01-31 09:00", Rhythm.MONTHLY, {"month_day": 31}, "2026-02-28 08:00"),
        ("2028-01-31 09:00", Rhythm.MONTHLY, {"month_day": 31}, "2028-02-29 08:00"),
        ("2026-02-28 09:00", Rhythm.MONTHLY, {"month_day": 31}, "2026-03-31 08:00"),
        ("2026-03-31 09:00", Rhythm.MONTHLY, {"month_day": 31}, "2026-04-30 08:00"),
        ("2026-12-31 09:00", Rhythm.MONTHLY, {"month_day": 1}, "2027-01-01 08:00"),
    ],
)
def test_next_time(after, rhythm, days, expected):
    assert following(after, rhythm, **days) == expected


def test_the_zone_is_that_of_the_business():
    """00:30 in Shanghai on the first is still the month before in UTC."""
    late = dt.datetime(2026, 11, 30, 16, 0, tzinfo=dt.UTC).astimezone(SHANGHAI)
    found = next_time(
        late, rhythm=Rhythm.MONTHLY, at=dt.time(0, 30), weekday=1, month_day=1, works=is_working_day
    )
    assert found.astimezone(dt.UTC) == dt.datetime(2026, 11, 30, 16, 30, tzinfo=dt.UTC)


def test_a_calendar_without_working_days_is_an_error_and_no_endless_search():
    with pytest.raises(ValueError, match="rhythm"):
        next_time(
            at("2026-01-01"),
            rhythm=Rhythm.WORKDAYS,
            at=dt.time(8),
            weekday=1,
            month_day=1,
            works=lambda day: False,
        )


def table(total, before=None, rows=(), unit=Unit.MONEY):
    return Table(
        by="rep",
        by_label="Rep",
        heads=[Head("first", "First", Unit.COUNT, ""), Head("sum", "Sum", unit, "")],
        rows=[Row(str(n), str(n), (0, value)) for n, value in enumerate(rows)],
        totals=(0, total),
        before_totals=() if before is None else (0, before),
    )


@pytest.mark.parametrize(
    ("kind", "limit", "figures", "expected"),
    [
        ("always", None, table(None), True),
        ("above", "100", table(Decimal("100.00")), False),
        ("above", "100", table(Decimal("100.01")), True),
        ("above", "100", table(None), False),
        ("below", "100", table(Decimal("100.00")), False),
        ("below", "100", table(Decimal("99.99")), True),
        ("below", "100", table(None), False),
        ("below", "0", table(Decimal(-1)), True),
        ("above", "25", table(0.26, unit=Unit.PERCENT), True),
        ("above", "25", table(0.25, unit=Unit.PERCENT), False),
        ("above", "3", table(3001, unit=Unit.METRES), True),
        ("above", "20", table(1200, unit=Unit.SECONDS), False),
        ("risen", "10", table(Decimal(110), Decimal(100)), False),
        ("risen", "10", table(Decimal("110.01"), Decimal(100)), True),
        ("risen", "10", table(Decimal(50), Decimal(-100)), True),
        ("fallen", "10", table(Decimal(90), Decimal(100)), False),
        ("fallen", "10", table(Decimal(89), Decimal(100)), True),
        ("fallen", "10", table(Decimal(120), Decimal(100)), False),
        ("fallen", "0", table(Decimal(100), Decimal(100)), False),
        ("risen", "10", table(Decimal(100), Decimal(0)), False),  # nothing to compare with
        ("risen", "10", table(Decimal(100)), False),
        ("any_row", "5", table(0, rows=[None, 5, 1]), False),
        ("any_row", "5", table(0, rows=[None, 6]), True),
        ("any_row", "5", table(100), False),
    ],
)
def test_condition(kind, limit, figures, expected):
    assert ConditionKind(kind)
    assert is_met(kind, figures, "sum", None if limit is None else Decimal(limit)) is expected


def test_a_condition_by_an_unknown_figure_is_an_error():
    with pytest.raises(ValueError, match="nothing"):
        is_met("above", table(1), "nothing", Decimal(1))


def test_days_of_ones_own_are_fixed_and_presets_are_not():
    assert fixed_days({"period": "custom"})
    assert fixed_days({"since": "2026-01-01"})
    assert fixed_days({"period": "month", "on": "2026-01"})
    assert not fixed_days({"period": "last_month", "by": "rep", "since": ""})


def test_waiting_doubles_up_to_an_hour():
    assert [backoff(n).total_seconds() / 60 for n in (1, 2, 3, 6, 1000)] == [2, 4, 8, 60, 60]
