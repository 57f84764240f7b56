"""The shortest order of one tour, open and closed, and within opening hours (F3): against every order there is."""

from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.geo import distance_m
from territory.rules.route_quality import count_crossings, find_turn_backs, quality
from territory.rules.tours import Shape, distance_matrix, shortest_order, tour_length_m
from territory.rules.windows import Hours, Pace, shortest_order_in_hours, timetable

# Towns, not continents: what a rep can walk or drive in a day, and shops in one house.
places = st.tuples(st.floats(31.6, 32.1), st.floats(117.0, 117.6))
DEPOT, HOME = (31.9, 117.0), (31.7, 117.4)
SHAPES = {
    "open": Shape(),
    "closed": Shape(closed=True),
    "closed from a start": Shape(closed=True, start=DEPOT),
    "from a start": Shape(start=DEPOT),
    "to an end": Shape(end=HOME),
    "from start to end": Shape(start=DEPOT, end=HOME),
}
shapes = st.sampled_from(list(SHAPES.values()))


def length(points, order, shape):
    """By hand: the way as a list, leg by leg."""
    line = [shape.start, *(points[i] for i in order), shape.end]
    line = [place for place in line if place]
    if shape.closed:
        line.append(line[0])
    return sum(distance_m(*a, *b) for a, b in pairwise(line))


@settings(max_examples=150, deadline=None)
@given(st.lists(places, min_size=1, max_size=7), shapes)
def test_up_to_eight_places_it_is_the_optimum(points, shape):
    order = shortest_order(points, shape)
    assert sorted(order) == list(range(len(points)))
    best = min(length(points, every, shape) for every in permutations(range(len(points))))
    assert length(points, order, shape) <= best + 1.01  # a metre is not worth another order


@pytest.mark.parametrize("name", SHAPES)
def test_eight_stops_are_ordered_best(name):
    points = [(31.8 + (7 * i % 8) / 50, 117.2 + (5 * i % 8) ** 2 / 300) for i in range(8)]
    order = shortest_order(points, SHAPES[name])
    best = min(length(points, every, SHAPES[name]) for every in permutations(range(8)))
    assert length(points, order, SHAPES[name]) == pytest.approx(best, abs=1.01)


@settings(max_examples=40, deadline=None)
@given(st.lists(places, min_size=9, max_size=40), shapes)
def test_it_is_never_longer_than_today(points, shape):
    order = shortest_order(points, shape, seconds=0.02)
    assert sorted(order) == list(range(len(points)))
    assert length(points, order, shape) <= length(points, range(len(points)), shape)


@settings(max_examples=100, deadline=None)
@given(st.lists(places, min_size=2, max_size=12), st.floats(1, 2))
def test_the_matrix_is_the_great_circle_times_the_road_factor(points, factor):
    matrix = distance_matrix(points, factor)
    for i, a in enumerate(points):
        for j, b in enumerate(points):
            assert matrix[i][j] == pytest.approx(distance_m(*a, *b) * factor, abs=0.01)


def test_one_shop_in_another_province_leaves_the_order_in_town_good():
    """The search counts in 16 bits; the outlier makes its unit 34 m, the distance from door to door."""
    town = [(31.8 + 0.0003 * (i * 7 % 30), 117.2 + 0.0004 * (i * 11 % 30)) for i in range(30)]
    alone = shortest_order(town, Shape(start=(31.79, 117.2)))
    far = [*town, (43.8, 87.6)]  # Urumqi
    order = [i for i in shortest_order(far, Shape(start=(31.79, 117.2))) if i < 30]
    best = length(town, alone, Shape(start=(31.79, 117.2)))
    assert length(town, order, Shape(start=(31.79, 117.2))) <= best * 1.1


def test_shops_in_one_house_and_single_stops_keep_their_order():
    assert shortest_order([]) == []
    assert shortest_order([DEPOT]) == [0]
    assert shortest_order([DEPOT, HOME]) == [0, 1]
    assert shortest_order([DEPOT] * 5) == [0, 1, 2, 3, 4]
    assert shortest_order([(31.8, 117.2), DEPOT], Shape(start=DEPOT)) == [1, 0]


def test_of_two_directions_the_known_one_is_taken():
    line = [(31.8, 117.2 + step / 100) for step in (0, 2, 1, 3)]
    assert shortest_order(line) == [0, 2, 1, 3]
    assert shortest_order(line[::-1]) == [0, 2, 1, 3]
    square = [(31.8, 117.2), (31.9, 117.3), (31.8, 117.3), (31.9, 117.2)]
    assert shortest_order(square, Shape(closed=True)) in (
        [0, 2, 1, 3],
        [0, 3, 1, 2],
    )  # begins where it begins today


def test_a_round_trip_has_no_end_of_its_own():
    with pytest.raises(ValueError, match="closed"):
        Shape(closed=True, end=HOME)


# --- on the clock


def badness(points, hours, order, shape):
    day = timetable([points[i] for i in order], [hours[i] for i in order], Pace(), shape)
    return day.late_s, length(points, order, shape)


moments = st.integers(16, 30).map(lambda half: half * 1800)
doors = st.one_of(
    st.just(Hours()),
    st.builds(lambda at, stays: Hours(at, at + stays), moments, st.sampled_from([1800, 3600, 7200])),
    st.builds(lambda at: Hours(None, at), moments),
    st.builds(lambda at: Hours(at, None), moments),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(places, doors), min_size=2, max_size=6), shapes)
def test_with_hours_small_days_are_the_least_late_and_then_shortest(stops, shape):
    points, hours = [place for place, _ in stops], [door for _, door in stops]
    order = shortest_order_in_hours(points, hours, Pace(), shape, seconds=0.6)
    assert sorted(order) == list(range(len(points)))
    late, metres = badness(points, hours, order, shape)
    best = min(badness(points, hours, every, shape) for every in permutations(range(len(points))))
    assert late == best[0]
    assert metres <= best[1] + 2


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(places, doors), min_size=13, max_size=25), shapes)
def test_with_hours_it_is_never_worse_than_today(stops, shape):
    points, hours = [place for place, _ in stops], [door for _, door in stops]
    order = shortest_order_in_hours(points, hours, Pace(), shape, seconds=0.3)
    late, metres = badness(points, hours, order, shape)
    today = badness(points, hours, range(len(points)), shape)
    assert (late, round(metres)) <= (today[0], round(today[1]))


def test_hours_turn_the_day_around():
    """Three shops in a row; the nearest opens last."""
    points = [(31.81, 117.2), (31.82, 117.2), (31.83, 117.2)]
    hours = [Hours(14 * 3600, None), Hours(None, 10 * 3600), Hours(None, 9 * 3600)]
    order = shortest_order_in_hours(points, hours, Pace(), Shape(start=(31.80, 117.2)))
    assert order == [2, 1, 0]


def test_the_timetable_waits_stays_and_counts_what_is_late():
    points = [(31.80, 117.2), (31.85, 117.2)]  # 5,560 m: 1,041 s at 25 km/h on roads 1.3 times as long
    pace = Pace(leaves_s=8 * 3600, stay_s=600)
    day = timetable(points, [Hours(9 * 3600, None), Hours(None, 9 * 3600)], pace)
    first, second = day.arrivals
    assert (first.arrives_s, first.begins_s, first.leaves_s, first.late_s) == (28_800, 32_400, 33_000, 0)
    drive = round(distance_m(*points[0], *points[1]) * 1.3 / (25 / 3.6))
    assert second.arrives_s == 33_000 + drive
    assert second.late_s == second.arrives_s - 32_400
    assert (day.late_stops, day.ends_s) == (1, second.leaves_s)


def test_a_round_trip_ends_when_it_is_back():
    points = [(31.80, 117.2), (31.85, 117.2)]
    there = timetable(points, [Hours(), Hours()], Pace(stay_s=0))
    back = timetable(points, [Hours(), Hours()], Pace(stay_s=0), Shape(closed=True))
    assert back.ends_s - back.arrivals[-1].leaves_s == there.ends_s - Pace().leaves_s


# --- figures

SQUARE = [(31.80, 117.20), (31.90, 117.30), (31.80, 117.30), (31.90, 117.20)]  # a bow tie


def test_crossings_are_counted_and_gone_when_the_order_is_best():
    assert count_crossings(SQUARE) == 1
    better = [SQUARE[i] for i in shortest_order(SQUARE)]
    assert count_crossings(better) == 0


def test_legs_that_meet_or_lie_on_each_other_do_not_cross():
    a, b, c = (31.8, 117.2), (31.8, 117.3), (31.9, 117.25)
    assert count_crossings([a, b, c, a]) == 0
    assert count_crossings([a, b, a, b]) == 0
    assert count_crossings([]) == 0


@settings(max_examples=40, deadline=None)
@given(st.lists(places, min_size=4, max_size=9, unique=True))
def test_the_best_round_trip_never_crosses_itself(points):
    order = shortest_order(points, Shape(closed=True))
    line = [points[i] for i in order]
    found = quality(line, tour_length_m(line, Shape(closed=True)), Shape(closed=True))
    # Where three shops stand on one line, an order that touches itself can be as short.
    assert found.saving_m == 0
    if found.crossings:
        rest = shortest_order(line, Shape(closed=True))
        assert (
            tour_length_m(line, Shape(closed=True))
            - tour_length_m([line[i] for i in rest], Shape(closed=True))
            < 1.01
        )


def test_a_stop_gone_to_and_come_back_from_is_named():
    """Along a street: to its far end, back to the fourth shop, and out again."""
    street = [(31.80, 117.20), (31.80, 117.21), (31.80, 117.30), (31.80, 117.22), (31.80, 117.29)]
    assert find_turn_backs(street) == (2, 3)
    ordered = [street[i] for i in shortest_order(street)]
    assert find_turn_backs(ordered) == ()


def test_the_saving_is_a_share_of_today():
    best = tour_length_m([SQUARE[i] for i in shortest_order(SQUARE)])
    found = quality(SQUARE, best)
    assert found.saving_m == pytest.approx(found.length_m - best)
    assert 0 < found.saving_share < 1
    assert quality([], 0.0).saving_share == 0
    assert quality(SQUARE, 1e9).saving_m == 0  # a best known that is worse than today is no saving
