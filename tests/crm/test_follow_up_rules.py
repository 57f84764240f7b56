"""Birthdays, trees and voice containers (B2, B6): values in, answers out."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules import follow_ups as rules
from tests.crm.follow_up_files import WEBM

NOW = dt.datetime(2026, 3, 10, 4, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (WEBM, rules.WEBM),
        (b"OggS\0\x02" + b"\0" * 22 + b"OpusHead", rules.OGG),
        (b"\0\0\0\x1cftypM4A \0\0\0\0", rules.MP4),
        (b"\x1a\x45\xdf\xa3 matroska", None),
        (b"<html>webm</html>", None),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"", None),
    ],
)
def test_a_voice_note_is_known_by_its_bytes(data, kind):
    assert rules.voice_kind(data) == kind


def test_quick_days_never_offer_today():
    monday = dt.date(2026, 11, 23)
    days = rules.quick_days(monday)
    assert days == {
        "tomorrow": dt.date(2026, 11, 24),
        "three_days": dt.date(2026, 11, 26),
        "monday": dt.date(2026, 11, 30),
    }


def test_times_of_a_follow_up():
    assert not rules.is_too_late(NOW + dt.timedelta(minutes=10), NOW)
    assert rules.is_too_late(NOW + dt.timedelta(minutes=10, seconds=1), NOW)
    assert not rules.is_too_early(NOW - dt.timedelta(days=366), NOW)
    assert rules.is_too_early(NOW - dt.timedelta(days=367), NOW)


class TestBirthdays:
    def test_29_february_is_the_28th_in_other_years(self):
        born = dt.date(2000, 2, 29)
        assert rules.next_birthday(born, dt.date(2026, 2, 26)) == dt.date(2026, 2, 28)
        assert rules.next_birthday(born, dt.date(2028, 2, 26)) == dt.date(2028, 2, 29)
        assert 29 in rules.birth_dates(dt.date(2026, 2, 26), 3)[2]
        assert rules.birth_dates(dt.date(2028, 2, 26), 2) == {2: {26, 27, 28}}

    def test_over_the_end_of_the_year(self):
        assert rules.birth_dates(dt.date(2026, 12, 30), 3) == {12: {30, 31}, 1: {1, 2}}
        assert rules.next_birthday(dt.date(1990, 1, 2), dt.date(2026, 12, 30)) == dt.date(2027, 1, 2)

    @given(
        born=st.dates(dt.date(1930, 1, 1), dt.date(2020, 12, 31)),
        today=st.dates(dt.date(2024, 1, 1), dt.date(2033, 12, 31)),
        days=st.integers(0, 60),
    )
    def test_the_dates_asked_for_are_those_of_the_birthdays_in_reach(self, born, today, days):
        asked = born.day in rules.birth_dates(today, days).get(born.month, set())
        assert asked == ((rules.next_birthday(born, today) - today).days <= days)


superior_maps = st.integers(1, 8).flatmap(
    lambda n: st.fixed_dictionaries({pk: st.one_of(st.none(), st.integers(1, n)) for pk in range(1, n + 1)})
)


class TestTree:
    def test_a_ring_is_seen_at_any_distance(self):
        superiors = {1: None, 2: 1, 3: 2}
        assert rules.makes_ring(1, 3, superiors)
        assert rules.makes_ring(1, 1, superiors)
        assert not rules.makes_ring(3, 1, superiors)
        assert not rules.makes_ring(9, 3, superiors)

    @given(superior_maps)
    def test_everybody_stands_in_the_tree_once_even_with_a_ring_in_the_data(self, superiors):
        def everybody(branches):
            for branch in branches:
                yield branch.pk
                yield from everybody(branch.children)

        assert sorted(everybody(rules.build_tree(superiors))) == sorted(superiors)

    def test_persons_stand_below_whom_they_answer_to(self):
        (top,) = rules.build_tree({1: None, 2: 1, 3: 2, 4: 1})
        assert [branch.pk for branch in top.children] == [2, 4]
        assert (top.children[0].children[0].pk, top.children[0].children[0].depth) == (3, 2)
