"""Real threads against PostgreSQL: invitations, reminders and series of the schedule (H2)."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.models import SystemOptions
from comms.models import Notification
from team.models import ScheduleEntry, ScheduleException, ScheduleInvitation, ScheduleReminder
from team.queries.schedule import aware, local, occurrences
from team.rules.schedule import Repeat
from team.services.schedule import (
    EntryTerms,
    answer_invitation,
    create_entry,
    delete_entry,
    move_entry,
    update_entry,
)
from team.services.schedule_reminders import remind_of_schedule
from tests.factories import UserFactory
from tests.races import race

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="row locks are PostgreSQL's"),
]

TUESDAY = dt.date(2026, 12, 1)
NOW = aware(dt.datetime(2026, 11, 27, 12))
MINUTE = dt.timedelta(minutes=1)
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@pytest.fixture(autouse=True)
def never_quiet():
    SystemOptions.load()
    SystemOptions.objects.update(quiet_start=dt.time(3), quiet_end=dt.time(3), quiet_days_off=False)


def at(hour, day=TUESDAY):
    return aware(dt.datetime.combine(day, dt.time(hour)))


def terms(begin=None, **more):
    begin = begin or at(10)
    return EntryTerms(
        **{"title": "例会", "starts_at": begin, "ends_at": begin + HOUR, "remind_minutes": 15, **more}
    )


def make(owner, begin=None, **more):
    return create_entry(actor=owner, terms=terms(begin, **more), now=NOW)


def times(owner):
    """Local beginnings of all that stands in his schedule in the fortnight."""
    rows = ScheduleEntry.objects.filter(owner=owner).prefetch_related("exceptions")
    found = [one for row in rows for one in occurrences(row, at(0), at(0) + 14 * DAY)]
    return sorted(f"{local(one.starts_at):%d %H}" for one in found)


def test_invitations_answered_at_once_all_count(people):
    asked = [people.colleague, people.superior, *(UserFactory() for _n in range(4))]
    entry = make(people.owner, people=[person.pk for person in asked])
    wanted = dict(zip(asked, ["accepted", "declined", "maybe"] * 2, strict=True))
    outcomes = race(
        *(
            lambda who=who, word=word: answer_invitation(actor=who, entry=entry, answer=word, now=NOW)
            for who, word in wanted.items()
        )
    )
    assert [type(one) for one in outcomes] == [ScheduleInvitation] * 6
    assert dict(entry.invitations.values_list("person", "answer")) == {
        who.pk: word for who, word in wanted.items()
    }
    assert Notification.objects.filter(recipient=people.owner).count() == 6


def test_one_answer_from_four_devices_is_told_once(people):
    entry = make(people.owner, people=[people.colleague.pk])
    answer = [lambda: answer_invitation(actor=people.colleague, entry=entry, answer="accepted", now=NOW)] * 4
    assert [one.answer for one in race(*answer)] == ["accepted"] * 4
    assert Notification.objects.filter(recipient=people.owner).count() == 1


def test_a_declined_invitation_and_a_reminder_at_once_tell_at_most_once(people):
    for n in range(5):
        entry = make(people.owner, at(10) + n * DAY, people=[people.colleague.pk])
        now = entry.starts_at - 10 * MINUTE
        race(
            lambda: answer_invitation(actor=people.colleague, entry=entry, answer="declined", now=now),  # noqa: B023
            lambda: remind_of_schedule(now=now),  # noqa: B023
        )
        remind_of_schedule(now=now)
        key = f"schedule-{entry.pk}-at-{int(entry.starts_at.timestamp())}"
        assert Notification.objects.filter(recipient=people.owner, key=key).count() == 1
        assert Notification.objects.filter(recipient=people.colleague, key=key).count() <= 1


def test_a_reminder_claimed_by_four_workers_fires_once(people):
    entries = [
        make(people.owner, title=f"会{n}", people=[people.colleague.pk, people.superior.pk])
        for n in range(20)
    ]
    now = at(10) - MINUTE
    outcomes = race(*[lambda: remind_of_schedule(now=now)] * 4)
    assert all(isinstance(told, int) for told in outcomes), outcomes
    # What a worker held while the others passed is told by the next run, and by it alone.
    assert sum(outcomes) + remind_of_schedule(now=now) == 60
    assert ScheduleReminder.objects.filter(told_at__isnull=False).count() == 60
    for person in (people.owner, people.colleague, people.superior):
        assert Notification.objects.filter(recipient=person, key__contains="-at-").count() == len(entries)


def test_a_series_edited_in_two_windows_loses_and_doubles_no_day(people):
    """One moves a day, the other gives that day and all after it another hour, which the day then has as well."""
    for n in range(6):
        owner = UserFactory(role=people.owner.role)
        entry = make(owner, repeat=Repeat("DAILY", count=5))
        day = TUESDAY + 2 * DAY
        later = terms(at(15, day), title="改", repeat=Repeat("DAILY", count=5))
        outcomes = race(
            lambda: move_entry(actor=owner, entry=entry, starts_at=at(8, day), day=day, now=NOW),  # noqa: B023
            lambda: update_entry(actor=owner, entry=entry, terms=later, part="following", day=day, now=NOW),  # noqa: B023
        )
        assert isinstance(outcomes[1], ScheduleEntry), (n, outcomes)
        assert isinstance(outcomes[0], ScheduleEntry | ValidationError), outcomes
        assert times(owner) == ["01 10", "02 10", "03 15", "04 15", "05 15"]


def test_one_day_moved_by_two_stands_once(people):
    entry = make(people.owner, repeat=Repeat("DAILY", count=3))
    moves = [
        lambda hour=hour: move_entry(
            actor=people.owner, entry=entry, starts_at=at(hour), day=TUESDAY, now=NOW
        )
        for hour in (12, 13, 14, 15)
    ]
    assert [type(one) for one in race(*moves)] == [ScheduleEntry] * 4
    assert ScheduleException.objects.filter(entry=entry).count() == 1
    assert len(times(people.owner)) == 3
    entry.refresh_from_db()
    assert entry.version == 4  # each move told the colleagues by a key of its own


def test_changed_and_taken_out_at_once_is_told_and_no_error(people):
    for n in range(4):
        entry = make(people.owner, at(10) + n * DAY)
        outcomes = race(
            lambda: delete_entry(actor=people.owner, entry=entry, now=NOW),  # noqa: B023
            lambda: delete_entry(actor=people.owner, entry=entry, now=NOW),  # noqa: B023
            lambda: move_entry(actor=people.owner, entry=entry, starts_at=at(16) + n * DAY, now=NOW),  # noqa: B023
        )
        assert [type(one) for one in outcomes[:2]].count(ValidationError) == 1, outcomes
        assert isinstance(outcomes[2], ScheduleEntry | ValidationError), outcomes
        assert not ScheduleEntry.objects.filter(pk=entry.pk).exists()


def test_a_form_sent_four_times_at_once_makes_one_entry(people):
    key = uuid.uuid4()
    send = [
        lambda: create_entry(actor=people.owner, terms=terms(people=[people.colleague.pk]), uuid=key, now=NOW)
    ] * 4
    outcomes = race(*send)
    assert len({one.pk for one in outcomes}) == 1
    assert Notification.objects.filter(recipient=people.colleague).count() == 1
