"""Reminders of the schedule: once for each person and occurrence, and not in anybody's quiet hours."""

import datetime as dt

import pytest

from accounts.models import SystemOptions
from comms.models import Notification, NotifySettings
from team.models import ScheduleEntry, ScheduleReminder
from team.queries.schedule import aware
from team.rules.schedule import Repeat
from team.services.schedule import (
    EntryTerms,
    answer_invitation,
    create_entry,
    delete_entry,
    move_entry,
)
from team.services.schedule_reminders import remind_of_schedule
from team.tasks.schedule import remind_of_schedule as job

TUESDAY = dt.date(2026, 12, 1)
NOW = aware(dt.datetime(2026, 11, 27, 12))
MINUTE = dt.timedelta(minutes=1)
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def at(hour, minute=0, day=TUESDAY):
    return aware(dt.datetime.combine(day, dt.time(hour, minute)))


@pytest.fixture(autouse=True)
def quiet(db):
    options = SystemOptions.load()
    options.quiet_start, options.quiet_end, options.quiet_days_off = dt.time(21), dt.time(8), False
    options.save()


def make(owner, begin=None, **more):
    begin = begin or at(10)
    terms = EntryTerms(
        **{"title": "例会", "starts_at": begin, "ends_at": begin + HOUR, "remind_minutes": 15, **more}
    )
    return create_entry(actor=owner, terms=terms, now=NOW)


def told(person):
    return Notification.objects.filter(recipient=person, key__contains="-at-").count()


def test_it_is_told_once(people):
    entry = make(people.owner)
    assert remind_of_schedule(now=at(9, 44)) == 0
    assert remind_of_schedule(now=at(9, 45)) == 1
    assert remind_of_schedule(now=at(9, 45)) == 0
    assert remind_of_schedule(now=at(9, 46)) == 0
    notice = Notification.objects.get(recipient=people.owner)
    assert (notice.kind, notice.url) == ("schedule", entry.get_absolute_url())
    assert "例会" in notice.title
    entry.refresh_from_db()
    assert entry.remind_next_at is None


def test_a_series_is_told_each_time_and_from_where_it_stands(people):
    entry = make(people.owner, repeat=Repeat("DAILY", count=3))
    delete_entry(actor=people.owner, entry=entry, part="this", day=TUESDAY + DAY, now=NOW)
    for n in range(4):
        remind_of_schedule(now=at(9, 50) + n * DAY)
        remind_of_schedule(now=at(9, 55) + n * DAY)
    assert told(people.owner) == 2
    assert Notification.objects.filter(url__contains="?on=2026-12-03").count() == 1


def test_after_a_long_stop_nobody_is_reminded_of_what_is_over(people):
    make(people.owner, repeat=Repeat("DAILY"))
    assert remind_of_schedule(now=at(9, 50) + 5 * DAY) == 1
    assert told(people.owner) == 1


def test_who_comes_is_told_and_who_declined_is_not(people):
    entry = make(people.owner, people=[people.colleague.pk, people.outsider.pk])
    answer_invitation(actor=people.outsider, entry=entry, answer="declined", now=NOW)
    assert remind_of_schedule(now=at(9, 45)) == 2
    assert (told(people.owner), told(people.colleague), told(people.outsider)) == (1, 1, 0)


def test_in_his_quiet_hours_nobody_is_told(people):
    """The company is quiet until eight, the colleague until half past nine."""
    NotifySettings.objects.create(user=people.colleague, quiet_start=dt.time(20), quiet_end=dt.time(9, 30))
    make(people.owner, at(9, 15), people=[people.colleague.pk])
    assert remind_of_schedule(now=at(9, 0)) == 1
    assert (told(people.owner), told(people.colleague)) == (1, 0)
    assert remind_of_schedule(now=at(9, 29)) == 0
    assert remind_of_schedule(now=at(9, 30)) == 1  # it goes on until a quarter past ten
    assert (told(people.owner), told(people.colleague)) == (1, 1)


def test_what_was_over_before_his_quiet_hours_ended_is_dropped(people):
    make(people.owner, at(5))
    for minute in range(0, 240, 15):
        assert remind_of_schedule(now=at(4, 45) + minute * MINUTE) == 0
    assert told(people.owner) == 0
    assert not ScheduleReminder.objects.exists()


def test_a_moved_entry_is_told_at_its_new_time_only(people):
    entry = make(people.owner, at(9))
    NotifySettings.objects.create(user=people.owner, quiet_start=dt.time(20), quiet_end=dt.time(8, 50))
    assert remind_of_schedule(now=at(8, 45)) == 0
    assert ScheduleReminder.objects.count() == 1  # waits
    move_entry(actor=people.owner, entry=entry, starts_at=at(14), now=at(8, 46))
    assert remind_of_schedule(now=at(8, 50)) == 0
    assert remind_of_schedule(now=at(13, 45)) == 1
    assert told(people.owner) == 1


def test_two_runs_at_once_tell_once(people):
    """The second has read the entry before the first wrote: the keys let nothing through twice."""
    entry = make(people.owner)
    before = entry.remind_next_at
    assert remind_of_schedule(now=at(9, 45)) == 1
    ScheduleEntry.objects.filter(pk=entry.pk).update(remind_next_at=before)
    assert remind_of_schedule(now=at(9, 45)) == 0
    assert told(people.owner) == 1


def test_who_left_is_told_nothing(people):
    make(people.owner)
    people.owner.is_active = False
    people.owner.save()
    assert remind_of_schedule(now=at(9, 45)) == 0


def test_it_costs_the_same_for_one_entry_and_for_thirty(people, django_assert_num_queries):
    counts = []
    for entries in (1, 30):
        for n in range(entries):
            make(people.owner, at(10) + n * MINUTE, title=f"会{n}")
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as found:
            remind_of_schedule(now=at(10, 14))
        counts.append(len(found) - entries)  # one claim for each entry
        ScheduleEntry.objects.all().delete()
    assert counts[0] == counts[1]


def test_the_job(people):
    assert job() == 0
