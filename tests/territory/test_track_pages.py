"""Tracks side by side, playback data, GPX, the month, and the reps nearest to a customer (F5, F6)."""

import datetime as dt
import json
from xml.etree import ElementTree

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AccessLog
from territory.models import TrackingPause
from territory.rules import (
    Fix,
    Stop,
    check_plan,
    keep,
    order_saving,
    pack,
    path_length_m,
    read_track_file,
    thin_out,
)
from tests.factories import CustomerFactory, TrackPointFactory, UserFactory, VisitFactory, VisitTaskFactory
from visits.models import VisitTask

DAY, GPX = reverse("territory:track"), reverse("territory:track_gpx")
MONTH, LINES = reverse("territory:track_month"), reverse("territory:track_month_lines")
NEAREST, ASSIGN = reverse("territory:nearest_reps"), reverse("territory:nearest_assign")


def yesterday(minutes=0):
    day = timezone.localdate() - dt.timedelta(days=1)
    return timezone.make_aware(dt.datetime.combine(day, dt.time(9))) + dt.timedelta(minutes=minutes)


def walk(rep, lng=117.23, minutes=range(0, 30, 5)):
    for minute in minutes:
        TrackPointFactory(rep=rep, time=yesterday(minute), latitude=31.82 + minute * 0.0004, longitude=lng)


@pytest.fixture
def date():
    return yesterday().date().isoformat()


# --- rules
def stop(lat, lng):
    return Stop(yesterday(), yesterday(6), lat, lng)


def test_order_saving_of_a_way_there_and_back():
    there = [stop(31.80, 117.2), stop(31.82, 117.2), stop(31.81, 117.2), stop(31.83, 117.2)]
    # 2 + 1 + 2 against 3 hundredths of a degree
    assert order_saving(there) == pytest.approx(1 - 3 / 5, abs=1e-3)
    assert order_saving(sorted(there, key=lambda s: s.lat)) == 0
    assert order_saving(there[:2]) is None
    assert order_saving([stop(31.8, 117.2)] * 3) is None


def test_the_plan_against_what_was_done():
    check = check_plan([1, 2, 3, 4, 5], [1, 3, 2, 9, 4, 1])
    assert (check.planned, check.visited, check.missed, check.unplanned) == (5, 4, 1, 1)
    assert (check.in_order, check.out_of_order) == (3, 1)
    assert check_plan([], [7]).unplanned == 1


@given(st.permutations(range(6)))
def test_only_the_planned_order_has_nothing_out_of_order(order):
    assert (check_plan(range(6), order).out_of_order == 0) == (list(order) == list(range(6)))


@given(st.lists(st.tuples(st.floats(20, 50), st.floats(80, 130), st.integers(0, 86400)), max_size=30))
def test_what_is_packed_is_unpacked_to_a_metre(rows):
    start = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    fixes = [
        Fix(start + dt.timedelta(seconds=s), lat, lng) for lat, lng, s in sorted(rows, key=lambda row: row[2])
    ]
    columns = pack(fixes)
    total = [0, 0, 0]
    for n, fix in enumerate(fixes):
        total = [value + columns[name][n] for value, name in zip(total, ("t", "lat", "lng"), strict=True)]
        assert total[0] == int(fix.time.timestamp())
        assert total[1] / 100_000 == pytest.approx(fix.lat, abs=6e-6)
        assert total[2] / 100_000 == pytest.approx(fix.lng, abs=6e-6)


def test_thinning_out_keeps_the_ends_and_nearly_the_length():
    fixes = [Fix(yesterday(n), 31.8 + n * 0.00005, 117.2) for n in range(200)]
    thin = thin_out(fixes)
    assert (thin[0], thin[-1]) == (fixes[0], fixes[-1])
    assert len(thin) < 80
    length = path_length_m([(fix.lat, fix.lng) for fix in fixes])
    assert path_length_m([(fix.lat, fix.lng) for fix in thin]) == pytest.approx(length, rel=0.001)


# --- the day
def tracks_of(answer):
    text = answer.content.decode()
    return json.loads(text.split('id="track-data" type="application/json">')[1].split("</script>")[0])[
        "tracks"
    ]


def test_the_legend_names_the_marks_there_are(people, login, date):
    walk(people.owner)
    query, client = {"rep": people.owner.pk, "date": date}, login(people.superior)
    unseen, missed = '<i class="unseen"></i>有拜访无停留', '<i class="missed"></i>计划未拜访'
    text = client.get(DAY, query).content.decode()
    assert unseen not in text
    assert missed not in text
    far = CustomerFactory(owner=people.owner, latitude=31.9, longitude=117.23)
    VisitFactory(customer=far, check_in_at=yesterday(10), check_in_lat=31.9, check_in_lng=117.23)
    VisitTaskFactory(
        customer=CustomerFactory(owner=people.owner, latitude=31.8, longitude=117.2), date=yesterday().date()
    )
    text = client.get(DAY, query).content.decode()
    assert unseen in text
    assert missed in text
    both = client.get(DAY, query | {"rep": [people.owner.pk, people.colleague.pk]}).content.decode()
    assert unseen in both
    assert missed not in both  # plans are drawn for one person only
    assert "操作人" not in both


def test_several_people_side_by_side(people, login, date):
    walk(people.owner)
    walk(people.colleague, lng=117.3)
    answer = login(people.superior).get(DAY, {"rep": [people.owner.pk, people.colleague.pk], "date": date})
    names = [track["name"] for track in tracks_of(answer)]
    assert names == ["李业务", "张业务"]
    assert len({track["colour"] for track in tracks_of(answer)}) == 2
    looked = AccessLog.objects.filter(actor=people.superior)
    assert set(looked.values_list("subject_id", flat=True)) == {people.owner.pk, people.colleague.pk}


def test_one_stranger_among_them_is_not_found(people, login, date):
    people.outsider.superior = None
    people.outsider.save()
    query = {"rep": [people.owner.pk, people.outsider.pk], "date": date}
    assert login(people.superior).get(DAY, query).status_code == 404


def test_more_than_fit_are_counted(people, login, date):
    reps = [UserFactory(superior=people.superior, department=people.sales) for _ in range(10)]
    answer = login(people.superior).get(DAY, {"rep": [rep.pk for rep in reps], "date": date})
    assert len(answer.context["results"]) == 8
    assert "还有 2 人" in answer.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_statements_do_not_grow_with_people_side_by_side(
    people, login, date, count, django_assert_num_queries
):
    reps = [UserFactory(superior=people.superior, department=people.sales) for _ in range(count)]
    for rep in reps:
        walk(rep)
    client = login(people.superior)
    query = {"rep": [rep.pk for rep in reps], "date": date}
    client.get(DAY, query)  # the looks are on record
    # 4 of login and scope; people, those chosen, fixes, visits, tasks, places with their scope, pauses, days, points,
    # counts, known looks
    with django_assert_num_queries(15):
        client.get(DAY, query)


def test_a_visit_without_a_stay_and_a_stay_without_a_visit(people, login, date):
    shop = CustomerFactory(owner=people.owner, name="没停的店", latitude=31.9, longitude=117.23)
    near = CustomerFactory(owner=people.owner, name="停了没访的店", latitude=31.82, longitude=117.23)
    for minute in (0, 5, 10):
        TrackPointFactory(rep=people.owner, time=yesterday(minute), latitude=31.82, longitude=117.23)
    visit = VisitFactory(customer=shop, check_in_at=yesterday(4))
    result = login(people.superior).get(DAY, {"rep": people.owner.pk, "date": date}).context["result"]
    assert result.unseen == [visit]
    assert [item.place.customer_id for item in result.stops] == [near.pk]
    assert not result.stops[0].place.visited


def test_pause_and_plan_are_shown(people, login, date):
    walk(people.owner)
    TrackingPause.objects.create(rep=people.owner, starts_at=yesterday(3), ends_at=yesterday(9))
    shop = CustomerFactory(owner=people.owner)
    VisitTaskFactory(customer=shop, date=yesterday().date())
    text = login(people.superior).get(DAY, {"rep": people.owner.pk, "date": date}).content.decode()
    assert "暂停记录" in text
    assert "0/1" in text


# --- GPX
def test_gpx_reads_back_the_same_track(people, login, date):
    walk(people.owner)
    answer = login(people.superior).get(GPX, {"rep": people.owner.pk, "date": date})
    assert answer["Content-Type"].startswith("application/gpx+xml")
    assert f"{people.owner.username}-{date}.gpx" in answer["Content-Disposition"]
    fixes, unreadable = read_track_file(".gpx", answer.content.decode())
    assert (len(fixes), unreadable) == (6, 0)
    assert fixes[0].time == yesterday()
    assert AccessLog.objects.filter(subject=people.owner, what__contains="文件").count() == 1


def test_a_name_cannot_break_the_file(people, login, date):
    people.owner.name = '<b>&"李'
    people.owner.save()
    walk(people.owner)
    answer = login(people.superior).get(GPX, {"rep": people.owner.pk, "date": date})
    assert ElementTree.fromstring(answer.content) is not None


def test_gpx_of_a_stranger_nobody_and_without_permission(people, login, date):
    assert login(people.outsider).get(GPX, {"rep": people.owner.pk, "date": date}).status_code == 404
    assert login(people.superior).get(GPX, {"rep": [people.owner.pk, people.colleague.pk]}).status_code == 404
    assert login(people.finance).get(GPX, {"rep": people.owner.pk}).status_code == 403


# --- the month
def test_the_month_has_a_row_a_day_and_lines(people, login):
    walk(people.owner)
    month = f"{yesterday():%Y-%m}"
    client = login(people.superior)
    answer = client.get(MONTH, {"rep": people.owner.pk, "month": month})
    assert [row.day for row in answer.context["days"]] == [yesterday().date()]
    assert answer.context["totals"].points == 6
    lines = client.get(LINES, {"rep": people.owner.pk, "month": month}).json()
    assert [line["day"] for line in lines] == [yesterday().date().isoformat()]
    assert sum(len(piece["t"]) for piece in lines[0]["segments"]) == len(
        thin_out(
            keep(
                [Fix(p.time, p.latitude, p.longitude, 10) for p in people.owner.track_points.order_by("time")]
            ),
            40,
        )
    )


def test_an_empty_month_and_nonsense(people, login):
    client = login(people.superior)
    assert "没有" in client.get(MONTH, {"rep": people.owner.pk, "month": "2020-01"}).content.decode()
    assert (
        client.get(MONTH, {"rep": people.owner.pk, "month": "x"}).context["this_month"]
        == f"{timezone.localdate():%Y-%m}"
    )
    assert '<option value="">选择人员</option>' in client.get(MONTH).content.decode()
    assert client.get(LINES).json() == []  # his own
    assert client.get(MONTH, {"rep": "9" * 40}).status_code == 404


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_days_that_calendars_do_not_reckon_with_are_today(people, login, day):
    client = login(people.superior)
    for address in (DAY, GPX, MONTH, LINES):
        query = {"rep": people.owner.pk, "date": day, "month": day[:7]}
        assert client.get(address, query).status_code == 200
    shown = client.get(DAY, {"date": day}).context
    assert shown["day"] == shown["today"]
    shown = client.get(MONTH, {"month": day[:7]}).context
    assert shown["month"] == shown["this_month"]


def test_the_month_of_a_stranger(people, login):
    for address in (MONTH, LINES):
        assert login(people.outsider).get(address, {"rep": people.owner.pk}).status_code == 404
        assert login(people.finance).get(address, {"rep": people.owner.pk}).status_code == 403


# --- nearest
@pytest.fixture
def near(people):
    """owner 1 km from the shop and in a visit, colleague 3 km away and free."""
    now = timezone.now()
    shop = CustomerFactory(owner=people.owner, name="要货的店", latitude=31.82, longitude=117.23)
    TrackPointFactory(rep=people.owner, time=now - dt.timedelta(minutes=3), latitude=31.829, longitude=117.23)
    TrackPointFactory(
        rep=people.colleague, time=now - dt.timedelta(minutes=3), latitude=31.847, longitude=117.23
    )
    TrackPointFactory(rep=people.outsider, time=now, latitude=31.82, longitude=117.23)
    VisitFactory(
        customer=CustomerFactory(owner=people.owner, name="正在店里"),
        check_in_at=now,
        check_out_at=None,
        status="open",
    )
    return shop


def test_nearest_first_busy_or_free(people, login, near):
    answer = login(people.superior).get(NEAREST, {"customer": near.pk})
    assert [row["near"].rep for row in answer.context["rows"]] == [people.owner, people.colleague]
    text = answer.content.decode()
    assert "1.0 km" in text
    assert "正在店里" in text
    assert text.index("忙碌") < text.index("空闲")


def test_nearest_to_a_place_and_nonsense(people, login, near):
    client = login(people.superior)
    assert len(client.get(NEAREST, {"lat": "31.8", "lng": "117.2"}).context["rows"]) == 2
    assert client.get(NEAREST).status_code == 302
    for query in ({"lat": "x", "lng": "1"}, {"lat": "91", "lng": "1"}, {"lat": "nan", "lng": "1"}):
        assert client.get(NEAREST, query).status_code == 400
    for key in ("x", "0", "9" * 30):
        assert client.get(NEAREST, {"customer": key}).status_code == 404


@pytest.mark.parametrize("customer", [{}, {"customer": ""}, {"customer": "x"}])
def test_nobody_is_sent_to_no_customer(people, login, customer):
    answer = login(people.superior).post(ASSIGN, {"rep": people.owner.pk, **customer})
    assert answer.status_code == 404


def test_a_position_of_tonight_does_not_hide_where_somebody_is(people, login, near):
    """A phone whose clock is ahead."""
    TrackPointFactory(
        rep=people.owner, time=timezone.now() + dt.timedelta(hours=20), latitude=32.5, longitude=117.23
    )
    client = login(people.superior)
    rows = client.get(NEAREST, {"customer": near.pk}).context["rows"]
    assert [row["near"].rep for row in rows] == [people.owner, people.colleague]
    assert 'data-lat="31.829000"' in client.get(reverse("territory:live")).content.decode()


def test_the_live_map_leads_to_who_is_nearest_to_a_place(people, login, near):
    client = login(people.superior)
    assert f'data-nearest="{NEAREST}"' in client.get(reverse("territory:live")).content.decode()
    text = client.get(NEAREST, {"lat": "31.850000", "lng": "117.230000"}).content.decode()
    assert text.index(str(people.colleague)) < text.index(str(people.owner))
    assert "在地图上选的位置" in text
    assert "今天派去" not in text


def test_a_customer_without_location_and_old_positions(people, login, near):
    client = login(people.superior)
    bare = CustomerFactory(owner=people.owner, latitude=None, longitude=None)
    assert "还没有位置" in client.get(NEAREST, {"customer": bare.pk}).content.decode()
    people.owner.track_points.all().delete()
    people.colleague.track_points.all().delete()
    TrackPointFactory(rep=people.owner, time=timezone.now() - dt.timedelta(hours=13))
    assert "十二小时" in client.get(NEAREST, {"customer": near.pk}).content.decode()


def test_somebody_is_sent_there_once(people, login, near):
    client = login(people.superior)
    for words in ("今天有", "今天已有"):
        answer = client.post(ASSIGN, {"customer": near.pk, "rep": people.owner.pk}, follow=True)
        assert words in answer.content.decode()
    task = VisitTask.objects.get()
    assert (task.rep, task.customer, task.date) == (people.owner, near, timezone.localdate())


def test_who_cannot_see_the_customer_is_not_sent(people, login, near):
    text = (
        login(people.superior)
        .post(ASSIGN, {"customer": near.pk, "rep": people.colleague.pk}, follow=True)
        .content.decode()
    )
    assert "看不到" in text
    assert not VisitTask.objects.exists()


def test_strangers_cannot_send_or_ask(people, login, near):
    assert login(people.outsider).get(NEAREST, {"customer": near.pk}).status_code == 404
    assert login(people.outsider).post(
        ASSIGN, {"customer": near.pk, "rep": people.outsider.pk}
    ).status_code in (403, 404)
    assert (
        login(people.superior).post(ASSIGN, {"customer": near.pk, "rep": people.outsider.pk}).status_code
        == 404
    )
    assert login(people.superior).post(ASSIGN, {"customer": near.pk, "rep": "x"}).status_code == 404
    assert login(people.finance).get(NEAREST, {"customer": near.pk}).status_code == 403
    assert login(people.superior).get(ASSIGN).status_code == 405
