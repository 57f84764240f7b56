"""What visits tell is in the language of who is told."""

import datetime as dt

import pytest
from django.utils.translation import override

from tests.factories import CustomerFactory, VisitTaskFactory
from tests.readers import english, last_words
from tests.visits.conftest import DAY
from visits.services.reminders import remind_of_tomorrow

pytestmark = pytest.mark.django_db
EVENING = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)  # 18:00 in Shanghai


@pytest.mark.parametrize("actors", ["en", "zh-hans"])
def test_the_visits_of_tomorrow(people, actors):
    english(people.owner)
    for person in (people.owner, people.colleague):
        for name in ("甲店", "乙店"):
            shop = CustomerFactory(owner=person, name=name)
            VisitTaskFactory(rep=person, customer=shop, date=DAY + dt.timedelta(days=1))
    with override(actors):
        assert remind_of_tomorrow(now=EVENING) == 2
    assert last_words(people.owner).startswith("2 visits tomorrow, ")
    assert last_words(people.owner).endswith("First: 甲店, 乙店")
    assert last_words(people.colleague).endswith("甲店、乙店")
    assert "明天" in last_words(people.colleague)
