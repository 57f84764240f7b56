"""The decisions of domain-rules §2, by its own numbers."""

import datetime as dt
import math

import pytest

from tests.visits.conftest import NOW, STORE, fix_at
from visits import rules
from visits.enums import Fence, TaskStatus
from visits.rules import EarlierVisit, FenceCheck, Fix


@pytest.mark.parametrize(
    ("metres", "accuracy", "expected"),
    [
        (0, 5, Fence.INSIDE),
        (299, 0, Fence.INSIDE),
        (301, 0, Fence.OUTSIDE),
        # distance − accuracy ≤ radius
        (340, 50, Fence.INSIDE),
        (351, 50, Fence.OUTSIDE),
        (1250, 1000, Fence.INSIDE),
        # worse than 1,000 m is never silently inside
        (0, 1000.1, Fence.UNVERIFIED),
        (0, math.nan, Fence.UNVERIFIED),
        (0, math.inf, Fence.UNVERIFIED),
        (0, -1, Fence.UNVERIFIED),
    ],
)
def test_fence(metres, accuracy, expected):
    assert rules.check_fence(fix=fix_at(metres, accuracy), store=STORE, radius_m=300).fence == expected


def test_distance_is_great_circle_with_the_mean_radius():
    check = rules.check_fence(fix=Fix(31.0, 117.0, 1), store=(32.0, 117.0), radius_m=300)
    assert check.distance_m == pytest.approx(math.radians(1) * 6_371_008.8, abs=0.01)


def test_no_fix_is_unverified_with_and_without_a_store_location():
    assert rules.check_fence(fix=None, store=STORE, radius_m=300) == FenceCheck(Fence.UNVERIFIED, None)
    assert rules.check_fence(fix=None, store=None, radius_m=300) == FenceCheck(Fence.UNVERIFIED, None)


def test_store_without_location():
    assert rules.check_fence(fix=fix_at(), store=None, radius_m=300) == FenceCheck(Fence.NO_LOCATION, None)


@pytest.mark.parametrize("place", [(0.0, 0.0), (91.0, 10.0), (math.nan, 117.0)])
def test_an_impossible_place_proves_nothing(place):
    check = rules.check_fence(fix=Fix(*place, 5), store=STORE, radius_m=300)
    assert check == FenceCheck(Fence.UNVERIFIED, None)


@pytest.mark.parametrize(
    ("minutes_ahead", "online", "expected"),
    [
        (0, True, []),
        (-10, True, []),
        (-10.1, True, ["clock"]),
        (-10.1, False, []),  # an action from the queue is late by nature
        (0.4, True, []),  # seconds are how clocks differ
        (1, True, ["future"]),
        (1, False, ["future"]),
        (11, True, ["clock", "future"]),
        (11, False, ["future"]),
    ],
)
def test_clock_flags(minutes_ahead, online, expected):
    occurred_at = NOW + dt.timedelta(minutes=minutes_ahead)
    assert rules.clock_flags(occurred_at=occurred_at, received_at=NOW, online=online) == expected


def test_flags_begin_with_the_place():
    flags = rules.visit_flags(
        fence=Fence.OUTSIDE, occurred_at=NOW + dt.timedelta(hours=1), received_at=NOW, online=True
    )
    assert flags == ["outside", "clock", "future"]


@pytest.mark.parametrize(("hours", "refused"), [(23.9, False), (24.1, True), (-719, False), (-721, True)])
def test_absurd_times_are_refused(hours, refused):
    answer = rules.time_refusal(occurred_at=NOW + dt.timedelta(hours=hours), received_at=NOW)
    assert (answer is not None) is refused


def test_sequence_counts_from_one_and_leaves_no_number_twice():
    assert rules.next_sequence([]) == 1
    assert rules.next_sequence([1]) == 2
    assert rules.next_sequence([1, 3]) == 4


HERE = EarlierVisit(visit_id=5, customer_id=1, customer="百佳超市", since="09:12")


def earlier(customer_id, *, open_visit=None, first_today=None, allow_multiple=False):
    return rules.earlier_visit_refusal(
        customer_id=customer_id, open_visit=open_visit, first_today=first_today, allow_multiple=allow_multiple
    )


def test_one_open_visit_whatever_the_option_says():
    for allow in (False, True):
        refusal = earlier(2, open_visit=HERE, allow_multiple=allow)
        assert refusal.code == "open_visit"
        assert "百佳超市" in refusal.message
        assert refusal.params == {"visit_id": 5}


def test_second_visit_of_the_day_names_the_first():
    refusal = earlier(1, first_today=HERE)
    assert refusal.code == "already_visited"
    assert "09:12" in refusal.message
    assert earlier(1, first_today=HERE, allow_multiple=True) is None


def place(fence, policy, reason="", distance=800.0):
    return rules.fence_refusal(check=FenceCheck(fence, distance), policy=policy, radius_m=300, reason=reason)


def test_policy_flag_wants_a_reason_outside_only():
    assert place(Fence.OUTSIDE, "flag").code == "reason"
    assert place(Fence.OUTSIDE, "flag", "  ").code == "reason"
    assert place(Fence.OUTSIDE, "flag", "店铺搬家") is None
    assert place(Fence.UNVERIFIED, "flag") is None
    assert place(Fence.NO_LOCATION, "flag") is None


def test_policy_block_says_the_distance_and_wants_proof():
    refusal = place(Fence.OUTSIDE, "block", "店铺搬家")
    assert refusal.code == "outside"
    assert "800 m" in refusal.message
    assert "300 m" in refusal.message
    assert place(Fence.UNVERIFIED, "block", "没信号").code == "unverified"
    assert place(Fence.INSIDE, "block") is None
    assert place(Fence.NO_LOCATION, "block") is None


def test_task_states():
    allowed = {(a, b) for a in TaskStatus for b in TaskStatus if rules.may_become(a, b)}
    assert allowed == {("open", "done"), ("open", "skipped"), ("skipped", "open")}


A, B, C = (31.80, 117.20), (31.81, 117.20), (31.90, 117.20)


@pytest.mark.parametrize(
    ("own", "here", "stops", "expected"),
    [
        # the plan is followed: what comes behind, however far
        ((1, 1), A, [((2, 2), C), ((3, 3), B)], 0),
        ((1, 1), None, [((2, 2), None)], 0),
        # something before is open: he goes his own way, and the nearest comes next
        ((2, 2), A, [((1, 1), C), ((3, 3), B), ((4, 4), C)], 1),
        ((9, 9), A, [((1, 1), C), ((2, 2), B)], 1),
        # a visit without a task
        (None, A, [((1, 1), C), ((2, 2), B)], 1),
        # nobody knows where: behind in the plan, else the first of all
        ((2, 2), A, [((1, 1), None), ((3, 3), None)], 1),
        ((2, 2), None, [((1, 1), C), ((3, 3), B)], 1),
        ((9, 9), None, [((1, 1), C), ((2, 2), B)], 0),
        (None, None, [((1, 1), C)], 0),
        ((1, 1), A, [], None),
    ],
)
def test_the_stop_after_a_visit(own, here, stops, expected):
    assert rules.stop_after(own=own, here=here, stops=stops) == expected
