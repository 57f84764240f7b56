"""Track rules by hand (domain-rules §7). On one meridian 0.001° of latitude is 111.195 m with R = 6,371,008.8 m."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from territory.rules import (
    Fix,
    Place,
    Stop,
    analyse_day,
    dates_on,
    find_stops,
    keep,
    match_customer,
    may_record,
    path_length_m,
    read_point,
    read_time,
    read_weekdays,
    split_at_gaps,
    visit_band,
    write_weekdays,
)

START = dt.datetime(2026, 11, 20, 1, 0, tzinfo=dt.UTC)
DEGREE_M = 111_195.08
LAT, LNG = 31.82, 117.23


def at(minutes: float, metres_north: float = 0, accuracy: float | None = 10) -> Fix:
    """A fix so many minutes after 9:00 local, so many metres north of the start."""
    return Fix(START + dt.timedelta(minutes=minutes), LAT + metres_north / DEGREE_M, LNG, accuracy)


# --- what is kept


def test_accuracy_over_200_m_is_ignored_and_unknown_accuracy_is_not():
    fixes = [at(0), at(1, accuracy=200), at(2, accuracy=200.1), at(3, accuracy=None)]
    assert keep(fixes) == [fixes[0], fixes[1], fixes[3]]


def test_a_jump_too_fast_to_and_from_is_dropped():
    # 5 km in 20 s is 250 m/s, there and back
    there = [at(0), at(1 / 3, 5000), at(2 / 3, 50)]
    assert keep(there) == [there[0], there[2]]


def test_a_fast_step_one_way_only_is_kept():
    # a train that leaves: 5 km in 20 s, then 10 m on; only one neighbour is too far
    fixes = [at(0), at(1 / 3, 5000), at(2 / 3, 5010)]
    assert keep(fixes) == fixes


def test_the_good_fix_between_two_jumps_stays():
    fixes = [at(0), at(1 / 3, 5000), at(2 / 3, 20), at(1, -5000), at(4 / 3, 40)]
    assert keep(fixes) == [fixes[0], fixes[2], fixes[4]]


def test_50_metres_a_second_is_not_too_fast():
    # 1 000 m in 20 s and back: just 50 m/s (a hair less, against rounding)
    fixes = [at(0), at(1 / 3, 999.9), at(2 / 3, 0)]
    assert keep(fixes) == fixes
    fixes = [at(0), at(1 / 3, 1001), at(2 / 3, 0)]
    assert len(keep(fixes)) == 2


# --- mileage and gaps


def test_mileage_is_the_sum_of_steps_however_points_arrive():
    fixes = [at(0), at(1, 300), at(2, 500), at(3, 450)]  # 300 + 200 + 50
    assert analyse_day(reversed(fixes)).mileage_m == pytest.approx(550, abs=0.1)


@pytest.mark.parametrize(
    ("minutes", "metres", "is_gap"),
    [
        (16, 1001, True),
        (15, 1001, False),  # more than 15 min is asked for
        (16, 999, False),  # and more than 1 km
        (14, 20_000, False),  # fast, but somebody may drive
    ],
)
def test_a_gap_takes_more_than_15_minutes_and_more_than_1_km(minutes, metres, is_gap):
    segments, gaps, mileage = split_at_gaps(
        [at(0), at(1, 100), at(1 + minutes, 100 + metres), at(2 + minutes, 200 + metres)]
    )
    assert len(gaps) == is_gap
    assert len(segments) == 1 + is_gap
    assert mileage == pytest.approx(200 if is_gap else 200 + metres, abs=0.5)


def test_an_empty_day_and_a_single_point():
    empty = analyse_day([])
    assert (empty.points, empty.mileage_m, empty.stops, empty.gaps, empty.detour_ratio) == (
        0,
        0,
        (),
        (),
        None,
    )
    one = analyse_day([at(0)])
    assert (one.points, one.mileage_m, len(one.segments)) == (1, 0, 1)


# --- stops


def test_a_stay_of_just_five_minutes_is_a_stop_and_a_shorter_one_is_not():
    assert [stop.stay for stop in find_stops([at(0), at(2, 20), at(5, 10), at(6, 400)])] == [
        dt.timedelta(minutes=5)
    ]
    assert find_stops([at(0), at(2, 20), at(4.9, 10), at(6, 400)]) == []


def test_distance_counts_from_the_first_point_of_the_run():
    # drifting 60 m a step: the third is 120 m from the first, so the run from 0 is too short; the one from
    # minute 3 (60 m) holds 60 and 120 and then 60 again
    fixes = [at(0), at(3, 60), at(6, 120), at(9, 60), at(10, 900)]
    (stop,) = find_stops(fixes)
    assert (stop.arrive, stop.leave) == (at(3).time, at(9).time)


def test_the_next_stop_starts_after_the_first():
    fixes = [at(0), at(5), at(10, 150), at(16, 150)]
    assert [(s.arrive, s.leave) for s in find_stops(fixes)] == [
        (at(0).time, at(5).time),
        (at(10).time, at(16).time),
    ]


def test_a_hole_of_over_15_minutes_ends_a_stop_and_one_of_15_does_not():
    assert [s.stay.seconds // 60 for s in find_stops([at(0), at(6), at(21), at(22)])] == [22]
    assert [s.stay.seconds // 60 for s in find_stops([at(0), at(6), at(21.1), at(27.1)])] == [6, 6]


def test_the_last_stay_of_the_day_counts():
    (stop,) = find_stops([at(0, 2000), at(3, 0), at(20 - 3, 5), at(30, 0)])
    assert stop.leave == at(30).time
    assert stop.lat == pytest.approx(LAT, abs=0.0001)


def test_detour_ratio_is_mileage_over_the_line_through_the_stops():
    # stop A, 300 m north and back (600 m), then 1 000 m to stop B: 1 600 / 1 000
    fixes = [at(0), at(5), at(7, 300), at(9, 0), at(13, 500), at(17, 1000), at(23, 1000)]
    day = analyse_day(fixes)
    assert len(day.stops) == 2
    assert day.detour_ratio == pytest.approx(1.6, abs=0.001)


# --- whose shop a stop was


def test_a_stop_belongs_to_the_nearest_customer_within_100_m():
    stop = Stop(at(0).time, at(9).time, LAT, LNG)
    near = Place(1, "near", LAT + 40 / DEGREE_M, LNG)
    nearer = Place(2, "nearer", LAT + 30 / DEGREE_M, LNG)
    far = Place(3, "far", LAT + 101 / DEGREE_M, LNG, visited=True)
    assert match_customer(stop, [near, nearer, far]) == nearer
    assert match_customer(stop, [far]) is None
    assert match_customer(stop, [near._replace(visited=True), nearer]).customer_id == 1


# --- what a phone sends


@pytest.mark.parametrize(
    "t",
    [
        1_795_136_400,
        1_795_136_400_000,
        "1795136400",
        "2026-11-20T09:00:00+08:00",
        "2026-11-20T01:00:00Z",
        "2026-11-20 01:00:00",
    ],
)
def test_times_in_every_form_are_one_moment(t):
    assert read_time(t) == START


@pytest.mark.parametrize("t", [None, "", "yesterday", True, [], float("nan"), 1e30, "99999999999999999999"])
def test_a_time_that_is_none(t):
    assert read_time(t) is None


@pytest.mark.parametrize(
    "entry",
    [
        None, 7, "x", [], {}, {"t": 1, "lat": 31}, {"t": 1, "lat": "north", "lng": 117}, {"t": 1, "lat": 91, "lng": 117},
        {"t": 1, "lat": 31, "lng": 181}, {"t": 1, "lat": 0, "lng": 0}, {"t": 1, "lat": float("nan"), "lng": 117},
        {"t": 1, "lat": True, "lng": 117},
    ],
)  # fmt: skip
def test_unreadable_points_are_none(entry):
    assert read_point(entry) is None


def test_side_values_that_make_no_sense_are_left_empty():
    point = read_point(
        {"t": START.timestamp(), "lat": LAT, "lng": LNG, "acc": -1, "spd": "fast", "brg": 361, "bat": 85}
    )
    assert point is not None
    assert (point.accuracy_m, point.speed_ms, point.bearing, point.battery) == (None, None, None, 0.85)


SHANGHAI = dt.timezone(dt.timedelta(hours=8))


@pytest.mark.parametrize(
    ("clock", "allowed"), [("07:59:59", False), ("08:00", True), ("18:00", True), ("18:00:01", False)]
)
def test_recorded_in_working_hours_only(clock, allowed):
    time = dt.datetime.fromisoformat(f"2026-11-20T{clock}+08:00")
    assert may_record(time, now=time, start=dt.time(8), end=dt.time(18), zone=SHANGHAI) is allowed


def test_a_point_over_a_day_ahead_is_refused():
    noon = dt.datetime(2026, 11, 20, 12, tzinfo=SHANGHAI)
    hours = {"start": dt.time(8), "end": dt.time(18), "zone": SHANGHAI}
    assert may_record(noon + dt.timedelta(hours=24), now=noon, **hours)
    assert not may_record(noon + dt.timedelta(hours=24, seconds=1), now=noon, **hours)


# --- routes and map


def test_weekdays_there_and_back():
    assert read_weekdays("1,4") == {1, 4}
    assert read_weekdays("") == frozenset()
    assert write_weekdays(["7", 1, "4", 1]) == "1,4,7"


def test_dates_on_weekdays_include_both_ends():
    # 2026-11-22 is a Sunday
    days = dates_on(frozenset({1, 7}), dt.date(2026, 11, 22), dt.date(2026, 11, 29))
    assert [day.day for day in days] == [22, 23, 29]
    assert dates_on(frozenset({1}), dt.date(2026, 11, 24), dt.date(2026, 11, 23)) == []


def test_path_length():
    assert path_length_m([]) == path_length_m([(LAT, LNG)]) == 0
    assert path_length_m([(31, 117), (31.001, 117), (31, 117)]) == pytest.approx(222.39, abs=0.01)


@pytest.mark.parametrize(("days", "band"), [(0, 0), (7, 0), (8, 1), (30, 1), (31, 2)])
def test_bands_of_the_map(days, band):
    today = dt.date(2026, 11, 22)
    assert visit_band(today - dt.timedelta(days=days), today) == band
    assert visit_band(None, today) == 3


# --- whatever comes in

a_fix = st.builds(
    Fix,
    st.datetimes(dt.datetime(2026, 11, 20), dt.datetime(2026, 11, 20, 12), timezones=st.just(dt.UTC)),
    st.floats(31.7, 31.9),
    st.floats(117.1, 117.3),
    st.none() | st.floats(0, 400),
)


@given(st.lists(a_fix, max_size=40, unique_by=lambda fix: fix.time), st.randoms())
@settings(max_examples=60, deadline=None)
def test_any_day_is_analysed_alike_in_any_order(fixes, random):
    shuffled = list(fixes)
    random.shuffle(shuffled)
    day = analyse_day(fixes)
    assert analyse_day(shuffled) == day
    assert sum(len(segment) for segment in day.segments) == len(day.kept) <= day.points
    assert len(day.gaps) == max(0, len(day.segments) - 1)
    assert 0 <= day.mileage_m <= path_length_m([(fix.lat, fix.lng) for fix in day.kept]) + 1e-6
    for stop in day.stops:
        assert stop.stay >= dt.timedelta(minutes=5)
    for before, after in zip(day.stops, day.stops[1:], strict=False):
        assert before.leave < after.arrive
