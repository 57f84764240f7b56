"""Summaries of days, months of the table, and what goes after the retention period (domain-rules §7)."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import SystemOptions
from territory.models import TrackDay, TrackingPause, TrackPoint
from territory.queries import track_days
from territory.rules import Fix, analyse_day
from territory.services import import_fixes, make_months, purge_tracks, store_fix, sum_stale_days
from territory.services.partitions import AHEAD, drop_months, existing_months, partition_of
from tests.factories import TrackPointFactory

on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="months are PostgreSQL's")
NOON = timezone.make_aware(dt.datetime(2026, 3, 10, 12))


def walk(start=NOON, count=40, step=0.0004):
    return [Fix(start + dt.timedelta(minutes=n), 31.8 + n * step, 117.2, 10) for n in range(count)]


def test_a_day_is_summed_up_from_its_points(people):
    fixes = walk()
    import_fixes(rep=people.owner, fixes=fixes)
    assert sum_stale_days() == 1
    day, track = TrackDay.objects.get(), analyse_day(fixes)
    assert (day.rep, day.day, day.points, day.kept) == (people.owner, NOON.date(), 40, 40)
    assert day.mileage_m == pytest.approx(track.mileage_m)
    assert (day.stops, day.gaps) == (len(track.stops), len(track.gaps))
    assert (day.first_at, day.last_at) == (fixes[0].time, fixes[-1].time)
    assert sum_stale_days() == 0


def test_a_late_point_makes_it_stale_again(people):
    import_fixes(rep=people.owner, fixes=walk(count=10))
    sum_stale_days()
    people.owner.tracking_notice_at = NOON
    assert store_fix(
        rep=people.owner, time=NOON + dt.timedelta(seconds=30), latitude=31.81, longitude=117.2, accuracy_m=5
    )
    assert track_days(NOON.date(), reps=[people.owner.pk])[people.owner.pk, NOON.date()].points == 11
    assert TrackDay.objects.get().points == 10  # reading writes nothing
    assert sum_stale_days() == 1
    assert TrackDay.objects.get().points == 11


def test_a_month_reads_rows_and_only_changed_days_points(people, django_assert_num_queries):
    for day in range(5):
        import_fixes(rep=people.owner, fixes=walk(start=NOON + dt.timedelta(days=day), count=10))
    sum_stale_days()
    first, last = NOON.date(), NOON.date() + dt.timedelta(days=30)
    with django_assert_num_queries(1):
        days = track_days(first, last)
    assert sum(row.points for row in days.values()) == 50
    TrackPointFactory(rep=people.owner, time=NOON + dt.timedelta(days=2, hours=1))
    TrackPointFactory(rep=people.outsider, time=NOON + dt.timedelta(days=3))
    with django_assert_num_queries(2):
        days = track_days(first, last)
    assert days[people.owner.pk, first + dt.timedelta(days=2)].points == 11
    assert days[people.outsider.pk, first + dt.timedelta(days=3)].points == 1
    assert sum(row.points for row in days.values()) == 52


def test_a_repeat_changes_nothing(people):
    fixes = walk(count=5)
    assert import_fixes(rep=people.owner, fixes=fixes).accepted == 5
    sum_stale_days()
    stored = import_fixes(rep=people.owner, fixes=[*fixes, *fixes])
    assert (stored.accepted, stored.duplicate) == (0, 10)
    assert sum_stale_days() == 0


def test_many_points_in_one_go(people):
    fixes = walk(start=NOON - dt.timedelta(days=2), count=2500)
    stored = import_fixes(rep=people.owner, fixes=[*fixes, *fixes[:10]])
    assert (stored.accepted, stored.duplicate, stored.refused) == (2500, 10, 0)
    assert TrackPoint.objects.count() == 2500
    assert sum(TrackDay.objects.values_list("points", flat=True)) == 0
    sum_stale_days()
    assert sum(TrackDay.objects.values_list("points", flat=True)) == 2500


def test_the_database_refuses_a_second_point_of_a_moment(people):
    TrackPointFactory(rep=people.owner, time=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        TrackPoint(rep=people.owner, time=NOON, latitude=1, longitude=1).save(force_insert=True)


def test_old_points_summaries_and_pauses_go(people):
    options = SystemOptions.load()
    options.track_retention_days = 30
    options.save()
    now = timezone.now()
    old, young = now - dt.timedelta(days=40), now - dt.timedelta(days=2)
    for moment in (old, young):
        import_fixes(rep=people.owner, fixes=walk(start=moment, count=3))
        TrackingPause.objects.create(
            rep=people.owner, starts_at=moment, ends_at=moment + dt.timedelta(minutes=5)
        )
    assert purge_tracks(now=now) == 3
    assert TrackPoint.objects.count() == 3
    assert TrackPoint.objects.order_by("time").first().time == young
    assert TrackDay.objects.filter(day__lt=young.date() - dt.timedelta(days=1)).count() == 0
    assert TrackingPause.objects.count() == 1


# --- months
@on_postgresql
def test_months_are_made_ahead_with_what_waits_for_them(people):
    later = dt.date(timezone.localdate().year + 3, 5, 20)
    early = timezone.make_aware(dt.datetime(later.year, 6, 2, 9))
    TrackPointFactory(rep=people.owner, time=early)
    assert make_months(today=later) == AHEAD + 1
    assert make_months(today=later) == 0
    assert dt.date(later.year, 6, 1) in existing_months()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {partition_of(dt.date(later.year, 6, 1))}")
        assert cursor.fetchone() == (1,)
    assert TrackPoint.objects.get().time == early
    with pytest.raises(IntegrityError), transaction.atomic():
        TrackPoint(rep=people.owner, time=early, latitude=1, longitude=1).save(force_insert=True)


@on_postgresql
def test_months_that_are_over_are_dropped_whole(people):
    later = dt.date(timezone.localdate().year + 3, 5, 20)
    make_months(today=later)
    TrackPointFactory(rep=people.owner, time=dt.datetime(later.year, 5, 31, 23, 59, tzinfo=dt.UTC))
    kept = TrackPointFactory(rep=people.owner, time=dt.datetime(later.year, 6, 1, tzinfo=dt.UTC))
    assert drop_months(before=dt.datetime(later.year, 6, 1, tzinfo=dt.UTC)) == 1
    assert dt.date(later.year, 5, 1) not in existing_months()
    assert TrackPoint.objects.get().time == kept.time
    # Summing up and storing go on: what has no month lies in the rest.
    TrackPointFactory(rep=people.owner, time=dt.datetime(later.year, 5, 2, tzinfo=dt.UTC))


@on_postgresql
def test_a_day_reads_its_month_alone(people):
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN SELECT * FROM territory_trackpoint WHERE rep_id = 1 AND time >= %s AND time < %s",
            [timezone.now(), timezone.now() + dt.timedelta(hours=1)],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert plan.count("territory_trackpoint_") <= 4
    assert "_rest" not in plan
