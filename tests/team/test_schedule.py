"""Entries, series, invitations and check-in of the schedule: the services, and who sees what."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from comms.models import Notification
from team.enums import EntryVisibility, InvitationAnswer, SeriesPart
from team.models import ScheduleEntry, ScheduleException
from team.queries.schedule import aware, local, occurrences, schedule_items
from team.rules.schedule import Repeat
from team.services.schedule import (
    EntryTerms,
    answer_invitation,
    create_entry,
    delete_entry,
    move_entry,
    update_entry,
)
from team.services.schedule_check_in import plan_visit
from tests.factories import CustomerFactory, VisitFactory, VisitTaskFactory
from visits.models import VisitTask

MONDAY = dt.date(2026, 11, 30)
NOW = aware(dt.datetime(2026, 11, 27, 12))
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def at(day, hour=9):
    return aware(dt.datetime.combine(day, dt.time(hour)))


def terms(day=MONDAY, hour=9, **more):
    begin = at(day, hour)
    return EntryTerms(**{"title": "例会", "starts_at": begin, "ends_at": begin + HOUR, **more})


def make(owner, **more):
    return create_entry(actor=owner, terms=terms(**more), now=NOW)


def days_of(entry, days=40):
    entry = ScheduleEntry.objects.get(pk=entry.pk)
    return [local(one.starts_at) for one in occurrences(entry, at(MONDAY, 0), at(MONDAY + days * DAY, 0))]


def wall(day, hour=9):
    return dt.datetime.combine(day, dt.time(hour))


# --- making
def test_an_entry_is_made_once(people):
    key = uuid.uuid4()
    first = create_entry(actor=people.owner, terms=terms(), uuid=key, now=NOW)
    again = create_entry(actor=people.owner, terms=terms(title="另一个"), uuid=key, now=NOW)
    assert again.pk == first.pk
    assert ScheduleEntry.objects.get().title == "例会"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": "  "}, "title"),
        ({"ends_at": at(MONDAY, 9)}, "ends_at"),
        ({"ends_at": at(MONDAY + 61 * DAY)}, "ends_at"),
        ({"repeat": Repeat("DAILY", interval=0)}, "interval"),
        ({"repeat": Repeat("DAILY", count=1000)}, "count"),
        ({"repeat": Repeat("DAILY", until=MONDAY - DAY)}, "repeat_until"),
        ({"repeat": Repeat("DAILY", until=dt.date(2090, 1, 1))}, "repeat_until"),
    ],
)
def test_what_makes_no_sense_is_refused(people, wrong, field):
    with pytest.raises(ValidationError) as refusal:
        make(people.owner, **wrong)
    assert field in refusal.value.error_dict
    assert not ScheduleEntry.objects.exists()


def test_a_customer_out_of_sight_is_refused(people):
    theirs = CustomerFactory(owner=people.outsider)
    with pytest.raises(ValidationError) as refusal:
        make(people.owner, customer=theirs)
    assert "customer" in refusal.value.error_dict


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends_at": at(MONDAY)},
        {"title": ""},
        {"last_end_at": at(MONDAY)},
        {"last_end_at": None},
    ],
)
def test_the_database_refuses_too(people, wrong):
    values = {
        "title": "例会",
        "starts_at": at(MONDAY),
        "ends_at": at(MONDAY, 10),
        "last_end_at": at(MONDAY, 10),
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        ScheduleEntry.objects.create(owner=people.owner, **{**values, **wrong})


def test_an_exception_is_cancelled_or_moved(people):
    entry = make(people.owner, repeat=Repeat("DAILY"))
    with pytest.raises(IntegrityError), transaction.atomic():
        ScheduleException.objects.create(entry=entry, day=MONDAY)
    ScheduleException.objects.create(entry=entry, day=MONDAY, is_cancelled=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        ScheduleException.objects.create(entry=entry, day=MONDAY, is_cancelled=True)


# --- series
def test_a_weekly_series_has_its_own_weekday(people):
    entry = make(people.owner, repeat=Repeat("WEEKLY", weekdays=(2,), count=4))
    assert entry.rule == "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4"
    assert days_of(entry) == [
        wall(MONDAY),
        wall(MONDAY + 2 * DAY),
        wall(MONDAY + 7 * DAY),
        wall(MONDAY + 9 * DAY),
    ]
    assert entry.last_end_at == at(MONDAY + 9 * DAY, 10)


@pytest.mark.parametrize("part", [SeriesPart.ALL, SeriesPart.FOLLOWING])
def test_the_weekdays_of_a_series_go_along_with_its_day(people, part):
    """Monday and Wednesday, from the second Monday on a day later; the form sends the weekdays as they were."""
    repeat = Repeat("WEEKLY", weekdays=(0, 2))
    entry = make(people.owner, repeat=repeat)
    later = terms(MONDAY + 8 * DAY, repeat=repeat)
    fresh = update_entry(
        actor=people.owner, entry=entry, terms=later, part=part, day=MONDAY + 7 * DAY, now=NOW
    )
    assert fresh.rule == "FREQ=WEEKLY;BYDAY=TU,TH"
    begins = MONDAY + DAY if part == SeriesPart.ALL else MONDAY + 8 * DAY
    assert days_of(fresh)[:2] == [wall(begins), wall(begins + 2 * DAY)]
    assert len(days_of(entry, 7)) == 2


def test_weekdays_chosen_anew_stand_when_a_series_is_moved(people):
    entry = make(people.owner, repeat=Repeat("WEEKLY", weekdays=(0, 2)))
    later = terms(MONDAY + DAY, repeat=Repeat("WEEKLY", weekdays=(1, 4)))
    update_entry(actor=people.owner, entry=entry, terms=later, part=SeriesPart.ALL, day=MONDAY, now=NOW)
    assert days_of(entry)[:3] == [wall(MONDAY + DAY), wall(MONDAY + 4 * DAY), wall(MONDAY + 8 * DAY)]


def test_one_occurrence_is_moved_and_goes_back(people):
    entry = make(people.owner, repeat=Repeat("DAILY", count=3))
    move_entry(
        actor=people.owner, entry=entry, starts_at=at(MONDAY + 20 * DAY, 15), day=MONDAY + DAY, now=NOW
    )
    assert days_of(entry) == [wall(MONDAY), wall(MONDAY + 2 * DAY), wall(MONDAY + 20 * DAY, 15)]
    # Beyond the end of the series it is found by its own time.
    window = (at(MONDAY + 20 * DAY, 0), at(MONDAY + 21 * DAY, 0))
    assert list(ScheduleEntry.objects.touching(*window)) == [entry]
    move_entry(actor=people.owner, entry=entry, starts_at=at(MONDAY + DAY), day=MONDAY + DAY, now=NOW)
    assert not ScheduleException.objects.exists()
    assert len(days_of(entry)) == 3


def test_all_is_shifted_by_as_much_as_one_was(people):
    entry = make(people.owner, repeat=Repeat("DAILY", count=3))
    delete_entry(actor=people.owner, entry=entry, part=SeriesPart.THIS, day=MONDAY + DAY, now=NOW)
    changed = terms(day=MONDAY + 2 * DAY, hour=11, title="晨会", repeat=Repeat("DAILY", count=3))
    update_entry(actor=people.owner, entry=entry, terms=changed, part="all", day=MONDAY + 2 * DAY, now=NOW)
    assert days_of(entry) == [wall(MONDAY, 11), wall(MONDAY + 2 * DAY, 11)]
    entry.refresh_from_db()
    assert (entry.title, entry.version) == ("晨会", 2)


@pytest.mark.parametrize(("part", "begins"), [(SeriesPart.ALL, 0), (SeriesPart.FOLLOWING, 1)])
def test_single_exceptions_go_along_with_a_moved_series(people, part, begins):
    """Daily at nine; the third day is cancelled, the fourth two hours later; from the second on a day and an hour later."""
    repeat = Repeat("DAILY", count=5)
    entry = make(people.owner, repeat=repeat)
    delete_entry(actor=people.owner, entry=entry, part="this", day=MONDAY + 2 * DAY, now=NOW)
    move_entry(actor=people.owner, entry=entry, starts_at=at(MONDAY + 3 * DAY, 11), day=MONDAY + 3 * DAY)
    later = terms(day=MONDAY + 2 * DAY, hour=10, repeat=repeat)
    fresh = update_entry(actor=people.owner, entry=entry, terms=later, part=part, day=MONDAY + DAY, now=NOW)
    plain = [wall(MONDAY + n * DAY, 10) for n in (1, 2, 5)]
    assert days_of(fresh) == sorted([*plain[begins:], wall(MONDAY + 4 * DAY, 12)])


def test_the_weekdays_of_a_moved_series_keep_what_was_cancelled(people):
    repeat = Repeat("WEEKLY", weekdays=(0, 2), count=4)
    entry = make(people.owner, repeat=repeat)
    delete_entry(actor=people.owner, entry=entry, part="this", day=MONDAY + 7 * DAY, now=NOW)
    later = terms(MONDAY + 3 * DAY, repeat=repeat)
    update_entry(actor=people.owner, entry=entry, terms=later, part="all", day=MONDAY + 2 * DAY, now=NOW)
    assert days_of(entry) == [wall(MONDAY + n * DAY) for n in (1, 3, 10)]


def test_a_moved_day_of_a_series_that_gets_whole_days_is_a_whole_day(people):
    entry = make(people.owner, repeat=Repeat("DAILY", count=3))
    move_entry(actor=people.owner, entry=entry, starts_at=at(MONDAY + 6 * DAY, 15), day=MONDAY + DAY, now=NOW)
    whole = terms(hour=0, is_all_day=True, ends_at=at(MONDAY + DAY, 0), repeat=Repeat("DAILY", count=3))
    update_entry(actor=people.owner, entry=entry, terms=whole, part="all", day=MONDAY, now=NOW)
    assert days_of(entry) == [wall(MONDAY + n * DAY, 0) for n in (0, 2, 6)]
    assert ScheduleException.objects.get().ends_at == at(MONDAY + 7 * DAY, 0)


def test_what_one_was_moved_to_begins_the_following(people):
    entry = make(people.owner, repeat=Repeat("DAILY", count=3))
    move_entry(actor=people.owner, entry=entry, starts_at=at(MONDAY + DAY, 15), day=MONDAY + DAY, now=NOW)
    later = terms(MONDAY + DAY, hour=16, repeat=Repeat("DAILY", count=3))
    fresh = update_entry(
        actor=people.owner, entry=entry, terms=later, part="following", day=MONDAY + DAY, now=NOW
    )
    assert days_of(fresh) == [wall(MONDAY + DAY, 16), wall(MONDAY + 2 * DAY, 16)]


def test_exceptions_of_days_that_are_no_more_go(people):
    entry = make(people.owner, repeat=Repeat("DAILY", count=5))
    delete_entry(actor=people.owner, entry=entry, part=SeriesPart.THIS, day=MONDAY + DAY, now=NOW)
    weekly = terms(repeat=Repeat("WEEKLY", count=2))
    update_entry(actor=people.owner, entry=entry, terms=weekly, part="all", day=MONDAY, now=NOW)
    assert not ScheduleException.objects.exists()
    assert days_of(entry) == [wall(MONDAY), wall(MONDAY + 7 * DAY)]


def test_this_one_alone_gets_other_words(people):
    entry = make(people.owner, repeat=Repeat("DAILY", count=3))
    changed = terms(day=MONDAY + DAY, title="特别会", repeat=Repeat("DAILY", count=3))
    alone = update_entry(
        actor=people.owner, entry=entry, terms=changed, part="this", day=MONDAY + DAY, now=NOW
    )
    assert (alone.title, alone.rule) == ("特别会", "")
    assert days_of(entry) == [wall(MONDAY), wall(MONDAY + 2 * DAY)]


def test_this_one_alone_gets_another_time(people):
    entry = make(people.owner, repeat=Repeat("DAILY", count=3))
    changed = terms(day=MONDAY + DAY, hour=16, repeat=Repeat("DAILY", count=3))
    same = update_entry(
        actor=people.owner, entry=entry, terms=changed, part="this", day=MONDAY + DAY, now=NOW
    )
    assert same.pk == entry.pk
    assert days_of(entry) == [wall(MONDAY), wall(MONDAY + DAY, 16), wall(MONDAY + 2 * DAY)]


def test_this_and_the_following_become_a_series_of_their_own(people):
    entry = make(people.owner, repeat=Repeat("DAILY", count=5))
    delete_entry(actor=people.owner, entry=entry, part=SeriesPart.THIS, day=MONDAY + 4 * DAY, now=NOW)
    changed = terms(day=MONDAY + 2 * DAY, hour=14, repeat=Repeat("DAILY", count=5))
    late = update_entry(
        actor=people.owner, entry=entry, terms=changed, part="following", day=MONDAY + 2 * DAY, now=NOW
    )
    assert late.pk != entry.pk
    assert days_of(entry) == [wall(MONDAY), wall(MONDAY + DAY)]
    assert days_of(late) == [wall(MONDAY + 2 * DAY, 14), wall(MONDAY + 3 * DAY, 14)]


@pytest.mark.parametrize(
    ("part", "left"),
    [("this", [0, 2, 3]), ("following", [0]), ("all", None)],
)
def test_a_part_of_a_series_is_taken_out(people, part, left):
    entry = make(people.owner, repeat=Repeat("DAILY", count=4))
    delete_entry(actor=people.owner, entry=entry, part=part, day=MONDAY + DAY, now=NOW)
    if left is None:
        assert not ScheduleEntry.objects.exists()
    else:
        assert days_of(entry) == [wall(MONDAY + n * DAY) for n in left]


def test_what_was_cancelled_cannot_be_changed(people):
    entry = make(people.owner, repeat=Repeat("DAILY", count=4))
    delete_entry(actor=people.owner, entry=entry, part="this", day=MONDAY + DAY, now=NOW)
    with pytest.raises(ValidationError):
        move_entry(actor=people.owner, entry=entry, starts_at=at(MONDAY, 12), day=MONDAY + DAY, now=NOW)


def test_a_whole_day_stays_one_when_it_is_moved(people):
    entry = make(people.owner, is_all_day=True, starts_at=at(MONDAY, 0), ends_at=at(MONDAY + DAY, 0))
    moved = move_entry(actor=people.owner, entry=entry, starts_at=at(MONDAY + 3 * DAY, 15), now=NOW)
    assert (moved.starts_at, moved.ends_at) == (at(MONDAY + 3 * DAY, 0), at(MONDAY + 4 * DAY, 0))


def test_nobody_else_changes_an_entry(people):
    entry = make(people.owner, people=[people.colleague.pk])
    for actor in (people.superior, people.colleague, people.admin):
        with pytest.raises(PermissionDenied):
            move_entry(actor=actor, entry=entry, starts_at=at(MONDAY, 12), now=NOW)
        with pytest.raises(PermissionDenied):
            update_entry(actor=actor, entry=entry, terms=terms(), now=NOW)
        with pytest.raises(PermissionDenied):
            delete_entry(actor=actor, entry=entry, now=NOW)


# --- invitations
def test_the_invited_are_told_and_answer(people):
    entry = make(people.owner, people=[people.colleague.pk, people.owner.pk])
    assert [row.person for row in entry.invitations.all()] == [people.colleague]
    notice = Notification.objects.get(recipient=people.colleague)
    assert (notice.kind, notice.url) == ("schedule", entry.get_absolute_url())
    row = answer_invitation(actor=people.colleague, entry=entry, answer="accepted", now=NOW)
    assert row.answered_at == NOW
    assert Notification.objects.filter(recipient=people.owner).count() == 1
    answer_invitation(actor=people.colleague, entry=entry, answer="accepted", now=NOW)
    assert Notification.objects.filter(recipient=people.owner).count() == 1
    with pytest.raises(ValidationError):
        answer_invitation(actor=people.colleague, entry=entry, answer="waiting", now=NOW)
    with pytest.raises(PermissionDenied):
        answer_invitation(actor=people.outsider, entry=entry, answer="accepted", now=NOW)


def test_another_time_asks_again_but_not_who_declined(people):
    entry = make(people.owner, people=[people.colleague.pk, people.outsider.pk])
    answer_invitation(actor=people.colleague, entry=entry, answer="accepted", now=NOW)
    answer_invitation(actor=people.outsider, entry=entry, answer="declined", now=NOW)
    move_entry(actor=people.owner, entry=entry, starts_at=at(MONDAY, 15), now=NOW + HOUR)
    answers = dict(entry.invitations.values_list("person__username", "answer"))
    assert answers == {"colleague": "waiting", "outsider": "declined"}
    assert Notification.objects.filter(recipient=people.colleague).count() == 2
    assert Notification.objects.filter(recipient=people.outsider).count() == 1
    move_entry(actor=people.owner, entry=entry, starts_at=at(MONDAY, 16), now=NOW + 2 * HOUR)
    assert Notification.objects.filter(recipient=people.colleague).count() == 3


def test_who_is_left_out_or_called_off_is_told(people):
    entry = make(people.owner, people=[people.colleague.pk, people.outsider.pk])
    update_entry(actor=people.owner, entry=entry, terms=terms(people=[people.outsider.pk]), now=NOW)
    assert Notification.objects.filter(recipient=people.colleague, url="/schedule/").count() == 1
    delete_entry(actor=people.owner, entry=entry, now=NOW)
    assert Notification.objects.filter(recipient=people.outsider, url="/schedule/").count() == 1
    assert not ScheduleEntry.objects.exists()


def test_who_left_the_company_cannot_be_asked(people):
    people.colleague.is_active = False
    people.colleague.save()
    with pytest.raises(ValidationError) as refusal:
        make(people.owner, people=[people.colleague.pk])
    assert "people" in refusal.value.error_dict


# --- who sees what
def seen(viewer):
    return (
        ScheduleEntry.objects.visible_to(viewer).exists(),
        ScheduleEntry.objects.readable_by(viewer).exists(),
    )


@pytest.mark.parametrize(
    ("visibility", "superior"),
    [("open", (True, True)), ("busy", (True, False)), ("private", (False, False))],
)
def test_visibility(people, visibility, superior):
    make(people.owner, visibility=visibility, people=[people.finance.pk])
    assert seen(people.owner) == (True, True)
    assert seen(people.finance) == (True, True)  # invited
    assert seen(people.superior) == superior
    assert seen(people.admin) == superior
    assert seen(people.outsider) == (False, False)
    assert seen(people.colleague) == (False, False)


def items(viewer, person, days=7):
    return schedule_items(
        viewer=viewer, person=person, since=at(MONDAY, 0), until=at(MONDAY + days * DAY, 0), now=NOW
    )


def test_a_superior_sees_when_but_not_what(people):
    make(people.owner, visibility=EntryVisibility.BUSY, title="面试", place="别处")
    (item,) = items(people.superior, people.owner)
    assert (item.kind, item.url, item.place) == ("busy", "", "")
    assert "面试" not in item.title
    (own,) = items(people.owner, people.owner)
    assert own.title == "面试"


def test_invitations_stand_in_the_schedule_until_they_are_declined(people):
    entry = make(people.outsider, people=[people.owner.pk])
    (item,) = items(people.owner, people.owner)
    assert (item.state, item.may_move) == ("waiting", False)
    assert len(items(people.superior, people.owner)) == 1  # whom one leads, one sees at meetings too
    answer_invitation(actor=people.owner, entry=entry, answer=InvitationAnswer.DECLINED, now=NOW)
    assert items(people.owner, people.owner) == []


def test_all_that_is_known_of_a_day_stands_in_one_view(people):
    customer = CustomerFactory(owner=people.owner, name="老王超市", next_contact_at=at(MONDAY, 16))
    make(people.owner, customer=customer)
    VisitTaskFactory(rep=people.owner, customer=customer, date=MONDAY + DAY)
    done = VisitTaskFactory(rep=people.owner, customer=customer, date=MONDAY, status="done")
    VisitFactory(rep=people.owner, customer=customer, day=MONDAY, check_in_at=at(MONDAY, 10), task=done)
    kinds = [item.kind for item in items(people.owner, people.owner)]
    assert kinds == ["task", "entry", "visit", "contact"]
    assert {item.kind for item in items(people.superior, people.owner)} == set(kinds)
    # The outsider opens nobody's schedule; what he would be told of it is nothing.
    assert items(people.outsider, people.owner) == []


# --- check-in
def test_the_way_to_the_check_in_plans_the_visit(people):
    customer = CustomerFactory(owner=people.owner)
    now = timezone.now()
    today = local(now).date()
    entry = create_entry(actor=people.owner, terms=terms(day=today, hour=9, customer=customer), now=now)
    assert plan_visit(actor=people.owner, entry=entry, now=now) == customer
    plan_visit(actor=people.owner, entry=entry, now=now)
    task = VisitTask.objects.get()
    assert (task.rep, task.customer, task.date, task.note) == (people.owner, customer, today, "例会")


def test_no_check_in_on_another_day_or_by_others(people):
    customer = CustomerFactory(owner=people.owner)
    entry = make(people.owner, customer=customer, people=[people.outsider.pk])
    with pytest.raises(ValidationError):
        plan_visit(actor=people.owner, entry=entry, now=NOW)
    with pytest.raises(PermissionDenied):
        plan_visit(actor=people.superior, entry=entry, now=at(MONDAY))
    with pytest.raises(ValidationError):  # invited, but the customer is none of his
        plan_visit(actor=people.outsider, entry=entry, now=at(MONDAY))
    assert not VisitTask.objects.exists()
