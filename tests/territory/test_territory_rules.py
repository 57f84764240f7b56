"""Areas of equal weight (F4): one piece each, everything shared out, as even as asked where that can be."""

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from territory.rules.territories import Place, Task, deviation, islands, make_areas, tightness
from territory.rules.territory_graph import adjacency, neighbour_links, pieces, plane

degrees = st.tuples(st.integers(0, 400), st.integers(0, 400)).map(
    lambda at: (31 + at[0] / 1e3, 117 + at[1] / 1e3)
)


@st.composite
def tasks(draw):
    reps = draw(st.integers(1, 5))
    spots = draw(st.lists(degrees, min_size=1, max_size=40, unique=True))
    places = []
    for at in spots:
        heads = draw(st.integers(1, 4))
        owner = draw(st.integers(-1, reps - 1))
        today = {owner: heads} if owner >= 0 else {}
        places.append(Place(at, draw(st.floats(0, 20)), heads, today))
    base = draw(st.lists(st.floats(0, 10), min_size=reps, max_size=reps))
    return Task(
        places, base, draw(st.sampled_from([0.05, 0.1, 0.3])), draw(st.sampled_from([0.0, 1.0, 20.0]))
    )


@settings(max_examples=30, deadline=None)
@given(tasks())
def test_every_place_has_one_area_and_every_area_is_one_piece(task):
    areas = make_areas(task)
    assert len(areas.area) == len(task.places)
    assert set(areas.area) <= set(range(len(task.base)))
    beside = adjacency(len(task.places), areas.links)
    for number in range(len(task.base)):
        mine = [i for i, area in enumerate(areas.area) if area == number]
        assert len(pieces(mine, beside)) <= 1
        # The sums that the search kept up to date are the sums.
        weight = task.base[number] + sum(task.places[i].weight for i in mine)
        assert areas.loads[number] == pytest.approx(weight, abs=1e-6)
        assert mine or len(task.places) < len(task.base)
    members = {number: [i for i, area in enumerate(areas.area) if area == number] for number in areas.area}
    assert islands(members, areas.links, len(task.places), [place.customers for place in task.places]) == {}


@settings(max_examples=20, deadline=None)
@given(st.lists(degrees, min_size=1, max_size=40, unique=True))
def test_links_are_those_of_the_definition_and_join_everything(spots):
    """Against the definition, in plain loops: no third place within the circle over the link."""
    links = set(neighbour_links(spots))
    at = plane(spots).tolist()
    for i in range(len(spots)):
        for j in range(i + 1, len(spots)):
            middle = [(a + b) / 2 for a, b in zip(at[i], at[j], strict=True)]
            radius = math.dist(at[i], at[j]) / 2
            inside = [
                k for k in range(len(spots)) if k not in (i, j) and math.dist(at[k], middle) < radius - 1e-7
            ]
            on_rim = any(
                abs(math.dist(at[k], middle) - radius) < 1e-6 for k in range(len(spots)) if k not in (i, j)
            )
            if inside:
                assert (i, j) not in links or len(spots) > 25
            elif not on_rim and len(spots) <= 25:
                assert (i, j) in links
    assert len(pieces(range(len(spots)), adjacency(len(spots), links))) == 1


def town(reps, places, seed=3):
    chance = Random(seed)
    homes = [(31.7 + chance.random() * 0.3, 117.1 + chance.random() * 0.3) for _ in range(reps)]
    found = []
    for _ in range(places):
        at = 31.7 + chance.random() ** 2 * 0.3, 117.1 + chance.random() * 0.3
        owner = min(range(reps), key=lambda rep: math.dist(homes[rep], at))
        found.append(Place(at, 1.0, 1, {owner: 1}))
    return found


def moved(places, area):
    return sum(
        place.customers - place.today.get(number, 0) for place, number in zip(places, area, strict=True)
    )


def test_a_lopsided_town_becomes_even():
    places = town(5, 240)
    before = [sum(place.today.get(rep, 0) for place in places) for rep in range(5)]
    assert deviation(before) > 0.3
    areas = make_areas(Task(places, [0.0] * 5, 0.05))
    assert areas.deviation <= 0.05
    assert tightness(areas.area, areas.links) > 0.8
    assert areas == make_areas(Task(places, [0.0] * 5, 0.05))  # and again the same


def test_keeping_moves_fewer_customers_and_a_wide_difference_none():
    places = town(5, 240)
    free = make_areas(Task(places, [0.0] * 5, 0.1))
    kept = make_areas(Task(places, [0.0] * 5, 0.1, keep_km=30.0))
    assert kept.deviation <= 0.1
    assert moved(places, kept.area) <= moved(places, free.area)
    calm = [place for place in places if place.at[1] > 117.0]
    wide = make_areas(Task(calm, [0.0] * 5, 9.0, keep_km=500.0))
    assert moved(calm, wide.area) == 0


def test_what_is_locked_counts_and_a_new_rep_gets_an_area():
    places = town(3, 300)
    areas = make_areas(Task(places, [60.0, 0.0, 0.0, 0.0], 0.1))
    assert areas.deviation <= 0.1  # 360 in all, 90 each: 30 places for the first
    counts = [areas.area.count(number) for number in range(4)]
    assert 20 <= counts[0] <= 40
    assert min(counts[1:]) >= 80


def test_islands_are_named_after_moves_by_hand():
    places = [Place((31.0, 117.0 + i / 100), 1.0, 1, {0: 1}) for i in range(5)]
    links = neighbour_links([place.at for place in places])
    assert links == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert islands({0: [0, 1, 3], 1: [2, 3]}, links, 5, [1] * 5) == {0: [[3]]}
    assert tightness([0, 0, 1, 0, 0], links) == 0.5
    with pytest.raises(ValueError, match="areas need"):
        make_areas(Task([], [1.0]))
