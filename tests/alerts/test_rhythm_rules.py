"""A customer's own rhythm: what must hold for every history, and worked examples (E5)."""

import datetime as dt
from itertools import accumulate, pairwise

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from alerts.enums import Confidence
from alerts.rules.rhythm import (
    EVERY_DAY,
    KEPT_GAPS,
    OpenDays,
    forecast,
    habit_of,
    mean_spreads,
    peer_spread,
    quantiles,
    spread_of,
    without_outlier,
)
from common.business_calendar import is_public_holiday

# A busy machine is no finding.
CALM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
START = dt.date(2026, 3, 2)  # a Monday
FIRST, LAST = dt.date(2024, 1, 1).toordinal(), dt.date(2028, 12, 31).toordinal()
PLAIN = OpenDays(FIRST, LAST, lambda _day: False)
CHINA = OpenDays(FIRST, LAST, is_public_holiday)
SPREADS = st.floats(1, 3)
QUANTILES = st.sampled_from([0.8, 0.9, 0.95])


def days_of(gaps, start=START):
    return list(accumulate(gaps, initial=start.toordinal()))


def due(days, calendar=PLAIN, quantile=0.9, spread=1.5):
    return forecast(habit_of(days, calendar), calendar, quantile, spread)


def as_date(ordinal):
    return dt.date.fromordinal(ordinal)


# --- what must hold
@CALM
@given(gap=st.integers(1, 60), orders=st.integers(4, 30), quantile=QUANTILES, spread=SPREADS)
def test_a_perfectly_regular_customer_is_never_alerted_early(gap, orders, quantile, spread):
    days = days_of([gap] * (orders - 1))
    for seen in range(4, orders):
        assert days[seen] <= due(days[:seen], quantile=quantile, spread=spread).limit_on
    assert due(days, quantile=quantile, spread=spread).expected_on == days[-1] + gap


@CALM
@given(gap=st.integers(2, 60), orders=st.integers(4, 30), quantile=QUANTILES, spread=SPREADS)
def test_a_doubled_gap_is_alerted(gap, orders, quantile, spread):
    days = days_of([gap] * (orders - 1))
    assert due(days, quantile=quantile, spread=spread).limit_on < days[-1] + 2 * gap


@CALM
@given(gaps=st.lists(st.integers(1, 40), min_size=3, max_size=20), holidays=st.sets(st.integers(1, 90)))
def test_a_holiday_during_the_silence_alerts_nobody_earlier(gaps, holidays):
    days = days_of(gaps)
    free = {days[-1] + offset for offset in holidays}
    with_holidays = OpenDays(FIRST, LAST, lambda day: day.toordinal() in free)
    plain, shifted = due(days), due(days, with_holidays)
    assert shifted.limit_on >= plain.limit_on
    assert shifted.expected_on >= plain.expected_on
    assert shifted.limit_on not in free


@CALM
@given(
    gaps=st.lists(st.integers(5, 9), min_size=4, max_size=11),
    factor=st.integers(3, 20),
    data=st.data(),
)
def test_one_outlier_shifts_nothing(gaps, factor, data):
    place = data.draw(st.integers(0, len(gaps) - 1))  # not the last: nobody asks for weekdays here
    odd = [*gaps[:place], factor * 9, *gaps[place:]]
    plain, shaken = habit_of(days_of(gaps), PLAIN), habit_of(days_of(odd), PLAIN)
    assume(plain.weekdays == shaken.weekdays == EVERY_DAY)
    assert shaken.judged == plain.judged
    assert forecast(shaken, PLAIN, 0.9, 1.5).limit_gap == forecast(plain, PLAIN, 0.9, 1.5).limit_gap


@CALM
@given(gaps=st.lists(st.integers(1, 40), min_size=3, max_size=30), quantile=QUANTILES, spread=SPREADS)
def test_expected_comes_before_the_limit_and_a_higher_quantile_waits_longer(gaps, quantile, spread):
    days = days_of(gaps)
    found = due(days, CHINA, quantile, spread)
    assert days[-1] < found.expected_on < found.limit_on
    assert found.limit_on <= due(days, CHINA, 0.95, spread).limit_on or quantile == 0.95
    assert due(days[-KEPT_GAPS - 1 :], CHINA, quantile, spread) == found  # nothing older is read


@CALM
@given(st.integers(FIRST - 40, LAST + 40), st.integers(1, 90), st.integers(0, EVERY_DAY))
def test_the_calendar_counts_like_a_calendar(start, count, weekdays):
    assume(weekdays)
    end = CHINA.after(start, count, weekdays)

    def is_open(day):
        if not FIRST <= day <= LAST:
            return True
        date = as_date(day)
        return bool(weekdays >> date.weekday() & 1) and not is_public_holiday(date)

    assert is_open(end)
    assert sum(map(is_open, range(start + 1, end + 1))) == count == CHINA.between(start, end, weekdays)


@CALM
@given(st.lists(st.integers(1, 50), min_size=1, max_size=12))
def test_quantiles_are_gaps_in_order(gaps):
    found = quantiles(gaps, (0.1, 0.5, 0.9, 1))
    assert found == sorted(found)
    assert set(found) <= set(gaps)
    assert found[-1] == max(gaps)


# --- worked examples
def test_fewer_than_four_orders_say_nothing():
    assert habit_of(days_of([7, 7]), PLAIN) is None
    assert habit_of(days_of([7, 7, 7]), PLAIN).usual == 7


def test_every_week_and_three_days_late():
    days = days_of([7, 8, 7, 7, 9, 7, 7, 7])
    habit = habit_of(days, PLAIN)
    assert (habit.low, habit.usual, habit.high) == (7, 7, 7)
    found = forecast(habit, PLAIN, 0.9, 1.5)
    # Own spread 9/7 with eight gaps, the peers' 1.5 as four more: (8 × 9/7 + 4 × 1.5) / 12 = 1.357, × 7 = 9.5 → 10.
    assert found.limit_gap == 10
    assert found.confidence == Confidence.HIGH
    assert found.limit_on - days[-1] == 10


def test_few_gaps_lean_on_the_peers():
    days = days_of([10, 10, 10])
    assert due(days, spread=1.2).limit_gap == 12  # (3 + 4 × 1.2) / 7 = 1.11 → 11.1
    assert due(days, spread=1.8).limit_gap == 15  # (3 + 4 × 1.8) / 7 = 1.46 → 14.6
    assert due(days, spread=9).limit_gap == 15  # peers without any rhythm do not silence the alert
    assert due(days).confidence == Confidence.LOW


def test_recent_gaps_weigh_more():
    slower = habit_of(days_of([7, 7, 7, 7, 7, 7, 14, 14, 14, 14, 14]), PLAIN)
    assert slower.usual == 14


def test_a_shop_that_is_closed_on_sundays_is_not_silent_on_them():
    monday = START.toordinal()
    days = [monday + day for day in range(14) if day % 7 != 6]  # twelve days, no Sunday, up to a Saturday
    habit = habit_of(days, PLAIN)
    assert habit.weekdays == 0b0111111
    assert habit.gaps == (1,) * 11
    found = forecast(habit, PLAIN, 0.9, 1.5)
    assert as_date(found.expected_on).isoweekday() == 1
    assert as_date(found.limit_on).isoweekday() == 2


def test_spring_festival_is_no_silence():
    # Every ten days until 2026-02-10; the festival frees 02-15 to 02-23.
    days = [dt.date(2026, 2, 10).toordinal() - 10 * back for back in range(8, -1, -1)]
    found, plain = due(days, CHINA), due(days)
    assert as_date(plain.expected_on) == dt.date(2026, 2, 20)
    assert as_date(found.expected_on) == dt.date(2026, 3, 1)
    assert found.limit_on - plain.limit_on >= 8


def test_an_outlier_needs_company_and_a_burst_is_none():
    assert without_outlier([7, 7, 30]) == (7, 7, 30)
    assert without_outlier([7, 30, 7, 8]) == (7, 7, 8)
    assert without_outlier([1, 1, 10, 1, 1, 10]) == (1, 1, 10, 1, 1, 10)


def test_peers_are_the_level_else_the_company_else_the_usual():
    spreads = mean_spreads([("A", 1.2)] * 30 + [("B", 2.0)] * 10)
    assert spreads == {"": 1.4, "A": 1.2}
    assert [peer_spread(spreads, level) for level in ("A", "B")] == [1.2, 1.4]
    assert peer_spread({}, "A") == 1.5
    assert spread_of(habit_of(days_of([7] * 8), PLAIN), 0.9) == 1.0
    assert spread_of(habit_of(days_of([7] * 7), PLAIN), 0.9) is None


def test_gaps_are_counted_between_neighbours():
    days = days_of([3, 4, 5, 6])
    assert habit_of(days, PLAIN).gaps == tuple(b - a for a, b in pairwise(days))


def test_the_fingerprint_follows_the_holidays():
    def other(day):
        return is_public_holiday(day) or day == dt.date(2026, 6, 1)

    assert CHINA.fingerprint() == OpenDays(FIRST, LAST, is_public_holiday).fingerprint()
    assert CHINA.fingerprint() != OpenDays(FIRST, LAST, other).fingerprint()


@pytest.mark.parametrize("years", [1, 40])
def test_days_outside_the_calendar_are_all_open(years):
    end = LAST + 365 * years
    assert PLAIN.between(LAST, end) == CHINA.between(LAST, end) == 365 * years
    assert PLAIN.after(FIRST - 800, 10) == FIRST - 790
