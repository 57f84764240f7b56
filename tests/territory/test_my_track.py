"""我的轨迹: what is stored about oneself, pauses and tracker apps (F7)."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.services import record_looks
from territory.enums import TrackerApp
from territory.models import TrackingDevice, TrackingPause
from territory.services import MOST_DEVICES, add_device
from tests.factories import TrackPointFactory

PAGE = reverse("territory:my_track")
NEW = reverse("territory:device_create")


@pytest.fixture
def rep(people):
    people.owner.tracking_notice_at = timezone.now() - dt.timedelta(days=30)
    people.owner.save()
    return people.owner


def yesterday(minutes=0):
    day = timezone.localdate() - dt.timedelta(days=1)
    return timezone.make_aware(dt.datetime.combine(day, dt.time(9))) + dt.timedelta(minutes=minutes)


def test_every_stored_position_is_shown_also_those_that_do_not_count(rep, people, login):
    for minute in range(3):
        TrackPointFactory(rep=rep, time=yesterday(minute), latitude=31.82, longitude=117.23, accuracy_m=900)
    TrackPointFactory(rep=people.outsider, time=yesterday(), latitude=30.11, longitude=117.23)
    text = login(rep).get(PAGE, {"date": yesterday().date().isoformat()}).content.decode()
    assert text.count("31.82000, 117.23000") == 3
    assert "30.11000" not in text


def test_a_day_without_positions_says_so_and_a_bad_date_is_today(rep, login):
    for date in ("", "x", "2199-01-01", "0001-01-01"):
        answer = login(rep).get(PAGE, {"date": date})
        assert answer.context["day"] == timezone.localdate()
        assert "没有保存" in answer.content.decode()


def test_who_looked_is_shown(rep, people, login):
    record_looks(
        actor=people.superior, subjects=[rep], what="轨迹", since=timezone.now() - dt.timedelta(days=1)
    )
    assert "王经理 · 轨迹" in login(rep).get(PAGE).content.decode()


def test_one_query_count_at_one_and_at_many_positions(rep, login, django_assert_num_queries):
    client = login(rep)
    address = f"{PAGE}?date={yesterday().date().isoformat()}"
    TrackPointFactory(rep=rep, time=yesterday())
    client.get(address)
    with django_assert_num_queries(12) as first:
        client.get(address)
    for minute in range(1, 150):
        TrackPointFactory(rep=rep, time=yesterday(minute))
    with django_assert_num_queries(len(first)):
        answer = client.get(address)
    assert "1 / 2" in answer.content.decode()


def test_it_takes_a_login_and_the_permission(people, client, login):
    assert client.get(PAGE).status_code == 302
    for address in (PAGE, NEW):
        assert login(people.finance).get(address).status_code == 403


# --- pauses
def test_pause_and_resume(rep, login):
    client = login(rep)
    answer = client.post(reverse("territory:track_pause"), {"length": "open"}, follow=True)
    assert "已暂停" in answer.content.decode()
    assert TrackingPause.objects.get(rep=rep).ends_at is None
    assert (
        "已经暂停"
        in client.post(reverse("territory:track_pause"), {"length": "hour"}, follow=True).content.decode()
    )
    client.post(reverse("territory:track_resume"))
    assert TrackingPause.objects.get(rep=rep).ends_at <= timezone.now()
    client.post(reverse("territory:track_pause"), {"length": "hour"})
    assert TrackingPause.objects.count() == 2


@pytest.mark.parametrize("length", ["", "forever"])
def test_a_pause_needs_a_length(rep, login, length):
    answer = login(rep).post(reverse("territory:track_pause"), {"length": length}, follow=True)
    assert "选择" in answer.content.decode()
    assert not TrackingPause.objects.exists()


# --- tracker apps
def test_a_device_is_set_up_and_its_token_shown_once(rep, login):
    client = login(rep)
    answer = client.post(NEW, {"name": "华为", "app": "traccar"}, follow=True)
    text = answer.content.decode()
    token = answer.context["fresh"]["token"]
    assert token in text
    assert "<svg" in text
    assert token not in client.get(PAGE).content.decode()
    assert "华为" in client.get(PAGE).content.decode()


def test_owntracks_gets_its_link(rep, login):
    text = login(rep).post(NEW, {"name": "苹果", "app": "owntracks"}, follow=True).content.decode()
    assert "owntracks:///config?inline=" in text


@pytest.mark.parametrize(
    "fields", [{}, {"name": "华为"}, {"name": "x" * 41, "app": "traccar"}, {"name": "a", "app": "fax"}]
)
def test_bad_input_sets_nothing_up(rep, login, fields):
    answer = login(rep).post(NEW, fields)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not TrackingDevice.objects.exists()


def test_somebody_who_was_not_told_cannot_set_one_up(people, login):
    answer = login(people.owner).post(NEW, {"name": "华为", "app": "traccar"})
    assert "尚未告知" in answer.content.decode()
    assert not TrackingDevice.objects.exists()


def test_there_is_a_limit(rep, login):
    for number in range(MOST_DEVICES):
        add_device(rep=rep, name=f"手机{number}", app=TrackerApp.TRACCAR)
    assert (
        f"最多 {MOST_DEVICES}" in login(rep).post(NEW, {"name": "又一台", "app": "traccar"}).content.decode()
    )


def test_a_device_is_renewed_and_switched_off_by_its_owner_only(rep, people, login):
    device, _token = add_device(rep=rep, name="华为", app=TrackerApp.TRACCAR)
    for address in ("territory:device_renew", "territory:device_revoke"):
        for person in (people.superior, people.outsider):
            assert login(person).post(reverse(address, args=[device.pk])).status_code in (403, 404)
        assert login(rep).get(reverse(address, args=[device.pk])).status_code == 405
    before = device.token_hash
    login(rep).post(reverse("territory:device_renew", args=[device.pk]))
    device.refresh_from_db()
    assert device.token_hash != before
    login(rep).post(reverse("territory:device_revoke", args=[device.pk]))
    device.refresh_from_db()
    assert device.revoked_at
    assert login(rep).post(reverse("territory:device_renew", args=[device.pk])).status_code == 404
