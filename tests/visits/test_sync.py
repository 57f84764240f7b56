"""POST /visits/sync/: the offline queue."""

import base64
import datetime as dt
import json
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import CustomerFactory, VisitTaskFactory
from tests.visits.conftest import STORE, photo
from visits.models import ClientAction, Visit
from visits.views import sync as view

pytestmark = pytest.mark.django_db
FIX = {"lat": STORE[0], "lng": STORE[1], "acc": 12}


def action(kind, payload, *, key=None, minutes_ago=30):
    moment = timezone.now() - dt.timedelta(minutes=minutes_ago)
    return {
        "uuid": str(key or uuid.uuid4()),
        "kind": kind,
        "occurred_at": moment.isoformat(),
        "payload": payload,
    }


@pytest.fixture
def send(people, login):
    def _send(*actions, user=None, raw=None):
        body = json.dumps(list(actions)) if raw is None else raw
        client = login(user or people.owner)
        return client.post(reverse("visits:sync"), body, content_type="application/json")

    return _send


def test_a_whole_visit_made_offline_arrives_at_once(people, shop, send):
    task = VisitTaskFactory(customer=shop, date=timezone.localdate(timezone.now() - dt.timedelta(minutes=30)))
    enter = action("check_in", {"customer": shop.pk, "fix": FIX})
    leave = action("check_out", {"visit": enter["uuid"], "fix": FIX, "summary": "离线"}, minutes_ago=20)
    answers = send(enter, leave).json()
    assert [answer["status"] for answer in answers] == ["done", "done"]
    visit = Visit.objects.get()
    task.refresh_from_db()
    assert str(visit.uuid) == enter["uuid"]
    assert visit.dwell == dt.timedelta(minutes=10) or abs(visit.dwell.total_seconds() - 600) < 2
    assert (visit.flags, visit.fence, visit.summary, task.status) == ([], "inside", "离线", "done")


def test_receiving_it_twice_changes_nothing_and_answers_the_same(shop, send):
    actions = [action("check_in", {"customer": shop.pk, "fix": FIX}), action("dance", {})]
    first = send(*actions).json()
    assert send(*actions).json() == first
    assert send(*reversed(actions)).json() == first[::-1]
    assert Visit.objects.count() == 1
    assert ClientAction.objects.count() == 2


def test_a_refusal_stays_one_even_when_the_cause_is_gone(people, shop, send):
    stranger = CustomerFactory(owner=people.outsider)
    enter = action("check_in", {"customer": stranger.pk, "fix": FIX})
    first = send(enter).json()
    assert first[0]["status"] == "refused"
    assert first[0]["reason"]
    stranger.owner = people.owner
    stranger.save()
    assert send(enter).json() == first
    assert ClientAction.objects.get().result == "refused"
    assert not Visit.objects.exists()


def test_one_refused_action_does_not_stop_the_others(shop, send):
    answers = send(
        action("check_in", {"customer": 10**9}),
        action("sing", {}),
        "nonsense",
        action("check_in", {"customer": shop.pk, "fix": FIX}),
    ).json()
    assert [answer["status"] for answer in answers] == ["refused", "refused", "refused", "done"]
    assert all(answer["reason"] for answer in answers[:3])


def test_somebody_elses_uuid_tells_nothing(people, shop, send):
    enter = action("check_in", {"customer": shop.pk, "fix": FIX})
    send(enter)
    answer = send(enter, user=people.colleague).json()[0]
    assert answer["status"] == "refused"
    assert "visit" not in answer
    assert Visit.objects.count() == 1


def test_skip_task(people, shop, send):
    task = VisitTaskFactory(customer=shop)
    strange = VisitTaskFactory(customer=CustomerFactory(owner=people.outsider))
    answers = send(
        action("skip_task", {"task": task.pk, "reason": ""}),
        action("skip_task", {"task": strange.pk, "reason": "x"}),
        action("skip_task", {"task": task.pk, "reason": "下雨"}),
    ).json()
    assert [answer["status"] for answer in answers] == ["refused", "refused", "done"]
    task.refresh_from_db()
    strange.refresh_from_db()
    assert (task.status, strange.status) == ("skipped", "open")


def test_photos_travel_as_base64(shop, send):
    picture = base64.b64encode(photo().read()).decode()
    enter = action(
        "check_in", {"customer": shop.pk, "fix": FIX, "photos": [f"data:image/jpeg;base64,{picture}"]}
    )
    assert send(enter).json()[0]["status"] == "done"
    assert Visit.objects.get().photos.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"fix": "here"},
        {"fix": {"lat": "31", "lng": 117, "acc": 5}},
        {"fix": {"lat": 31, "lng": 117}},
        {"fix": {"lat": True, "lng": 117, "acc": 5}},
        {"customer": "1"},
        {"customer": None},
        {"customer": 2**70},
        {"customer": True},
        {"photos": "x"},
        {"photos": ["***"]},
        {"photos": [base64.b64encode(b"no picture").decode()]},
    ],
)
def test_bad_payloads_are_refused_with_a_reason(change, shop, send):
    answer = send(action("check_in", {"customer": shop.pk, "fix": FIX, **change})).json()[0]
    assert answer["status"] == "refused"
    assert answer["reason"]
    assert not Visit.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"uuid": "1"},
        {"uuid": None},
        {"occurred_at": "soon"},
        {"occurred_at": None},
        {"occurred_at": "2026-03-01T10:00:00"},
    ],
)
def test_an_action_that_cannot_be_kept_is_refused_and_may_come_again(change, shop, send):
    good = action("check_in", {"customer": shop.pk, "fix": FIX})
    assert send({**good, **change}).json()[0]["status"] == "refused"
    assert not ClientAction.objects.exists()
    assert send(good).json()[0]["status"] == "done"


def test_payload_must_be_an_object(shop, send):
    for payload in (None, [], "x"):
        assert send(action("check_in", payload)).json()[0]["status"] == "refused"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("", 400),
        ("{}", 400),
        ('"x"', 400),
        (b"\xff\xfe\x00", 400),
        ("[" * 100_000, 400),
        ("[]", 200),
    ],
)
def test_bodies(body, status, send):
    response = send(raw=body)
    assert response.status_code == status
    if status == 400:
        assert response.json()["error"]


def test_too_many_actions_or_bytes(send, settings):
    assert send(*["x"] * (view.MAX_BATCH + 1)).status_code == 413
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert send(raw=json.dumps(["x" * 2000])).status_code == 413


def test_a_broken_loop_is_slowed_down(send, monkeypatch):
    monkeypatch.setattr(view, "REQUESTS_A_MINUTE", 2)
    assert [send().status_code for _ in range(3)] == [200, 200, 429]


def test_csrf_login_and_permission(people, shop, send):
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.owner, backend="accounts.backends.RoleBackend")
    assert client.post(reverse("visits:sync"), "[]", content_type="application/json").status_code == 403
    assert Client().post(reverse("visits:sync"), "[]", content_type="application/json").status_code == 302
    people.owner.role.permissions.filter(codename="add_visit").delete()
    answer = send(action("check_in", {"customer": shop.pk, "fix": FIX})).json()[0]
    assert answer["status"] == "refused"


def test_an_online_check_in_with_an_old_time_is_flagged(shop, send):
    send(action("check_in", {"customer": shop.pk, "fix": FIX, "online": True}, minutes_ago=30))
    assert Visit.objects.get().flags == ["clock"]
