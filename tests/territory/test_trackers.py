"""Doors for tracker apps (F7; interfaces.md "HTTP"): whose positions, which are kept, and what is answered."""

import base64
import datetime as dt
import json

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import SystemOptions
from territory.enums import TrackerApp
from territory.models import TrackDay, TrackingDevice, TrackPoint
from territory.rules import owntracks_link, read_osmand, read_osmand_json, read_owntracks, traccar_link
from territory.services import add_device, pause_tracking, renew_token, resume_tracking, revoke_device
from territory.views import ingest
from tests.factories import CustomerFactory, VisitTaskFactory

OSMAND, OWNTRACKS = reverse("territory:ingest_osmand"), reverse("territory:ingest_owntracks")


@pytest.fixture
def rep(people):
    people.owner.tracking_notice_at = timezone.now() - dt.timedelta(days=30)
    people.owner.save()
    return people.owner


@pytest.fixture
def traccar(rep):
    return add_device(rep=rep, name="华为", app=TrackerApp.TRACCAR)


@pytest.fixture
def owntracks(rep):
    return add_device(rep=rep, name="苹果", app=TrackerApp.OWNTRACKS, sends_waypoints=True)


def nine(minutes=0):
    """A moment in yesterday's working hours."""
    day = timezone.localdate() - dt.timedelta(days=1)
    return timezone.make_aware(dt.datetime.combine(day, dt.time(9))) + dt.timedelta(minutes=minutes)


def query(token, **more):
    return {"id": token, "lat": "31.82", "lon": "117.23", "timestamp": str(int(nine().timestamp()))} | more


def as_json(token, **coords):
    return {
        "device_id": token,
        "location": {
            "timestamp": nine().astimezone(dt.UTC).isoformat().replace("+00:00", "Z"),
            "coords": {"latitude": 31.82, "longitude": 117.23, "accuracy": 8, "speed": 2.5, "heading": 90}
            | coords,
            "battery": {"level": 0.64, "is_charging": False},
        },
    }


def basic(username, token):
    return {"authorization": "Basic " + base64.b64encode(f"{username}:{token}".encode()).decode()}


def post(client, address, body, headers=None):
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(address, text, content_type="application/json", headers=headers or {})


# --- messages
def test_a_query_speaks_in_knots_and_percent():
    point = read_osmand(query("x", speed="10", bearing="45", accuracy="12", batt="55"))
    assert point.speed_ms == pytest.approx(5.1444, abs=1e-3)
    assert (point.bearing, point.accuracy_m, point.battery) == (45, 12, pytest.approx(0.55))
    assert point.time == nine()


@pytest.mark.parametrize(
    "stamp",
    [
        str(int(nine().timestamp())),
        str(int(nine().timestamp() * 1000)),
        nine().isoformat(),
        nine().astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S"),
    ],
)
def test_all_forms_of_time_are_read(stamp):
    assert read_osmand(query("x", timestamp=stamp)).time == nine()


def test_a_location_may_be_one_field():
    fields = query("x", location="31.5,117.5")
    del fields["lat"], fields["lon"]
    assert (read_osmand(fields).lat, read_osmand(fields).lng) == (31.5, 117.5)


@pytest.mark.parametrize(
    "bad", [{"lat": "91"}, {"lat": "0", "lon": "0"}, {"timestamp": "soon"}, {"valid": "false"}]
)
def test_a_query_without_a_valid_place_is_nothing(bad):
    assert read_osmand(query("x", **bad)) is None


def test_json_speaks_in_metres_and_minus_one_is_unknown():
    device, point = read_osmand_json(as_json("tok", accuracy=-1, speed=-1, heading=-1))
    assert device == "tok"
    assert (point.accuracy_m, point.speed_ms, point.bearing, point.battery) == (None, None, None, 0.64)
    assert read_osmand_json(as_json("tok"))[1].speed_ms == 2.5


@pytest.mark.parametrize(
    "message", [[], "x", 7, None, {"location": []}, {"location": {"coords": "x", "battery": 3}}]
)
def test_json_of_another_shape_is_nothing(message):
    assert read_osmand_json(message) == ("", None)


def test_owntracks_speaks_in_kilometres_an_hour():
    point = read_owntracks(
        {
            "_type": "location",
            "lat": 31.8,
            "lon": 117.2,
            "tst": int(nine().timestamp()),
            "vel": 36,
            "batt": 80,
            "cog": 7,
        }
    )
    assert (point.speed_ms, point.battery, point.bearing) == (pytest.approx(10), pytest.approx(0.8), 7)


# --- Traccar Client
def test_a_query_is_stored(client, rep, traccar):
    device, token = traccar
    answer = client.get(OSMAND, query(token, speed="10", batt="50"))
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    point = TrackPoint.objects.get()
    assert (point.rep, point.time, point.source) == (rep, nine(), "device")
    assert point.speed_ms == pytest.approx(5.1444, abs=1e-3)
    device.refresh_from_db()
    assert device.battery == pytest.approx(0.5)
    assert timezone.now() - device.seen_at < dt.timedelta(minutes=1)


def test_a_form_and_json_are_stored_and_a_repeat_is_known(client, traccar):
    _device, token = traccar
    assert client.post(OSMAND, query(token)).json() == {"accepted": 1, "duplicate": 0, "refused": 0}
    assert client.post(OSMAND, query(token)).json() == {"accepted": 0, "duplicate": 1, "refused": 0}
    assert post(client, OSMAND, as_json(token)).json()["duplicate"] == 1
    assert TrackPoint.objects.count() == 1


def test_late_points_of_any_order_are_stored_and_their_day_is_stale(client, rep, traccar):
    _device, token = traccar
    for minute in (5, 1, 3):
        client.get(OSMAND, query(token, timestamp=str(int(nine(minute).timestamp()))))
    assert [p.time for p in TrackPoint.objects.order_by("time")] == [nine(1), nine(3), nine(5)]
    day = TrackDay.objects.get(rep=rep)
    assert (day.day, day.version, day.summed_version) == (nine().date(), 3, 0)


@pytest.mark.parametrize("token", ["", "nobody"])
def test_an_unknown_device_is_400_and_404_in_json(client, db, token):
    assert client.get(OSMAND, query(token)).status_code == 400
    assert client.post(OSMAND, query(token)).status_code == 400
    answer = post(client, OSMAND, as_json(token))
    assert answer.status_code == 404
    assert "设备" in answer.json()["error"]
    assert not TrackPoint.objects.exists()


def test_what_is_no_json_is_a_bad_request(client, db):
    assert post(client, OSMAND, "{").status_code == 400


def test_a_revoked_device_a_renewed_token_and_somebody_who_left(client, rep, traccar):
    device, token = traccar
    fresh = renew_token(device=device)
    assert client.get(OSMAND, query(token)).status_code == 400
    assert client.get(OSMAND, query(fresh)).status_code == 200
    rep.is_active = False
    rep.save()
    assert client.get(OSMAND, query(fresh)).status_code == 400
    rep.is_active = True
    rep.save()
    revoke_device(device=device)
    assert client.get(OSMAND, query(fresh)).status_code == 400


def test_outside_working_hours_is_answered_and_not_kept(client, traccar):
    options = SystemOptions.load()
    options.work_start, options.work_end = dt.time(10), dt.time(11)
    options.save()
    answer = client.get(OSMAND, query(traccar[1]))
    assert (answer.status_code, answer.json()["refused"]) == (200, 1)
    assert not TrackPoint.objects.exists()


def test_a_position_without_a_fix_is_answered_and_not_kept(client, traccar):
    answer = client.get(OSMAND, query(traccar[1], valid="false"))
    assert (answer.status_code, answer.json()["refused"]) == (200, 1)


def test_somebody_who_is_not_told_any_more_is_not_recorded(client, rep, traccar):
    rep.tracking_notice_at = None
    rep.save()
    assert client.get(OSMAND, query(traccar[1])).json()["refused"] == 1
    assert not TrackPoint.objects.exists()


def test_a_device_that_sends_too_many_is_told_to_wait(client, traccar, monkeypatch):
    monkeypatch.setattr(ingest, "A_MINUTE", 2)
    codes = [client.get(OSMAND, query(traccar[1])).status_code for _ in range(4)]
    assert codes == [200, 200, 429, 429]


def test_an_address_that_tries_tokens_is_told_to_wait(client, db, monkeypatch):
    monkeypatch.setattr(ingest, "STRANGERS_A_MINUTE", 2)
    codes = [client.get(OSMAND, query(f"try{n}")).status_code for n in range(4)]
    assert codes == [400, 400, 429, 429]


def test_a_large_body_is_refused(client, db):
    assert post(client, OSMAND, "x" * (ingest.BODY_LIMIT + 1)).status_code == 413


# --- OwnTracks
def location(**more):
    return {"_type": "location", "lat": 31.82, "lon": 117.23, "tst": int(nine().timestamp()), "acc": 9} | more


def test_owntracks_stores_a_location(client, rep, owntracks):
    answer = post(client, OWNTRACKS, location(vel=36), basic(rep.username, owntracks[1]))
    assert (answer.status_code, answer.json()) == (200, [])
    assert TrackPoint.objects.get().speed_ms == pytest.approx(10)


@pytest.mark.parametrize(
    "message",
    [
        {"_type": kind}
        for kind in ("transition", "waypoint", "waypoints", "lwt", "status", "steps", "cmd", "encrypted")
    ]
    + [[], {}, '"x"', 7],
)
def test_owntracks_other_messages_are_answered(client, rep, owntracks, message):
    answer = post(client, OWNTRACKS, message, basic(rep.username, owntracks[1]))
    assert (answer.status_code, answer.json()) == (200, [])
    assert not TrackPoint.objects.exists()


def test_owntracks_an_empty_body_is_answered_and_a_broken_one_refused(client, rep, owntracks):
    assert post(client, OWNTRACKS, "", basic(rep.username, owntracks[1])).json() == []
    assert post(client, OWNTRACKS, "{", basic(rep.username, owntracks[1])).status_code == 400


def test_owntracks_asks_for_name_and_token(client, rep, people, owntracks):
    for headers in (
        {},
        basic(rep.username, "wrong"),
        basic(people.outsider.username, owntracks[1]),
        {"authorization": "Basic %%%"},
        {"authorization": "Bearer x"},
    ):
        answer = post(client, OWNTRACKS, location(), headers)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Basic")
    assert client.get(OWNTRACKS).status_code == 405


def test_owntracks_gets_the_customers_of_the_day_once(client, rep, owntracks):
    shop = CustomerFactory(owner=rep, name="百佳", latitude=31.8, longitude=117.2)
    VisitTaskFactory(customer=shop, date=timezone.localdate())
    VisitTaskFactory(
        customer=CustomerFactory(owner=rep, latitude=None, longitude=None), date=timezone.localdate()
    )
    headers = basic(rep.username, owntracks[1])
    (command,) = post(client, OWNTRACKS, location(), headers).json()
    assert command["action"] == "setWaypoints"
    (waypoint,) = command["waypoints"]["waypoints"]
    assert (waypoint["desc"], waypoint["lat"], waypoint["lon"]) == ("百佳", 31.8, 117.2)
    assert post(client, OWNTRACKS, location(tst=int(nine(1).timestamp())), headers).json() == []


# --- pauses
def test_what_falls_into_a_pause_is_not_kept(client, rep, traccar):
    pause_tracking(rep=rep, until=None, now=nine(10))
    resume_tracking(rep=rep, now=nine(20))
    for minute, kept in ((9, 1), (10, 0), (19, 0), (20, 1)):
        answer = client.get(OSMAND, query(traccar[1], timestamp=str(int(nine(minute).timestamp()))))
        assert answer.json()["accepted"] == kept, minute


# --- setting up
def test_the_token_is_not_in_the_database(traccar):
    device, token = traccar
    assert token not in json.dumps(list(TrackingDevice.objects.values()), default=str)
    assert device.token_hint == token[:4]


def test_links_for_the_apps():
    link = traccar_link("https://x.example/ingest/osmand/", "t0k", start=dt.time(8), end=dt.time(18, 30))
    assert link.startswith("https://x.example/ingest/osmand/?id=t0k&")
    assert "startTime=08%3A00" in link
    assert "stopTime=18%3A30" in link
    packed = owntracks_link("https://x.example/ingest/owntracks/", "li", "t0k").partition("inline=")[2]
    from urllib.parse import unquote

    configuration = json.loads(base64.b64decode(unquote(packed)))
    assert (configuration["mode"], configuration["username"], configuration["password"]) == (3, "li", "t0k")
