"""News of alerts is in the language of who is told, owner and superior alike."""

import datetime as dt

import pytest
from django.utils.translation import override

from alerts.services import compute_alerts
from common.business_calendar import today
from tests.factories import CustomerFactory
from tests.readers import english, last_words

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("actors", ["en", "zh-hans"])
def test_new_alerts(people, rule, actors):
    english(people.owner)
    for person in (people.owner, people.colleague):
        CustomerFactory(owner=person, created_on=dt.date(2026, 1, 1))
    rule("unvisited", 10)
    with override(actors):
        compute_alerts(today=today(), full=True)
    assert last_words(people.owner).startswith("1 new alert | Not visited 1; most urgent: ")
    assert "alert" not in last_words(people.colleague)
    assert "预警" in last_words(people.superior)


def test_a_superior_who_reads_english(people, rule):
    english(people.superior)
    for person in (people.owner, people.colleague):
        CustomerFactory(owner=person, created_on=dt.date(2026, 1, 1))
    rule("unvisited", 10)
    compute_alerts(today=today(), full=True)
    assert last_words(people.superior).startswith("2 new alerts of your people | ")
    assert ", " in last_words(people.superior)
