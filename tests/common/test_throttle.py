"""How often a door may be used: so many times in the clock's minute, by each key for itself."""

import datetime as dt

import pytest

from common import throttle
from common.throttle import wait_seconds

NOON = dt.datetime(2026, 11, 30, 12, 0, 15, tzinfo=dt.UTC)
THE_CLOCK_S_WINDOW = throttle._window


@pytest.fixture(autouse=True)
def _windows_of_the_clock(_fresh_counters, monkeypatch):
    monkeypatch.setattr(throttle, "_window", THE_CLOCK_S_WINDOW)


def test_beyond_the_limit_it_says_when_to_come_again():
    waits = [wait_seconds("door", a_minute=2, now=NOON) for _ in range(4)]
    assert waits == [0, 0, 45, 45]


def test_the_next_minute_and_another_key_begin_anew():
    for _ in range(3):
        wait_seconds("door", a_minute=1, now=NOON)
    assert wait_seconds("back-door", a_minute=1, now=NOON) == 0
    assert wait_seconds("door", a_minute=1, now=NOON + dt.timedelta(seconds=44)) == 1
    assert wait_seconds("door", a_minute=1, now=NOON + dt.timedelta(seconds=45)) == 0
