"""The back-test of alerts: worked examples, no look ahead, and a day-by-day replay in plain Python (E5)."""

import datetime as dt
from itertools import accumulate

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.rules import backtest
from alerts.rules.backtest import Question, Tally, Verdict, judge, replay, silences, spans_of_period
from alerts.rules.rhythm import OpenDays, forecast, habit_of
from common.business_calendar import is_public_holiday

# A busy machine is no finding.
CALM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DAY = dt.date(2026, 1, 5).toordinal()  # a Monday
CHINA = OpenDays(DAY - 400, DAY + 900, is_public_holiday)
PLAIN = OpenDays(DAY - 400, DAY + 900, lambda _day: False)
HISTORIES = st.lists(st.integers(1, 25), min_size=3, max_size=14)
WANTED = [("rhythm", "0.9"), ("unordered", "7"), ("unordered", "14"), ("unvisited", "14")]


def days_of(gaps):
    return list(accumulate(gaps, initial=DAY))


def question(first=0, last=400, calendar=CHINA):
    return Question(DAY + first, DAY + last, 7, calendar, WANTED, {"0.9": {"": 1.4}})


def tally(orders, spans, first=0, last=400, calendar=PLAIN):
    counted = Tally()
    judge(list(silences(orders, DAY + first, DAY + last, calendar)), spans, DAY + first, DAY + last, counted)
    return counted


def alerts_of(orders, visits, asked):
    found = list(silences(orders, asked.first, asked.last, asked.calendar))
    return {
        key: [opens for opens, _closes in spans] for key, spans in replay(orders, visits, found, "", asked)
    }


# --- no look ahead
@CALM
@given(HISTORIES, HISTORIES, st.integers(0, 300), st.integers(0, 60))
def test_what_happens_later_changes_no_alert_until_then(gaps, others, now, offset):
    orders, visits = days_of(gaps), [day + offset for day in days_of(others)]
    until = DAY + now
    asked = question(last=400)
    known = alerts_of([day for day in orders if day < until], [day for day in visits if day < until], asked)
    everything = alerts_of(orders, visits, asked)
    for key in known:
        assert [day for day in known[key] if day <= until] == [
            day for day in everything.get(key, []) if day <= until
        ], key


@CALM
@given(HISTORIES, HISTORIES)
def test_it_is_the_replay_day_by_day(gaps, others):
    """Each morning: what does the job, which sees the days before, say? Opened is what it did not say yesterday."""
    orders, visits = days_of(gaps), days_of(others)
    asked = question(last=260)
    expected = {key: [] for key in WANTED}
    was = dict.fromkeys(WANTED)
    for today in range(DAY, asked.last + 1):
        seen, met = [day for day in orders if day < today], [day for day in visits if day < today]
        if len(seen) < 4:
            continue  # not looked at
        limits = {
            ("rhythm", "0.9"): forecast(habit_of(seen, CHINA), CHINA, 0.9, 1.4).limit_on,
            ("unordered", "7"): seen[-1] + 7,
            ("unordered", "14"): seen[-1] + 14,
            ("unvisited", "14"): met[-1] + 14,
        }
        for key, limit in limits.items():
            base = met[-1] if key[0] == "unvisited" else seen[-1]
            if today > limit and was[key] != base:
                expected[key].append(today)
                was[key] = base
    found = alerts_of(orders, visits, asked)
    for key in WANTED:
        first = orders[3] + 1
        said = [day for day in found.get(key, []) if day >= first]
        # An alert of visits that was open before his fourth order is not new on the day he is first looked at.
        ours = [day for day in expected[key] if day in said or key[0] != "unvisited" or day != first]
        assert said == ours, key


# --- what is right
def test_an_order_left_out():
    # Every 10 days, then 25: expected on day 50, a further gap ends on day 60.
    orders = days_of([10, 10, 10, 10, 25, 10])
    found = list(silences(orders, DAY, DAY + 200, PLAIN))
    broken = next(each for each in found if each.start == DAY + 40)
    assert (broken.missed_on, broken.verdict) == (DAY + 60, Verdict.MISSED)
    assert [each.verdict for each in found] == [Verdict.KEPT, Verdict.MISSED, Verdict.KEPT, Verdict.MISSED]


def test_precision_recall_and_lead():
    orders = days_of([10, 10, 10, 10, 25, 10])
    # After 12 days: day 53 (right, 7 before day 60) and, after the last order on day 75, day 88 (missed on 95).
    counted = tally(orders, spans_of_period(orders, 12, DAY + 200), last=200)
    assert (counted.alerts, counted.right, counted.missed_orders, counted.caught, counted.in_time) == (
        2,
        2,
        2,
        2,
        2,
    )
    assert counted.lead_days == 7
    # After 9 days every order is an alert, and most are wrong.
    counted = tally(orders, spans_of_period(orders, 9, DAY + 200), last=200)
    assert (counted.alerts, counted.right, counted.caught) == (4, 2, 2)
    # After 22: day 63, three days too late, and day 98.
    counted = tally(orders, spans_of_period(orders, 22, DAY + 200), last=200)
    assert (counted.alerts, counted.right, counted.caught, counted.in_time) == (2, 2, 2, 0)
    assert counted.lead_days == -3


def test_what_still_lasts_is_undecided():
    orders = days_of([10, 10, 10, 10])
    counted = tally(orders, spans_of_period(orders, 12, DAY + 55), last=55)
    assert (counted.alerts, counted.right, counted.undecided, counted.missed_orders) == (1, 0, 1, 0)
    counted = tally(orders, spans_of_period(orders, 12, DAY + 60), last=60)
    assert (counted.alerts, counted.right, counted.undecided, counted.missed_orders) == (1, 1, 0, 1)


def test_a_frequent_customer_must_be_a_week_late():
    orders = days_of([2, 2, 2, 2, 8, 2])  # 2 + 7 days would be left out
    assert [each.verdict for each in silences(orders, DAY, DAY + 19, PLAIN)][-3:] == [
        Verdict.KEPT,
        Verdict.KEPT,
        Verdict.UNDECIDED,
    ]


def test_only_the_window_counts():
    orders = days_of([10, 10, 10, 10, 25, 10, 30])
    spans = spans_of_period(orders, 12, DAY + 200)
    counted = tally(orders, spans, first=54, last=80)
    # The alert of day 53 opened before; the order it was about was certainly left out on day 60, within.
    assert (counted.alerts, counted.missed_orders, counted.caught) == (0, 1, 1)


def test_an_alert_that_was_open_already_covers_a_silence():
    orders = days_of([10, 10, 10, 10, 25])
    counted = tally(orders, [(DAY + 20, None)], last=66)
    assert (counted.caught, counted.lead_days) == (1, 19)  # from the first day of the silence


def test_parameters():
    asked = backtest.all_parameters()
    assert len(asked) == len(set(asked)) == 15
    assert Tally().lead_days is None
