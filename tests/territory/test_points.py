"""POST /tracks/points/ and what else brings positions in (domain-rules §7, interfaces.md "HTTP")."""

import datetime as dt
import json
import threading

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import SystemOptions
from territory.models import TrackDay, TrackPoint
from territory.rules import Fix
from territory.services import BATCH_LIMIT, import_fixes, purge_tracks, store_points
from territory.tasks import purge_tracks as purge_task
from tests.factories import TrackPointFactory, UserFactory, VisitFactory
from visits.signals import checked_in, checked_out

ADDRESS = reverse("territory:points")


@pytest.fixture
def told(people):
    people.owner.tracking_notice_at = timezone.now()
    people.owner.save()
    return people.owner


def nine(minutes=0, days_ago=1):
    """A moment in yesterday's working hours."""
    day = timezone.localdate() - dt.timedelta(days=days_ago)
    return timezone.make_aware(dt.datetime.combine(day, dt.time(9))) + dt.timedelta(minutes=minutes)


def entry(time=None, **more):
    return {"t": int((time or nine()).timestamp() * 1000), "lat": 31.82, "lng": 117.23, "acc": 12.5} | more


def send(client, body):
    text = body if isinstance(body, str) else json.dumps(body)
    return client.post(ADDRESS, text, content_type="application/json")


def test_points_are_stored_with_all_they_carry(told, login):
    answer = send(login(told), [entry(spd=1.5, brg=90, bat=0.8)])
    assert answer.json() == {"accepted": 1, "duplicate": 0, "refused": 0}
    point = TrackPoint.objects.get()
    assert (point.rep, point.time, point.latitude, point.longitude) == (told, nine(), 31.82, 117.23)
    assert (point.accuracy_m, point.speed_ms, point.bearing, point.battery) == (12.5, 1.5, 90, 0.8)
    assert point.source == "browser"


def test_a_batch_sent_again_changes_nothing(told, login):
    client = login(told)
    batch = [entry(nine(0)), entry(nine(1)), entry(nine(1))]
    assert send(client, batch).json() == {"accepted": 2, "duplicate": 1, "refused": 0}
    assert send(client, [*batch, entry(nine(2))]).json() == {"accepted": 1, "duplicate": 3, "refused": 0}
    assert TrackPoint.objects.count() == 3


def test_the_same_moment_of_another_person_is_no_duplicate(told, login):
    TrackPointFactory(time=nine())
    assert send(login(told), [entry()]).json()["accepted"] == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"lat": 95}, {"lng": 181}, {"lat": None}, {"lat": 0, "lng": 0}, {"t": "later"}, {"t": None},
    ],
)  # fmt: skip
def test_impossible_points_are_refused_one_by_one(told, login, bad):
    answer = send(login(told), [entry() | bad, entry(nine(1))])
    assert answer.json() == {"accepted": 1, "duplicate": 0, "refused": 1}


def test_outside_working_hours_is_refused(told, login):
    options = SystemOptions.load()
    options.work_start, options.work_end = dt.time(9), dt.time(10)
    options.save()
    batch = [entry(nine(-1)), entry(nine(0)), entry(nine(60)), entry(nine(61))]
    assert send(login(told), batch).json() == {"accepted": 2, "duplicate": 0, "refused": 2}


def test_over_a_day_ahead_is_refused(told, login):
    assert send(login(told), [entry(nine(days_ago=-3))]).json() == {
        "accepted": 0,
        "duplicate": 0,
        "refused": 1,
    }


def test_people_who_were_not_told_are_not_recorded(people, login):
    answer = send(login(people.owner), [entry()])
    assert answer.status_code == 403
    assert "尚未告知" in answer.json()["error"]
    assert not TrackPoint.objects.exists()


@pytest.mark.parametrize("body", ["", "no", "{}", "7", '"x"', '[{"t": 1,'])
def test_what_is_no_list_is_a_bad_request(told, login, body):
    answer = send(login(told), body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_an_empty_list_is_fine(told, login):
    assert send(login(told), []).json() == {"accepted": 0, "duplicate": 0, "refused": 0}


def test_too_many_at_once(told, login):
    assert send(login(told), [entry()] * (BATCH_LIMIT + 1)).status_code == 413


def test_it_takes_a_login_a_permission_and_a_post(told, people, client, login):
    assert send(client, [entry()]).status_code == 302
    assert send(login(people.finance), [entry()]).status_code == 403
    assert login(told).get(ADDRESS).status_code == 405


@pytest.mark.parametrize("rows", [1, 60])
def test_a_batch_is_stored_in_the_same_few_statements(told, rows, django_assert_num_queries):
    entries = [entry(nine(n / 10)) for n in range(rows)]
    SystemOptions.load()
    # Hours and pauses, then points and their day: on PostgreSQL in one, else with a savepoint (2) around them.
    with django_assert_num_queries(2 if connection.vendor == "postgresql" else 5):
        assert store_points(rep=told, entries=entries).accepted == rows


def test_a_batch_over_midnight_and_beyond_the_hours_is_judged_point_by_point(told):
    """Its first and last point are within hours; of those between, some are not."""
    morning = nine(0) - dt.timedelta(days=2)
    entries = [entry(morning + dt.timedelta(hours=n)) for n in range(0, 25, 2)]
    options = SystemOptions.load()
    options.work_start, options.work_end = dt.time(8), dt.time(18)
    options.save()
    stored = store_points(rep=told, entries=entries)
    assert (stored.accepted, stored.refused) == (6, 7)  # 9 to 17 o'clock, and 9 o'clock of the next day
    days = TrackDay.objects.filter(rep=told).order_by("day")
    assert [(row.day, row.version) for row in days] == [
        (timezone.localdate(morning) + dt.timedelta(days=n), 1) for n in (0, 1)
    ]


def test_a_batch_that_was_stored_marks_no_day_again(told):
    entries = [entry(nine(n)) for n in range(3)]
    store_points(rep=told, entries=entries)
    assert store_points(rep=told, entries=entries).duplicate == 3
    assert TrackDay.objects.get(rep=told).version == 1
    assert store_points(rep=told, entries=[*entries, entry(nine(9))]).accepted == 1
    assert TrackDay.objects.get(rep=told).version == 2


def test_figures_come_back_as_they_were_sent(told):
    sent = {
        "t": int(nine(3).timestamp() * 1000) + 123,
        "lat": 31.123456789,
        "lng": 117,
        "acc": 1e-7,
        "bat": "55",
    }
    assert store_points(rep=told, entries=[sent, entry(nine(4))]).accepted == 2
    row = TrackPoint.objects.order_by("time").first()
    assert row.time == nine(3) + dt.timedelta(milliseconds=123)
    assert (row.latitude, row.longitude, row.accuracy_m, row.battery) == (31.123456789, 117.0, 1e-7, 0.55)
    assert (row.speed_ms, row.bearing) == (None, None)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_batch_twice_at_once_is_counted_once():
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only")
    rep = UserFactory(tracking_notice_at=timezone.now())
    entries = [entry(nine(n)) for n in range(200)]
    results, barrier = [], threading.Barrier(4)

    def store():
        try:
            barrier.wait()
            results.append(store_points(rep=rep, entries=entries))
        finally:
            connection.close()

    threads = [threading.Thread(target=store) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.accepted for result in results) == [0, 0, 0, 200]
    assert sum(result.duplicate for result in results) == 600
    assert TrackPoint.objects.count() == 200


# --- check-ins, files, retention


def test_check_in_and_check_out_are_points_of_the_track(told):
    visit = VisitFactory(
        customer__owner=told, check_in_at=nine(), check_in_lat=31.82, check_in_lng=117.23, check_in_accuracy_m=8,
        check_out_lat=31.821, check_out_lng=117.231,
    )  # fmt: skip
    checked_in.send(sender=type(visit), visit=visit)
    checked_in.send(sender=type(visit), visit=visit)
    checked_out.send(sender=type(visit), visit=visit)
    points = TrackPoint.objects.order_by("time")
    assert [(p.time, p.latitude, p.source) for p in points] == [
        (visit.check_in_at, 31.82, "check_in"), (visit.check_out_at, 31.821, "check_in"),
    ]  # fmt: skip


def test_no_point_without_notice_or_fix(people, told):
    for customer_owner, lat in ((people.colleague, 31.82), (told, None)):
        visit = VisitFactory(customer__owner=customer_owner, check_in_lat=lat, check_in_lng=lat and 117.23)
        checked_in.send(sender=type(visit), visit=visit)
    assert not TrackPoint.objects.exists()


def test_import_of_a_file_knows_what_is_there(told):
    fixes = [Fix(nine(n), 31.82, 117.23) for n in range(3)] + [Fix(nine(9), 0, 0)]
    assert vars(import_fixes(rep=told, fixes=fixes)) == {"accepted": 3, "duplicate": 0, "refused": 1}
    assert vars(import_fixes(rep=told, fixes=fixes)) == {"accepted": 0, "duplicate": 3, "refused": 1}


def test_purge_follows_the_retention_option(told):
    options = SystemOptions.load()
    options.track_retention_days = 30
    options.save()
    now = timezone.now()
    TrackPointFactory(time=now - dt.timedelta(days=30, minutes=1))
    kept = TrackPointFactory(time=now - dt.timedelta(days=30) + dt.timedelta(minutes=1))
    assert purge_tracks(now=now) == 1
    assert TrackPoint.objects.get() == kept
    assert purge_task() == 0
