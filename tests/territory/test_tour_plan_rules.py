"""Tours of many reps over many days: every visit is laid as asked, or listed with a reason."""

import datetime as dt
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from territory.rules.tour_plan_search import Effort, solve
from territory.rules.tour_plan_start import cheapest_place, first_plan, share_out
from territory.rules.tour_plans import (
    CLOSED,
    FULL,
    HOURS,
    NO_REP,
    TOO_FAR,
    TOO_OFTEN,
    Problem,
    Rep,
    Shop,
    breaches,
    days_of,
    fits,
    missing_of,
    walk,
    why_missing,
    worth,
)
from territory.rules.windows import Hours

MONDAY = dt.date(2026, 11, 30)
WEEK = tuple(MONDAY + dt.timedelta(days=number) for number in range(5))
MIDDLE = (31.82, 117.22)
TINY = Effort(whole=120, parts=3, rounds=120)
ALL_DAYS = frozenset(range(5))
ONE = frozenset({0})


def shop(lat=31.82, lng=117.23, **more):
    return Shop((lat, lng), more.pop("days", ALL_DAYS), more.pop("reps", ONE), **more)


def problem(*shops, reps=1, dates=WEEK, **more):
    return Problem(tuple(Rep(MIDDLE, MIDDLE) for _ in range(reps)), dates, shops, **more)


@st.composite
def questions(draw):
    reps = draw(st.integers(1, 3))
    chance = Random(draw(st.integers(0, 10_000)))
    shops = []
    for _ in range(draw(st.integers(1, 18))):
        opens = chance.choice([None, 8, 9, 13])
        shops.append(
            Shop(
                (31.75 + chance.random() * 0.2, 117.1 + chance.random() * 0.3),
                frozenset(day for day in range(5) if chance.random() < 0.8),
                frozenset(rep for rep in range(reps) if chance.random() < 0.8),
                visits=chance.choice([1, 1, 1, 2, 3]),
                gap_days=chance.choice([1, 2, 3]),
                stay_s=chance.choice([600, 1800, 5400]),
                hours=Hours(opens and opens * 3600, opens and (opens + chance.choice([1, 3])) * 3600),
                rank=chance.randrange(3),
            )
        )
    return problem(
        *shops, reps=reps, work_s=chance.choice([2, 5, 8]) * 3600, balance=chance.choice([0, 1, 4])
    )


@settings(max_examples=15, deadline=None)
@given(questions())
def test_what_is_laid_keeps_hours_days_reps_distance_and_working_time(asked):
    answer = solve(asked, TINY)
    assert breaches(asked, answer.tours) == []
    # One rep serves all visits of a customer.
    for places in days_of(answer.tours).values():
        assert len({rep for rep, _day in places}) == 1
    # What is not laid is missing, and has a reason.
    laid = {number: len(places) for number, places in days_of(answer.tours).items()}
    missing = missing_of(asked, answer.tours)
    assert all(laid.get(i, 0) + missing.get(i, 0) == one.visits for i, one in enumerate(asked.shops))
    assert all(why_missing(asked, number) for number in missing)
    first = worth(asked, first_plan(asked))
    assert (answer.worth.missing, answer.worth.missing_rank) <= (first.missing, first.missing_rank)
    assert asked.balance or answer.worth <= first


def test_the_same_question_gets_the_same_answer():
    chance = Random(5)
    shops = [
        shop(
            31.75 + chance.random() * 0.2,
            117.1 + chance.random() * 0.3,
            reps=frozenset({0, 1}),
            visits=1 + i % 2,
        )
        for i in range(16)
    ]
    asked = problem(*shops, reps=2, balance=1)
    assert solve(asked, TINY, seed=3).tours == solve(asked, TINY, seed=3).tours


def test_search_finds_the_tours_that_are_plainly_best():
    """Two towns, two reps who live there: nobody drives to the other town."""
    west = [shop(31.82, 117.00 + i / 1000, reps=frozenset({0, 1}), days=frozenset({0, 1})) for i in range(6)]
    east = [shop(31.82, 117.60 + i / 1000, reps=frozenset({0, 1}), days=frozenset({0, 1})) for i in range(6)]
    asked = Problem(
        (Rep((31.82, 117.0), (31.82, 117.0)), Rep((31.82, 117.6), (31.82, 117.6))), WEEK[:2], (*west, *east)
    )
    tours = solve(asked, TINY).tours
    whose = {number: places[0][0] for number, places in days_of(tours).items()}
    assert [whose[i] for i in range(12)] == [0] * 6 + [1] * 6
    assert worth(asked, tours).travel_s < 3600


def test_balance_evens_the_days():
    shops = [shop(31.82, 117.22 + i / 10_000, stay_s=1800) for i in range(10)]
    short = solve(problem(*shops), TINY).tours
    even = solve(problem(*shops, balance=4), TINY).tours
    longest = [max(len(tour) for tour in tours.values()) for tours in (short, even)]
    assert longest[1] <= 3 < longest[0]
    assert missing_of(problem(*shops), even) == {}


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (shop(reps=frozenset()), NO_REP),
        (shop(days=frozenset()), CLOSED),
        (shop(visits=4, gap_days=2), TOO_OFTEN),
        (shop(hours=Hours(None, 7 * 3600)), HOURS),
        (shop(hours=Hours(17 * 3600, None)), HOURS),
        (shop(stay_s=9 * 3600), HOURS),
        (shop(33.5, 117.23), TOO_FAR),
    ],
)
def test_the_reason_is_the_one_that_stands_in_the_way(asked, reason):
    question = problem(asked)
    tours = solve(question, TINY).tours
    assert missing_of(question, tours)
    assert why_missing(question, 0) == reason


def test_a_full_week_leaves_the_least_important_out():
    important = [shop(stay_s=3 * 3600, rank=2) for _ in range(10)]
    others = [shop(stay_s=3 * 3600) for _ in range(3)]
    question = problem(*others, *important)
    missing = missing_of(question, solve(question, TINY).tours)
    assert missing == {0: 1, 1: 1, 2: 1}
    assert {why_missing(question, number) for number in missing} == {FULL}


def test_pins_stay_and_the_rest_goes_around_them():
    shops = [shop(31.82, 117.2 + i / 100, reps=frozenset({0, 1})) for i in range(8)]
    begin = first_plan(problem(*shops, reps=2))
    for tour in begin.values():
        if 0 in tour:
            tour.remove(0)
    begin[1, 4].append(0)
    asked = problem(*shops, reps=2, pins=frozenset({(0, 1, 4)}))
    tours = solve(asked, TINY, begin=begin).tours
    assert 0 in tours[1, 4]
    assert missing_of(asked, tours) == {}


def test_a_pin_that_comes_too_late_does_not_stop_the_rest():
    """A day laid by hand on which a shop has closed stays so, and the other tours get better all the same."""
    late = shop(hours=Hours(None, 7 * 3600))
    shops = [late, *(shop(31.82, 117.2 + i * 0.02) for i in range(8))]
    asked = problem(*shops, pins=frozenset({(0, 0, 0)}))
    begin = {key: [] for key in asked.rep_days}
    begin[0, 0] = [0]
    for i in range(8):
        begin[0, 1 + i % 4].append(i + 1)
    before = worth(asked, begin)
    answer = solve(asked, TINY, begin=begin)
    assert 0 in answer.tours[0, 0]
    assert answer.worth.travel_s < before.travel_s
    assert answer.worth.missing == 0


def test_cancelling_keeps_the_best_so_far():
    asked = problem(*(shop(31.82, 117.2 + i / 100) for i in range(6)))
    steps = []
    answer = solve(asked, TINY, watch=lambda done, total: steps.append((done, total)) or done < 1)
    assert answer.ended_early
    assert [done < 1 for done, _total in steps] == [True, False]
    assert missing_of(asked, answer.tours) == {}


def test_walk_says_arrival_waiting_lateness_and_the_end():
    asked = problem(
        shop(*MIDDLE, hours=Hours(9 * 3600, None), stay_s=600), shop(*MIDDLE, hours=Hours(None, 8 * 3600))
    )
    day = walk(asked, 0, [0, 1])
    first, second = day.clock.arrivals
    assert (first.arrives_s, first.begins_s, first.leaves_s) == (8 * 3600, 9 * 3600, 9 * 3600 + 600)
    assert second.late_s == 4200
    assert (day.stay_s, day.travel_s, day.over_s) == (600 + 900, 0, 0)
    assert not fits(asked, 0, [0, 1])
    assert cheapest_place(asked, 0, [0], 1) == (0, 0)


def test_shares_are_near_and_even():
    reps = frozenset({0, 1})
    asked = problem(*(shop(31.82, 117.0 + i / 50, reps=reps) for i in range(20)), reps=2)
    homes = share_out(asked)
    assert homes.count(0) == homes.count(1) == 10
    assert len(set(homes[:10])) == len(set(homes[10:])) == 1
