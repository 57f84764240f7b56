"""The clocks of the public pool, pure (domain-rules §5)."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules.pool import (
    Caps,
    Dates,
    RuleLine,
    department_chains,
    in_order,
    is_due,
    own_cap,
    protection_end,
    ranked,
    recycle_due,
    stage_of,
)

D = dt.date
START = D(2026, 1, 1)


def day(number):
    return START + dt.timedelta(days=number)


# --- the worked example
EXAMPLE = RuleLine(1, initial_days=10, renew_days=3, max_hold_days=20)


@pytest.mark.parametrize(
    ("active", "end"),
    [
        (None, D(2026, 4, 4)),
        (D(2026, 3, 28), D(2026, 4, 4)),
        (D(2026, 4, 2), D(2026, 4, 5)),
        (D(2026, 4, 5), D(2026, 4, 8)),
        (D(2026, 4, 8), D(2026, 4, 11)),
        (D(2026, 4, 11), D(2026, 4, 14)),
        (D(2026, 4, 13), D(2026, 4, 14)),
    ],
)
def test_worked_example(active, end):
    dates = Dates(D(2026, 3, 25), last_follow_up_on=active)
    due = recycle_due(EXAMPLE, dates)
    assert (protection_end(EXAMPLE, dates), due.day) == (end, end)
    assert not is_due(due, end)
    assert is_due(due, end + dt.timedelta(days=1))


def test_the_worked_example_ends_by_the_run_of_the_15th():
    due = recycle_due(EXAMPLE, Dates(D(2026, 3, 25), last_visit_on=D(2026, 4, 13)))
    assert not is_due(due, D(2026, 4, 14))
    assert is_due(due, D(2026, 4, 15))
    assert due.clock == "max_hold"


# --- defects seen elsewhere
def test_never_followed_up_counts_from_the_received_date():
    due = recycle_due(RuleLine(1, no_follow_up_days=7), Dates(day(100)))
    assert (due.day, due.base_on) == (day(107), day(100))


def test_events_before_the_owner_had_it_count_for_nothing():
    rule = RuleLine(1, no_follow_up_days=7, no_order_days=9, initial_days=5, renew_days=30)
    old = Dates(day(100), last_follow_up_on=day(99), last_visit_on=day(98), last_order_on=day(97))
    assert recycle_due(rule, old) == recycle_due(rule, Dates(day(100)))


def test_the_clocks_are_four_and_the_earliest_counts():
    dates = Dates(day(0), last_follow_up_on=day(20), last_visit_on=day(25), last_order_on=day(5))
    rule = RuleLine(1, no_follow_up_days=30, no_order_days=90, max_hold_days=365)
    assert (recycle_due(rule, dates).clock, recycle_due(rule, dates).day) == ("no_follow_up", day(55))
    assert recycle_due(replace(rule, no_order_days=10), dates).clock == "no_order"
    assert recycle_due(replace(rule, max_hold_days=40), dates).clock == "max_hold"
    assert recycle_due(replace(rule, initial_days=30), dates).clock == "protection"


def test_a_rule_without_a_clock_exempts():
    assert recycle_due(RuleLine(1), Dates(day(0))) is None
    assert not RuleLine(1).has_clock


days = st.integers(0, 120)
maybe = st.none() | st.integers(1, 60)


@given(
    received=days,
    events=st.lists(days, max_size=8),
    initial=st.integers(1, 60),
    renew=maybe,
    hold=maybe,
)
def test_protection_is_what_a_simulation_day_by_day_gives(received, events, initial, renew, hold):
    """§5 literally: each activity on day d sets the end to max(current, d + renew), never beyond the longest hold."""
    rule = RuleLine(1, initial_days=initial, renew_days=renew, max_hold_days=hold)
    most = received + hold if hold is not None else 10**6
    end = min(received + initial, most)
    last = None
    for today in range(121):
        if today in events and today >= received:
            last = today
            if renew is not None:
                end = min(max(end, today + renew), most)
    dates = Dates(day(received), last_follow_up_on=day(last) if last is not None else None)
    assert protection_end(rule, dates) == day(end)


@given(
    received=days,
    follow=st.none() | days,
    order=st.none() | days,
    clocks=st.tuples(maybe, maybe, maybe, maybe),
    later=st.integers(1, 30),
)
def test_an_event_never_brings_the_date_forward_and_switching_loses_nothing(
    received, follow, order, clocks, later
):
    rule = RuleLine(1, "", None, "", *clocks)
    dates = Dates(day(received), day(follow) if follow is not None else None, None, order and day(order))
    before = recycle_due(rule, dates)
    after = recycle_due(rule, replace(dates, last_visit_on=day((follow or 0) + later)))
    assert (before is None) == (not rule.has_clock) == (after is None)
    if before is not None:
        assert after.day >= before.day
        assert before.day >= day(received)
        assert recycle_due(replace(rule), dates) == before


# --- which rule
def test_the_most_specific_rule_counts():
    chain = (4, 2, 1)
    rules = [
        RuleLine(1),
        RuleLine(2, department_id=1),
        RuleLine(3, department_id=2),
        RuleLine(4, level="A"),
        RuleLine(5, level="A", department_id=1),
        RuleLine(6, department_id=3),
    ]
    assert [rule.pk for rule in ranked(rules, "A", chain)] == [5, 4, 3, 2, 1]
    assert [rule.pk for rule in ranked(rules, "", chain)] == [3, 2, 1]
    assert [rule.pk for rule in ranked(rules, "B", ())] == [1]


@given(
    rules=st.lists(
        st.builds(
            RuleLine,
            st.integers(1, 10**6),
            department_id=st.sampled_from([None, 1, 2, 3, 4, 5]),
            level=st.sampled_from(["", "A", "B"]),
        ),
        unique_by=lambda rule: rule.pk,
        max_size=12,
    ),
    level=st.sampled_from(["", "A", "B", "C"]),
    department=st.sampled_from([1, 2, 3, 4, 5, None]),
)
def test_one_order_serves_every_customer(rules, level, department):
    chains = department_chains({1: None, 2: 1, 3: 1, 4: 2, 5: 4})
    depths = {pk: len(chain) for pk, chain in chains.items()}
    chain = chains.get(department, ())
    fitting = ranked(rules, level, chain)
    ordered = [rule for rule in in_order(rules, depths) if rule in fitting]
    assert ordered == fitting


def test_a_ring_of_departments_ends():
    assert department_chains({1: 2, 2: 1})[1] == (1, 2)


# --- warnings and caps
@pytest.mark.parametrize(
    ("left", "stage"), [(8, None), (7, 7), (6, 7), (3, 3), (2, 3), (1, 1), (0, 1), (-1, None)]
)
def test_each_warning_has_its_day_and_a_missed_one_comes_late(left, stage):
    assert stage_of((7, 3, 1), left) == stage


def test_a_personal_cap_goes_before_the_roles_and_that_before_the_companys():
    assert own_cap(5, 10, 20) == 5
    assert own_cap(None, 10, 20) == 10
    assert own_cap(None, None, 20) == 20
    assert own_cap(0, 10, 20) == 0
    assert own_cap(None, None, None) is None


def test_caps_count_down():
    caps = Caps(3, 2, excludes_dealt=True)
    assert [caps.takes(dealt=d) for d in (True, False, False, True)] == [True, True, False, True]
    assert caps.left == 0
    assert Caps(3, 9).left == 0
