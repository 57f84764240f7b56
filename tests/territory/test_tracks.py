"""Day tracks and live positions: who sees whom, that looks are recorded, what the pages say (F5, F6)."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccessLog
from tests.factories import CustomerFactory, TrackPointFactory, VisitFactory

TRACK, LIVE = reverse("territory:track"), reverse("territory:live")


def yesterday(minutes=0):
    day = timezone.localdate() - dt.timedelta(days=1)
    return timezone.make_aware(dt.datetime.combine(day, dt.time(9))) + dt.timedelta(minutes=minutes)


@pytest.fixture
def day(people):
    """Yesterday of `owner`: 10 min in his shop, 1.11 km north in 10 min, 6 min where nobody lives."""
    shop = CustomerFactory(owner=people.owner, name="蜗牛便利店", latitude=31.82, longitude=117.23)
    for minutes, north in ((0, 0), (5, 0), (10, 0), (15, 0.005), (20, 0.01), (26, 0.01)):
        TrackPointFactory(rep=people.owner, time=yesterday(minutes), latitude=31.82 + north, longitude=117.23)
    VisitFactory(customer=shop, check_in_at=yesterday(1), check_in_lat=31.82, check_in_lng=117.23)
    return yesterday().date().isoformat()


def test_superior_sees_stops_with_their_customers(people, login, day):
    text = login(people.superior).get(TRACK, {"rep": people.owner.pk, "date": day}).content.decode()
    assert "1.1 km" in text
    assert "蜗牛便利店" in text
    assert "无客户" in text
    assert "09:00" in text
    assert "09:10" in text
    assert "09:26" in text
    data = json.loads(text.split('id="track-data" type="application/json">')[1].split("</script>")[0])
    (track,) = data["tracks"]
    assert [stop["visited"] for stop in track["stops"]] == [True, False]
    assert len(track["segments"]) == 1
    assert len(track["visits"]) == 1


def test_a_rep_sees_his_own_day_without_choosing_and_nobody_elses(people, login, day):
    people.owner.tracking_notice_at = timezone.now()
    people.owner.save()
    text = login(people.owner).get(TRACK, {"date": day}).content.decode()
    assert "蜗牛便利店" in text
    assert str(people.colleague) not in text
    assert login(people.colleague).get(TRACK, {"rep": people.owner.pk, "date": day}).status_code == 404


def test_strangers_find_nothing_and_finance_may_not(people, login, day):
    assert login(people.outsider).get(TRACK, {"rep": people.owner.pk}).status_code == 404
    assert str(people.owner) not in login(people.outsider).get(LIVE).content.decode()
    assert login(people.finance).get(TRACK).status_code == 403
    assert login(people.finance).get(LIVE).status_code == 403


@pytest.mark.parametrize("query", [{"rep": "x"}, {"rep": "999999"}])
def test_a_rep_that_is_none(people, login, query):
    assert login(people.superior).get(TRACK, query).status_code == 404


def test_a_date_that_is_none_is_today(people, login):
    answer = login(people.superior).get(TRACK, {"date": "2026-13-77"})
    assert answer.context["day"] == timezone.localdate()


def test_no_track_says_so(people, login):
    text = login(people.superior).get(TRACK, {"rep": people.owner.pk}).content.decode()
    assert "没有 李业务 的记录" in text
    assert "未开启位置记录" in text


# --- looks are recorded


def looks():
    return sorted(
        AccessLog.objects.filter(action="location").values_list("actor__username", "subject__username")
    )


def test_each_look_at_anothers_track_is_recorded_once_a_day_and_page(people, login, day):
    client = login(people.superior)
    client.get(TRACK)  # chooses nobody
    assert looks() == []
    for _ in range(3):
        client.get(TRACK, {"rep": people.owner.pk, "date": day})
    assert looks() == [("superior", "owner")]
    client.get(TRACK, {"rep": people.owner.pk})  # another day's track
    assert len(looks()) == 2
    AccessLog.objects.update(at=timezone.now() - dt.timedelta(days=1, hours=1))
    client.get(TRACK, {"rep": people.owner.pk, "date": day})  # a day later it is a new look
    assert len(looks()) == 3


def test_ones_own_track_is_no_look(people, login, day):
    login(people.owner).get(TRACK, {"rep": people.owner.pk, "date": day})
    login(people.owner).get(LIVE)
    assert looks() == []


def test_live_records_a_look_at_everybody_with_a_position(people, login, day):
    client = login(people.superior)
    for _ in range(2):
        client.get(LIVE)
    assert looks() == [("superior", "owner")]  # the colleague has no position to look at
    assert "实时位置" in login(people.owner).get(reverse("accounts:profile")).content.decode()


# --- live


def test_live_shows_the_last_position_with_its_age(people, login, day):
    TrackPointFactory(
        rep=people.owner, time=timezone.now() - dt.timedelta(minutes=5), latitude=31.9, accuracy_m=25
    )
    text = login(people.superior).get(LIVE).content.decode()
    assert 'data-lat="31.900000"' in text
    assert "5 分钟前" in text
    assert "± 25 m" in text
    assert str(people.colleague) in text  # without position, but in scope


def test_live_renews_only_its_list(people, login, day):
    answer = login(people.superior).get(LIVE, headers={"HX-Request": "true", "HX-Target": "positions"})
    text = answer.content.decode()
    assert "data-person" in text
    assert "<html" not in text


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_people(people, login, count, django_assert_num_queries):
    from tests.factories import UserFactory

    for _ in range(count):
        rep = UserFactory(superior=people.superior, department=people.sales)
        for minutes in (0, 5, 10):
            TrackPointFactory(rep=rep, time=yesterday(minutes))
    client = login(people.superior)
    with django_assert_num_queries(8):  # 4 of login and scope; people, days, changed points, visits
        client.get(TRACK, {"date": yesterday().date().isoformat()})
    with django_assert_num_queries(9):  # 4; people with last point, points, visits, known looks, new looks
        client.get(LIVE)
    with django_assert_num_queries(8):
        client.get(LIVE)


# --- recorder


def test_the_recorder_is_loaded_for_people_who_were_told(people, login):
    client = login(people.owner)
    assert "recorder.js" not in client.get(TRACK).content.decode()
    people.owner.tracking_notice_at = timezone.now()
    people.owner.save()
    assert "recorder.js" in client.get(TRACK).content.decode()
    assert client.get(reverse("territory:recorder")).json() == {
        "url": reverse("territory:points"), "start": "08:00", "end": "18:00", "zone": "Asia/Shanghai",
        "text": "正在记录您的位置",
    }  # fmt: skip


# --- commands


def test_day_track(people, day):
    out = StringIO()
    call_command("day_track", "owner", day, "--json", stdout=out)
    result = json.loads(out.getvalue().splitlines()[-1])
    assert result["mileage_m"] == pytest.approx(1112, abs=0.1)
    assert {key: result[key] for key in ("points", "kept", "stops", "gaps", "detour_ratio")} == {
        "points": 6, "kept": 6, "stops": 2, "gaps": 0, "detour_ratio": 1.0,
    }  # fmt: skip


def test_day_track_of_nobody(db):
    with pytest.raises(CommandError) as caught:
        call_command("day_track", "nobody", "2026-11-20")
    assert caught.value.returncode == 2


GPX = """<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="31.82" lon="117.23"><time>2026-11-20T01:00:00Z</time></trkpt>
<trkpt lat="31.83" lon="117.23"><ele>12</ele><time>2026-11-20T01:05:00Z</time></trkpt>
<trkpt lat="131.83" lon="117.23"><time>2026-11-20T01:06:00Z</time></trkpt>
<trkpt lat="31.83" lon="117.23"></trkpt></trkseg></trk></gpx>"""
PLT = """Geolife trajectory
WGS 84
Altitude is in Feet
Reserved 3
0,2,255,My Track,0,0,2,8421376
0
39.906631,116.385564,0,492,40097.5864583333,2009-10-11,14:04:30
39.906554,116.385625,0,492,40097.5865162037,2009-10-11,14:04:35
nonsense
"""


def import_track(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    out = StringIO()
    call_command("import_track", str(path), "--user", "owner", "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


@pytest.mark.parametrize(("name", "text", "points", "refused"), [("a.gpx", GPX, 4, 2), ("a.plt", PLT, 3, 1)])
def test_import_track_and_again(people, tmp_path, name, text, points, refused):
    assert import_track(tmp_path, name, text) == {
        "points": points,
        "duplicates": 0,
        "refused": refused,
        "accepted": 2,
    }
    assert import_track(tmp_path, name, text) == {
        "points": points,
        "duplicates": 2,
        "refused": refused,
        "accepted": 0,
    }


@pytest.mark.parametrize("text", ["", "hello", "<html/>", '<!DOCTYPE gpx [<!ENTITY a "b">]><gpx/>'])
def test_import_of_what_is_no_track(people, tmp_path, text):
    with pytest.raises(CommandError) as caught:
        import_track(tmp_path, "a.gpx", text)
    assert caught.value.returncode == 1


def test_a_track_of_nobody_or_of_no_file_is_a_wrong_argument(people, tmp_path):
    (tmp_path / "a.gpx").write_text(GPX, encoding="utf-8")
    for name, user in (("a.gpx", "nobody"), ("none.gpx", "owner")):
        with pytest.raises(CommandError) as caught:
            call_command("import_track", str(tmp_path / name), "--user", user)
        assert caught.value.returncode == 2
