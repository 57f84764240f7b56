"""The stages, clocks and funnel of leads (C2), without a database."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.enums import LeadStage
from crm.rules.leads import FUNNEL, PATH, FunnelCount, funnel, next_stages, recycle_on

DAY = dt.date(2026, 3, 1)


@pytest.mark.parametrize("stage", PATH)
def test_from_the_path_to_any_other_step_or_lost(stage):
    assert set(next_stages(stage)) == {*PATH, LeadStage.LOST} - {stage}


def test_a_lost_lead_comes_back_onto_the_path_and_a_customer_stays_one():
    assert next_stages("lost") == PATH
    assert next_stages("converted") == ()
    assert all(LeadStage.CONVERTED not in next_stages(stage) for stage in LeadStage)


@pytest.mark.parametrize(
    ("followed", "quiet", "hold", "expected"),
    [
        (None, 15, None, DAY + dt.timedelta(days=15)),
        (DAY + dt.timedelta(days=4), 15, None, DAY + dt.timedelta(days=19)),
        # The owner before followed it up; this one has his days from the day he got it.
        (DAY - dt.timedelta(days=40), 15, None, DAY + dt.timedelta(days=15)),
        (DAY + dt.timedelta(days=14), 15, 20, DAY + dt.timedelta(days=20)),
        (None, None, 20, DAY + dt.timedelta(days=20)),
        (None, None, None, None),
    ],
)
def test_recycle_date(followed, quiet, hold, expected):
    found = recycle_on(
        received_on=DAY, last_follow_up_on=followed, no_follow_up_days=quiet, max_hold_days=hold
    )
    assert found == expected


def test_nobody_received_it_nobody_loses_it():
    assert recycle_on(received_on=None, last_follow_up_on=DAY, no_follow_up_days=1, max_hold_days=1) is None


COUNTS = st.lists(
    st.builds(
        FunnelCount,
        furthest=st.integers(0, len(FUNNEL) - 1),
        is_lost=st.booleans(),
        leads=st.integers(0, 50),
    )
)


@given(COUNTS)
def test_the_funnel_only_narrows_and_counts_every_lead_once_at_its_top(counts):
    result = funnel(counts)
    reached = [step.reached for step in result.steps]
    assert reached == sorted(reached, reverse=True)
    assert result.created == sum(count.leads for count in counts)
    assert result.converted == sum(count.leads for count in counts if count.furthest == len(FUNNEL) - 1)
    assert result.lost == sum(count.leads for count in counts if count.is_lost)
    for before, step in zip(result.steps, result.steps[1:], strict=False):
        if before.reached:
            assert step.of_before == step.reached / before.reached
        else:
            assert step.of_before is None


def test_worked_funnel():
    # 10 leads: 4 stayed new, 3 were contacted (1 of them lost since), 1 negotiated, 2 became customers.
    result = funnel(
        [
            FunnelCount(0, False, 4),
            FunnelCount(1, False, 2),
            FunnelCount(1, True, 1),
            FunnelCount(3, False, 1),
            FunnelCount(4, False, 2),
        ]
    )
    assert [step.reached for step in result.steps] == [10, 6, 3, 3, 2]
    assert [step.of_before for step in result.steps] == [1.0, 0.6, 0.5, 1.0, 2 / 3]
    assert (result.lost, result.conversion) == (1, 0.2)
    assert funnel([]).conversion is None
