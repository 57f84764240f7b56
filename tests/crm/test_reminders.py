"""Birthdays and next contacts are told once (B2, B6)."""

import datetime as dt

import pytest
from django.db import connection

from accounts.models import SystemOptions
from comms.models import Notification
from crm.models import Customer, Lead
from crm.services.reminders import remind_birthdays, remind_contacts
from crm.tasks import reminders as tasks
from tests.factories import ContactFactory, CustomerFactory, LeadFactory
from tests.races import race

NOW = dt.datetime(2026, 3, 10, 4, tzinfo=dt.UTC)
TODAY = dt.date(2026, 3, 10)


@pytest.mark.django_db
class TestBirthdays:
    def test_each_contact_and_year_once(self, people, django_assert_num_queries):
        SystemOptions.objects.filter(pk=SystemOptions.load().pk).update(birthday_days=3)
        mine = CustomerFactory(owner=people.owner)
        for day in (9, 10, 13, 14):
            ContactFactory(customer=mine, name=f"三月{day}", birthday=dt.date(1980, 3, day))
        ContactFactory(customer=CustomerFactory(owner=None, received_on=None), birthday=dt.date(1980, 3, 10))
        ContactFactory(customer=CustomerFactory(status="inactive"), birthday=dt.date(1980, 3, 10))
        with django_assert_num_queries(
            6
        ):  # options, people, known notices, languages, new ones, who wants them elsewhere
            assert remind_birthdays(today=TODAY, now=NOW) == 2
        assert remind_birthdays(today=TODAY, now=NOW) == 0
        assert remind_birthdays(today=TODAY + dt.timedelta(days=1), now=NOW) == 1  # the 14th comes near
        assert Notification.objects.filter(recipient=people.owner, kind="birthday").count() == 3
        assert remind_birthdays(today=TODAY.replace(year=2027), now=NOW) == 2

    def test_over_the_end_of_the_year_it_is_one_birthday(self, people):
        ContactFactory(customer=CustomerFactory(owner=people.owner), birthday=dt.date(1980, 1, 1))
        assert remind_birthdays(today=dt.date(2026, 12, 30), now=NOW) == 1
        assert remind_birthdays(today=dt.date(2027, 1, 1), now=NOW) == 0

    def test_29_february_in_another_year(self, people):
        ContactFactory(customer=CustomerFactory(owner=people.owner), birthday=dt.date(2000, 2, 29))
        assert remind_birthdays(today=dt.date(2026, 2, 26), now=NOW) == 1
        assert "02-28" in Notification.objects.get().title


@pytest.mark.django_db
class TestContacts:
    def test_once_for_each_time_that_came(self, people, django_assert_num_queries):
        hour = dt.timedelta(hours=1)
        mine = CustomerFactory(owner=people.owner, next_contact_at=NOW - hour)
        lead = LeadFactory(owner=people.owner, next_contact_at=NOW)
        CustomerFactory(owner=people.owner, next_contact_at=NOW + hour)
        CustomerFactory(owner=people.owner, next_contact_at=NOW - hour, status="inactive")
        LeadFactory(owner=people.owner, next_contact_at=NOW, stage="lost")
        with django_assert_num_queries(
            10
        ):  # rows, known ones, languages, new ones, who wants them elsewhere, for customers and for leads
            assert remind_contacts(now=NOW) == 2
        assert remind_contacts(now=NOW) == 0
        urls = set(Notification.objects.filter(recipient=people.owner).values_list("url", flat=True))
        assert urls == {f"/customers/{mine.pk}/", f"/leads/{lead.pk}/"}
        Customer.objects.filter(pk=mine.pk).update(next_contact_at=NOW + hour)
        assert remind_contacts(now=NOW + 2 * hour) == 2  # planned anew, and the one that has come since

    def test_a_new_owner_is_told_too(self, people):
        lead = LeadFactory(owner=people.owner, next_contact_at=NOW)
        remind_contacts(now=NOW)
        Lead.objects.filter(pk=lead.pk).update(owner=people.colleague)
        assert remind_contacts(now=NOW) == 1
        assert Notification.objects.filter(recipient=people.colleague).exists()

    def test_the_tasks_of_the_timetable_call_them(self, people):
        past = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
        customer = CustomerFactory(owner=people.owner, next_contact_at=past)
        ContactFactory(customer=customer, birthday=dt.date(1980, past.month, min(past.day, 28)))
        tasks.remind_contacts()
        assert Notification.objects.get().url == f"/customers/{customer.pk}/"
        tasks.remind_birthdays()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="needs a database with many writers")
def test_two_runs_at_once_tell_once(people):
    for _n in range(20):
        customer = CustomerFactory(owner=people.owner, next_contact_at=NOW)
        ContactFactory(customer=customer, birthday=dt.date(1980, 3, 10))
    outcomes = race(
        lambda: remind_contacts(now=NOW),
        lambda: remind_contacts(now=NOW),
        lambda: remind_birthdays(today=TODAY, now=NOW),
        lambda: remind_birthdays(today=TODAY, now=NOW),
    )
    assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
    assert Notification.objects.count() == 40
