"""When two records may be one shop (domain-rules §8)."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from common.geo import distance_m
from crm.enums import DuplicateReason
from crm.rules.duplicates import (
    Fields,
    Subject,
    alike_by_dropping,
    alike_conditions,
    alike_lengths,
    bounding_box,
    city_key,
    compare,
    groups,
    mask,
    name_key,
    similarity,
    subject,
    tax_key,
)

NAMES = st.text(alphabet="老王蜗牛烘焙坊超市便利店a7 -（）有限公司", max_size=14)
KEYS = st.text(alphabet="甲乙丙丁戊己庚辛ab", max_size=14)
SUBJECTS = st.builds(
    subject,
    name=NAMES,
    phones=st.sampled_from(["", "13800138000", "138-0013-8000 / 13700137000", "1380013"]),
    tax_id=st.sampled_from(["", "91340100MA2T", "91340100ma2t "]),
    city=st.sampled_from(["", "合肥", "合肥市", "芜湖市"]),
    latitude=st.none() | st.floats(31.82, 31.824),
    longitude=st.none() | st.floats(117.22, 117.224),
)


@given(SUBJECTS, SUBJECTS)
def test_comparing_is_symmetric(first, second):
    assert compare(first, second) == compare(second, first)


@given(SUBJECTS)
def test_everything_with_something_to_compare_is_its_own_double(one):
    assume(one.name_key or one.phones or one.tax_id)
    assert compare(one, one) is not None


@given(NAMES)
def test_normalising_twice_changes_nothing(name):
    assert name_key(name_key(name)) == name_key(name)


@given(st.text(string.printable + "９Ａａ　", max_size=20), st.text(max_size=10))
def test_keys_of_tax_ids_and_cities_are_stable(text, city):
    assert tax_key(tax_key(text)) == tax_key(text)
    assert city_key(city, "安徽省") == city_key(f" {city} ", "安徽省")


@given(KEYS, KEYS)
def test_similarity_is_between_nothing_and_the_same(first, second):
    alike = similarity(first, second)
    assert 0 <= alike <= 1
    assert alike == similarity(second, first)
    assert (alike == 1) == (first == second != "")


@st.composite
def edited(draw):
    """A key, and the same with up to three signs added, dropped or changed."""
    first = draw(st.text(alphabet="甲乙丙丁戊己庚辛ab", min_size=5, max_size=24))
    second = list(first)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(second) - 1))
        second[place : place + draw(st.integers(0, 1))] = draw(st.text(alphabet="甲乙寅", max_size=1))
        assume(second)
    return first, "".join(second)


@given(edited())
def test_no_name_that_is_alike_escapes_the_conditions(keys):
    """Whatever is 0.9 alike is the name with signs dropped, or has all the parts of one set; its length is allowed."""
    first, second = keys
    assume(first != second and similarity(first, second) >= 0.9)
    shortest, longest = alike_lengths(first, 0.9)
    assert shortest <= len(second) <= longest
    by_parts = any(all(part in second for part in parts) for parts in alike_conditions(first))
    assert by_parts or second in alike_by_dropping(first)


@given(edited())
def test_a_name_that_is_alike_has_a_length_that_is_allowed(keys):
    first, second = keys
    assume(similarity(first, second) >= 0.8)
    shortest, longest = alike_lengths(first, 0.8)
    assert shortest <= len(second) <= longest


@given(st.floats(-85, 85), st.floats(-179, 179), st.floats(-0.003, 0.003), st.floats(-0.01, 0.01))
def test_whoever_is_within_the_circle_is_in_the_box(latitude, longitude, north, east):
    other = latitude + north, longitude + east
    assume(distance_m(latitude, longitude, *other) <= 200)
    south, top, west, right = bounding_box(latitude, longitude)
    assert south <= other[0] <= top
    assert west <= other[1] <= right


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ({"phones": "13800138000"}, {"phones": "+86 138 0013 8000"}, "phone"),
        ({"phones": "1380013"}, {"phones": "1380013"}, None),  # no number says nothing
        ({"tax_id": "91340100ma2t"}, {"tax_id": "９１340100MA2T "}, "tax_id"),
        ({"name": "合肥蜗牛烘焙有限公司"}, {"name": "蜗牛烘焙"}, "name"),
        (
            {"name": "老王精品烟酒便利店", "city": "合肥"},
            {"name": "老王精品烟酒便民店", "city": "合肥市"},
            None,  # 8 of 9 signs: 0.89
        ),
        (
            {"name": "老王精品烟酒便利超市", "city": "合肥"},
            {"name": "老王精品烟酒便民超市", "city": "合肥市"},
            "similar_city",
        ),
        (
            {"name": "老王精品烟酒便利超市", "city": "合肥"},
            {"name": "老王精品烟酒便民超市", "city": "芜湖"},
            None,
        ),
        ({"name": "老王精品烟酒便利超市"}, {"name": "老王精品烟酒便民超市"}, None),  # no city is no city
    ],
)
def test_what_is_the_same(first, second, reason):
    match = compare(subject(**first), subject(**second))
    assert (match.reason if match else None) == reason


def test_a_similar_name_counts_up_to_200_metres():
    door = {"latitude": 31.82, "longitude": 117.22}
    one = subject(name="老王便利店", **door)
    metres = 1 / 111_195
    near = subject(name="老王便民店", latitude=31.82 + 199 * metres, longitude=117.22)
    far = subject(name="老王便民店", latitude=31.82 + 201 * metres, longitude=117.22)
    assert similarity(one.name_key, near.name_key) == pytest.approx(0.8)
    match = compare(one, near)
    assert match is not None
    assert match.reason == DuplicateReason.SIMILAR_NEAR
    assert match.distance == pytest.approx(199, abs=0.5)
    assert compare(one, far) is None
    assert compare(one, subject(name="小李便民店", **door)) is None


def test_what_is_switched_off_is_not_compared():
    one = subject(name="老王便利店", phones="13800138000", tax_id="91340100MA2T", city="合肥")
    assert compare(one, one, Fields(phone=False)).reason == "tax_id"
    assert compare(one, one, Fields(phone=False, tax_id=False)).reason == "name"
    assert compare(one, one, Fields(False, False, False, True)).reason == "similar_city"
    assert compare(one, one, Fields(False, False, False, False)) is None


def test_a_municipality_is_its_own_city():
    assert city_key("市辖区", "上海市") == city_key("上海") == city_key("", "上海") == "上海"
    assert city_key("", "安徽省") == ""


def test_half_a_location_is_none():
    assert subject(name="老王", latitude=31.0) == Subject(name_key="老王")


def test_mask_tells_only_what_one_knows():
    assert [mask(name) for name in ("蜗牛烘焙坊", "老王", "王", "")] == ["蜗***坊", "老***", "王***", "***"]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))))
def test_groups_hold_each_id_once_and_no_pair_apart(pairs):
    found = groups(pairs)
    assert sorted(item for group in found for item in group) == sorted(
        {item for pair in pairs for item in pair}
    )
    for one, other in pairs:
        assert any(one in group and other in group for group in found)
    assert all(group == sorted(group) for group in found)


def test_a_long_name_is_compared_but_not_searched_for():
    assert alike_conditions(string.ascii_lowercase) == []
    assert alike_conditions("甲乙丙丁") == []  # one sign of four is already too much
    assert alike_by_dropping("甲乙丙丁") == alike_by_dropping("甲乙丙丁戊") == []
    # One sign may be put in: of four pairs three are left.
    assert len(alike_conditions("甲乙丙丁戊")) == 4
    assert "乙丙丁戊己" in alike_by_dropping("甲乙丙丁戊己")
