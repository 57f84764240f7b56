"""When messages go out: quiet hours, days off, the morning's summary and waiting after failures."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.business_calendar import is_working_day
from comms.enums import Channel, Frequency, NoticeKind
from comms.rules import delivery, preferences
from comms.rules.delivery import Hours
from comms.rules.links import own_path

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = Hours(dt.time(21), dt.time(7, 30))
times = st.integers(0, 1439).map(lambda minute: dt.time(minute // 60, minute % 60))
moments = st.integers(0, 364 * 1440).map(
    lambda minute: dt.datetime(2026, 1, 1, 0, 0, 30, tzinfo=SHANGHAI) + dt.timedelta(minutes=minute)
)
patient = settings(deadline=None, max_examples=60)  # the machine that runs this may be busy
hours = st.builds(Hours, start=times, end=times, days_off=st.booleans(), digest_at=times)


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2026-11-26T20:59:59", False), ("2026-11-26T21:00", True), ("2026-11-26T23:59", True),
        ("2026-11-27T00:00", True), ("2026-11-27T07:29:59", True), ("2026-11-27T07:30", False),
    ],
)  # fmt: skip
def test_the_night_goes_across_midnight(moment, quiet):
    assert delivery.is_quiet(at(moment), NIGHT, is_working_day) is quiet


def test_hours_within_a_day_and_none_at_all():
    noon = Hours(dt.time(12), dt.time(14))
    assert delivery.is_quiet(at("2026-11-27T13:00"), noon, is_working_day)
    assert not delivery.is_quiet(at("2026-11-27T14:00"), noon, is_working_day)
    never = Hours(dt.time(9), dt.time(9))
    assert not any(
        delivery.is_quiet(at(f"2026-11-27T{hour:02}:00"), never, is_working_day) for hour in range(24)
    )


def test_a_friday_evening_waits_for_monday_when_days_off_are_quiet():
    """2026-11-27 is a Friday; the lent day 2026-02-14 is a Saturday on which offices work."""
    quiet = Hours(dt.time(21), dt.time(7, 30), days_off=True)
    assert delivery.next_loud(at("2026-11-27T22:00"), quiet, is_working_day) == at("2026-11-30T07:30")
    assert delivery.next_loud(at("2026-11-28T12:00"), quiet, is_working_day) == at("2026-11-30T07:30")
    assert delivery.next_loud(at("2026-02-14T12:00"), quiet, is_working_day) == at("2026-02-14T12:00")
    no_night = Hours(dt.time(1), dt.time(1), days_off=True)
    assert delivery.next_loud(at("2026-11-28T12:00"), no_night, is_working_day) == at("2026-11-30T00:00")


def test_the_summary_is_tomorrows_and_never_in_quiet_hours():
    assert delivery.next_digest(at("2026-11-26T07:29"), NIGHT, is_working_day) == at("2026-11-26T07:30")
    assert delivery.next_digest(at("2026-11-26T07:30"), NIGHT, is_working_day) == at("2026-11-27T07:30")
    late = Hours(dt.time(21), dt.time(9))
    assert delivery.next_digest(at("2026-11-26T12:00"), late, is_working_day) == at("2026-11-27T09:00")
    off = Hours(dt.time(21), dt.time(7, 30), days_off=True)
    assert delivery.next_digest(at("2026-11-27T12:00"), off, is_working_day) == at("2026-11-30T07:30")


def minute_by_minute(moment, wanted, works):
    """The oracle: walk on by the minute (hours here have no seconds) until it is not quiet."""
    first = moment
    while delivery.is_quiet(moment, wanted, works):
        moment = (moment + dt.timedelta(minutes=1)).replace(second=0, microsecond=0)
    return moment if moment > first else first


@patient
@given(moments, times, times)
def test_the_next_loud_moment_is_the_first_one(moment, start, end):
    wanted = Hours(start, end)
    assert delivery.next_loud(moment, wanted, is_working_day) == minute_by_minute(
        moment, wanted, is_working_day
    )


@patient
@given(moments, hours)
def test_nothing_ever_goes_out_in_quiet_hours(moment, wanted):
    every_minute = wanted.end == dt.time() and wanted.start == dt.time(23, 59)
    for frequency in (Frequency.NOW, Frequency.DIGEST):
        due = delivery.due_at(moment, frequency, wanted, is_working_day)
        assert due is not None
        assert due >= moment
        assert every_minute or not delivery.is_quiet(due, wanted, is_working_day)
    assert delivery.due_at(moment, Frequency.NEVER, wanted, is_working_day) is None


@patient
@given(st.integers(min_value=1, max_value=60), st.floats(min_value=0, max_value=1))
def test_waiting_doubles_with_jitter_up_to_an_hour(attempts, dice):
    full = min(dt.timedelta(seconds=30) * 2 ** min(attempts - 1, 20), dt.timedelta(hours=1))
    assert full / 2 <= delivery.backoff(attempts, dice) <= full
    assert delivery.gives_up(attempts) is (attempts >= delivery.MAX_ATTEMPTS)


def test_choices_and_what_is_usual():
    choices = {"alert:sms": "now", "pool:email": "nonsense"}
    assert preferences.chosen(choices, NoticeKind.ALERT, Channel.SMS) == Frequency.NOW
    assert preferences.chosen(choices, NoticeKind.POOL, Channel.EMAIL) == Frequency.DIGEST
    assert preferences.chosen({}, NoticeKind.POOL, Channel.SMS) == Frequency.NEVER
    assert preferences.chosen({}, NoticeKind.MESSAGE, Channel.PUSH) == Frequency.NOW
    assert preferences.chosen({}, NoticeKind.ALERT, Channel.PUSH) == Frequency.DIGEST


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/customers/5/", "/customers/5/"), ("/customers/?q=a", "/customers/?q=a"),
        ("https://crm.example.com/visits/3/", "/visits/3/"), ("//evil.example/", "/"), ("javascript:alert(1)", None),
        ("/nowhere/at/all/", None), ("customers/5/", None), ("/\\evil.example/", None), ("http://[", None), ("", None),
    ],
)  # fmt: skip
def test_only_pages_of_ours_are_linked(address, path):
    assert own_path(address) == path
