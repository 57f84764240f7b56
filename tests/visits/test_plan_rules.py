"""On which days a plan is due, and what becomes of drafts."""

import datetime as dt
import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.business_calendar import is_public_holiday, is_working_day
from visits.rules import drafts
from visits.rules.drafts import Draft, Field, judge, settle
from visits.rules.plans import CYCLE_DAYS, PlanRule, due_days, frequency_of, next_due, spread

MONDAY = dt.date(2026, 11, 23)  # a week and a month without holidays


def days(*numbers: int) -> list[dt.date]:
    return [MONDAY + dt.timedelta(days=n) for n in numbers]


def plan(rhythm="weekdays", **values) -> PlanRule:
    return PlanRule(rhythm, **({"starts_on": MONDAY} | values))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (plan(weekdays=frozenset({1, 4})), days(0, 3, 7, 10)),
        (plan(weekdays=frozenset({7})), days(6, 13)),  # who plans Sundays means Sundays
        (plan("weeks", weekdays=frozenset({2}), every=2), days(1)),
        (plan("weeks", weekdays=frozenset({2}), every=2, starts_on=MONDAY + dt.timedelta(days=3)), []),
        (plan("days", every=3), days(0, 3, 9)),  # 6 and 12 are at the weekend
        (plan("days", every=3, on_holiday="next"), days(0, 3, 7, 9)),  # 12 → 14 is outside
        (plan("days", every=3, on_holiday="keep"), days(0, 3, 6, 9, 12)),
        (plan(weekdays=frozenset({1}), ends_on=MONDAY), days(0)),
        (plan(weekdays=frozenset({1}), starts_on=MONDAY + dt.timedelta(days=1)), days(7)),
    ],
)
def test_days_of_two_weeks(rule, expected):
    assert due_days(rule, MONDAY, MONDAY + dt.timedelta(days=13)) == expected


def test_public_holidays():
    """National Day 2026: 1 to 7 October are off, Thursday to Wednesday."""
    first, last = dt.date(2026, 9, 28), dt.date(2026, 10, 11)
    assert is_public_holiday(dt.date(2026, 10, 1))
    assert not is_public_holiday(MONDAY + dt.timedelta(days=6))
    thursdays = {"weekdays": frozenset({4}), "starts_on": first}
    assert due_days(plan(**thursdays), first, last) == [dt.date(2026, 10, 8)]
    assert due_days(plan(**thursdays, on_holiday="keep"), first, last) == [
        dt.date(2026, 10, d) for d in (1, 8)
    ]
    # Thursday goes to the next working day, which is Thursday again: one visit.
    assert due_days(plan(**thursdays, on_holiday="next"), first, last) == [dt.date(2026, 10, 8)]
    # The day that was due in the holidays comes into a range that begins after them.
    monday = plan(weekdays=frozenset({1}), starts_on=first, on_holiday="next")
    assert due_days(monday, dt.date(2026, 10, 8), last)[0] == dt.date(2026, 10, 8)


RULES = st.builds(
    PlanRule,
    rhythm=st.sampled_from(["weekdays", "days", "weeks", "cycle"]),
    starts_on=st.dates(dt.date(2024, 1, 1), dt.date(2026, 12, 1)),
    ends_on=st.none() | st.dates(dt.date(2025, 1, 1), dt.date(2027, 1, 1)),
    every=st.integers(1, 40),
    weekdays=st.frozensets(st.integers(1, 7), min_size=1),
    frequency=st.integers(1, 28),
    on_holiday=st.sampled_from(["skip", "next", "keep"]),
    seed=st.integers(0, 10**9),
)


@given(RULES, st.dates(dt.date(2024, 1, 1), dt.date(2026, 12, 1)), st.integers(0, 120))
def test_never_two_on_a_day_and_all_inside_the_dates(rule, first, length):
    last = first + dt.timedelta(days=length)
    found = due_days(rule, first, last)
    assert found == sorted(set(found))
    assert all(first <= day <= last and day >= rule.starts_on for day in found)
    assert rule.ends_on is None or all(day <= rule.ends_on for day in found)
    if rule.on_holiday != "keep":
        assert not any(is_public_holiday(day) for day in found)


@given(RULES, st.dates(dt.date(2024, 1, 1), dt.date(2026, 10, 1)), st.integers(1, 40), st.integers(1, 40))
def test_a_range_in_two_parts_is_the_range(rule, first, one, two):
    """So that generating day by day makes what generating at once makes."""
    middle, last = first + dt.timedelta(days=one), first + dt.timedelta(days=one + two)
    parts = due_days(rule, first, middle) + due_days(rule, middle + dt.timedelta(days=1), last)
    assert parts == due_days(rule, first, last)


@given(RULES, st.dates(dt.date(2024, 1, 1), dt.date(2026, 6, 1)))
def test_the_next_date_is_the_first_of_the_days(rule, since):
    found = next_due(rule, since)
    if found is None:
        assert not due_days(rule, since, max(since, rule.starts_on) + dt.timedelta(days=400))
    else:
        assert due_days(rule, since, found) == [found]


@given(
    st.integers(1, 28), st.integers(0, 10**6), st.integers(0, 12), st.sampled_from(["skip", "next", "keep"])
)
def test_the_count_in_each_28_days_is_right(frequency, seed, number, on_holiday):
    rule = plan("cycle", frequency=frequency, seed=seed, on_holiday=on_holiday, starts_on=dt.date(2025, 9, 3))
    start = rule.starts_on + dt.timedelta(days=CYCLE_DAYS * number)
    cycle = [start + dt.timedelta(days=n) for n in range(CYCLE_DAYS)]
    possible = [d for d in cycle if (d.isoweekday() <= 5 if on_holiday == "keep" else is_working_day(d))]
    assert len(due_days(rule, start, cycle[-1])) == min(frequency, len(possible))


@given(st.integers(1, 20), st.integers(0, 10**6))
def test_days_are_evenly_apart(count, seed):
    found = spread(list(range(20)), count, seed)  # type: ignore[arg-type]
    gaps = [later - earlier for earlier, later in itertools.pairwise(found)]
    assert len(found) == count
    assert not gaps or max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize("frequency", [1, 2, 4])
def test_a_reps_plans_fill_his_days_evenly(frequency):
    load: Counter[dt.date] = Counter()
    for seed in range(100, 300):
        load.update(
            due_days(
                plan("cycle", frequency=frequency, seed=seed),
                MONDAY,
                MONDAY + dt.timedelta(days=CYCLE_DAYS - 1),
            )
        )
    mean = 200 * frequency / 20
    assert len(load) == 20
    assert max(load.values()) <= mean * 1.3
    assert min(load.values()) >= mean * 0.7


def test_frequency_by_level():
    levels = {"A": 4, "B": 2, "C": 1}
    assert frequency_of(None, "A", levels) == 4
    assert frequency_of(3, "A", levels) == 3
    assert frequency_of(None, "", levels) == 1
    assert frequency_of(None, "", {}) == 1


# --- drafts
REP, OTHER = 1, 2
SATURDAY = MONDAY + dt.timedelta(days=5)


def around(**values) -> Field:
    return Field(**({"owners": {10: REP, 11: OTHER}, "unseen": set(), "tasks": set()} | values))


def test_conflicts():
    about = around(
        tasks={(REP, 10, MONDAY)},
        by_door={(11, MONDAY): frozenset({OTHER, 3})},
        unseen={(3, 10)},
    )
    wanted = [
        (REP, 10, MONDAY),
        (REP, 11, MONDAY),
        (REP, 10, SATURDAY),
        (3, 10, MONDAY),
        (OTHER, 11, SATURDAY),
    ]
    found, existing = judge(wanted, about)
    assert existing == [(REP, 10, MONDAY)]
    assert [draft.conflicts for draft in found] == [
        (drafts.FOREIGN, drafts.OTHER_REP), (drafts.DAY_OFF,), (drafts.UNSEEN,), (drafts.DAY_OFF,),
    ]  # fmt: skip
    # The first rep's Saturday is one of two days at that customer.
    assert [draft.usual for draft in found] == ["move", "out", "out", "move"]


def test_choices_are_done_and_what_cannot_be_chosen_is_not():
    about = around()
    free, off, foreign, unseen = (
        Draft(REP, 10, MONDAY),
        Draft(REP, 10, SATURDAY, (drafts.DAY_OFF,)),
        Draft(REP, 11, MONDAY, (drafts.FOREIGN,)),
        Draft(REP, 12, MONDAY, (drafts.UNSEEN,)),
    )
    usual = settle([free, off, foreign, unseen], 3, about, {}, Counter())
    assert usual.place == {free: MONDAY, foreign: MONDAY, off: MONDAY + dt.timedelta(days=7)}
    assert (usual.moved, usual.left_out, usual.existing) == (1, 1, 3)
    chosen = {off.key: "keep", foreign.key: "out", unseen.key: "keep"}
    other = settle([free, off, foreign, unseen], 0, about, chosen, Counter())
    assert other.place == {free: MONDAY, off: SATURDAY}
    assert (other.moved, other.left_out) == (0, 2)


def test_of_several_days_the_one_off_is_left_out():
    found, _existing = judge([(REP, 10, MONDAY), (REP, 10, SATURDAY)], around())
    assert [draft.usual for draft in found] == ["keep", "out"]


def test_a_moved_visit_goes_where_there_is_room_and_nobody_else():
    monday, tuesday, wednesday = (MONDAY + dt.timedelta(days=n) for n in (7, 8, 9))
    draft = Draft(REP, 10, SATURDAY, (drafts.DAY_OFF,))
    about = around(limit=2, tasks={(REP, 10, wednesday)}, by_door={(10, tuesday): frozenset({OTHER})})
    load = Counter({(REP, monday): 2})
    assert settle([draft], 0, about, {}, load).place == {draft: MONDAY + dt.timedelta(days=10)}


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(10, 14), st.sampled_from(days(0, 1, 5, 6))), unique=True
    )
)
def test_nothing_is_lost_and_nobody_is_sent_twice(wanted):
    about = Field(
        owners={10: 1, 11: 2},
        unseen={(3, 12)},
        tasks={(1, 10, MONDAY)},
        by_door={(13, MONDAY): frozenset({9})},
    )
    found, existing = judge(wanted, about)
    outcome = settle(found, len(existing), about, {}, Counter())
    assert len(outcome.place) + outcome.left_out + outcome.existing == len(wanted)
    placed = {(d.rep_id, d.customer_id, day) for d, day in outcome.place.items()}
    assert len(placed) == len(outcome.place)
    assert not placed & about.tasks
