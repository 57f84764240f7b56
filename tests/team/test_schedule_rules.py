"""Rules of the schedule: when series take place, in words and texts, and where overlapping blocks stand."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from team.rules.icalendar import Event, calendar_text, escape, fold
from team.rules.schedule import (
    Repeat,
    before,
    begun_on,
    ended_before,
    fitting,
    last_start,
    next_start,
    read_rule,
    rule_text,
    starts,
)
from team.rules.schedule_grid import LEAST_MINUTES, slots

DAY = dt.timedelta(days=1)
MOMENTS = st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2027, 12, 31)).map(
    lambda at: at.replace(second=0, microsecond=0)
)


@st.composite
def repeats(draw):
    every = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    days = draw(st.sets(st.integers(0, 6), max_size=4)) if every == "WEEKLY" else ()
    end = draw(st.sampled_from(["", "until", "count"]))
    return Repeat(
        every=every,
        interval=draw(st.integers(1, 5)),
        weekdays=tuple(sorted(days)),
        until=draw(st.dates(dt.date(2028, 1, 1), dt.date(2030, 1, 1))) if end == "until" else None,
        count=draw(st.integers(1, 40)) if end == "count" else None,
    )


# The first value of all is drawn slowly on a busy machine.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(repeats())
def test_a_rule_is_read_as_it_was_written(repeat):
    assert read_rule(rule_text(repeat)) == repeat


@pytest.mark.parametrize("text", ["FREQ=HOURLY", "FREQ=DAILY;BYHOUR=3", "nonsense", "FREQ=DAILY;INTERVAL=x"])
def test_other_rules_are_refused(text):
    with pytest.raises(ValueError, match=r"not a rule|invalid literal"):
        read_rule(text)


@given(repeats(), MOMENTS)
def test_starts_are_the_rule_s_own(repeat, first):
    """Inside any window the same moments as the rule gives by itself, the first among them."""
    repeat = fitting(repeat, first.date())
    window = (first + 20 * DAY, first + 120 * DAY)
    rule = rrulestr(rule_text(repeat).replace("UNTIL=", "X=").split(";X=")[0], dtstart=first)
    last = dt.datetime.combine(repeat.until, dt.time.max) if repeat.until else dt.datetime.max
    wanted = [at for at in rule.between(*window, inc=True) if window[0] <= at < window[1] and at <= last]
    assert starts(repeat, first, *window) == wanted
    assert starts(repeat, first, first, first + DAY)[0] == first


@given(repeats(), MOMENTS, st.integers(1, 60))
def test_a_series_cut_in_two_has_the_same_days(repeat, first, days):
    repeat = fitting(repeat, first.date())
    end = first + 200 * DAY
    whole = starts(repeat, first, first, end)
    cut = next((at for at in whole if at > first + days * DAY), None)
    if cut is None:
        return
    early = starts(ended_before(repeat, cut.date()), first, first, end)
    late = starts(begun_on(repeat, first, cut.date()), cut, cut, end)
    if repeat.every == "WEEKLY" and repeat.interval > 1:
        # Every n-th week is counted from the week of the beginning, which is the cut's own.
        assert early + late[:1] == whole[: len(early) + 1]
    else:
        assert early + late == whole


def test_last_and_next():
    first = dt.datetime(2026, 1, 31, 9)
    monthly = Repeat("MONTHLY", count=3)
    assert starts(monthly, first, first, first + 400 * DAY) == [
        dt.datetime(2026, 1, 31, 9),
        dt.datetime(2026, 3, 31, 9),
        dt.datetime(2026, 5, 31, 9),
    ]
    assert last_start(monthly, first) == dt.datetime(2026, 5, 31, 9)
    assert last_start(Repeat("DAILY"), first) is None
    assert last_start(None, first) == first
    assert next_start(monthly, first, first + DAY, frozenset({dt.date(2026, 3, 31)})) == dt.datetime(
        2026, 5, 31, 9
    )
    assert next_start(monthly, first, dt.datetime(2026, 6, 1)) is None
    assert next_start(None, first, first) == first
    assert before(monthly, first, dt.date(2026, 5, 31)) == 2


# --- blocks
@given(st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 300)), max_size=30))
def test_blocks_that_overlap_have_lanes_of_their_own(found):
    midnight = dt.datetime(2026, 11, 27, tzinfo=dt.UTC)
    minute = dt.timedelta(minutes=1)
    spans = sorted((midnight + start * minute, midnight + (start + size) * minute) for start, size in found)
    placed = slots(midnight, spans)
    assert len(placed) == len(spans)
    for n, one in enumerate(placed):
        assert one.minutes >= LEAST_MINUTES
        assert one.start >= 0
        assert one.start + one.minutes <= 24 * 60
        assert 0 <= one.lane < one.lanes
        for other in placed[:n]:
            if one.start < other.start + other.minutes and other.start < one.start + one.minutes:
                assert one.lane != other.lane
                assert one.lanes == other.lanes


def test_one_block_has_the_whole_width():
    midnight = dt.datetime(2026, 11, 27, tzinfo=dt.UTC)
    hour = dt.timedelta(hours=1)
    spans = [(midnight - hour, midnight + hour), (midnight + 9 * hour, midnight + 10 * hour)]
    assert [(s.start, s.minutes, s.lanes) for s in slots(midnight, spans)] == [(0, 60, 1), (540, 60, 1)]


# --- RFC 5545
@given(st.text(max_size=300))
def test_lines_are_folded_and_can_be_put_together(text):
    line = f"SUMMARY:{escape(text)}"
    pieces = list(fold(line))
    assert all(len(piece.encode()) <= 75 for piece in pieces)
    assert all(piece.startswith(" ") for piece in pieces[1:])
    assert pieces[0] + "".join(piece[1:] for piece in pieces[1:]) == line


def test_text_is_escaped():
    assert escape("a,b;c\\d\r\ne\x07") == "a\\,b\\;c\\\\d\\ne"


def test_a_zone_with_summer_time_tells_its_changes():
    zone = ZoneInfo("Europe/Berlin")
    at = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
    event = Event("u", at, "x", at, at + dt.timedelta(hours=1), rule="FREQ=DAILY;UNTIL=20260401")
    lines = calendar_text("n", [event], zone).split("\r\n")
    assert "DTSTART;TZID=Europe/Berlin:20260301T090000" in lines
    assert "RRULE:FREQ=DAILY;UNTIL=20260401T215959Z" in lines
    summer = lines.index("BEGIN:DAYLIGHT")
    assert lines[summer + 1 : summer + 4] == [
        "DTSTART:20260329T020000",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
    ]
    winter = lines.index("BEGIN:STANDARD", summer)
    assert lines[winter + 1 : winter + 4] == [
        "DTSTART:20261025T030000",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
    ]
