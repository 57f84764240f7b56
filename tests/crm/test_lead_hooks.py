"""The address channels post leads to: what it answers, what it keeps, and what it never tells."""

import datetime as dt
import json
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from comms.models import Notification
from crm.enums import AssignMode, CaptureState
from crm.models import CapturedLead, Lead, LeadContact, LeadEvent, RegionOwner
from crm.rules.lead_payloads import BODY_LIMIT, signature
from crm.services import lead_capture
from crm.tasks.leads import sweep_captured_leads
from tests.factories import (
    CapturedLeadFactory,
    CustomerFactory,
    DictionaryFactory,
    LeadChannelFactory,
    LeadFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
SHOP = {"id": "A-1", "name": "老王超市", "contact": "王建国", "phone": "13800138000", "city": "合肥市"}


@pytest.fixture(autouse=True)
def _fresh_counters():
    cache.clear()


@pytest.fixture
def channel():
    return LeadChannelFactory()


def post(channel, payload=SHOP, *, content_type="application/json", **headers):
    body = payload if isinstance(payload, str | bytes) else json.dumps(payload)
    client = Client(enforce_csrf_checks=True)
    return client.post(f"/hooks/leads/{channel.token}/", body, content_type=content_type, headers=headers)


# --- answers
def test_new_then_known(channel):
    first = post(channel)
    assert first.status_code == 201
    lead = Lead.objects.get()
    row = CapturedLead.objects.get()
    assert first.json() == {"status": "new", "id": row.pk, "lead": lead.pk}
    assert (lead.name, lead.city, lead.channel, lead.external_id, lead.owner) == (
        "老王超市", "合肥市", channel, "A-1", None,
    )  # fmt: skip
    assert LeadContact.objects.get().e164 == "+8613800138000"
    assert list(LeadEvent.objects.values_list("kind", flat=True)) == ["captured"]
    assert (row.state, row.status, row.attempts, row.external_id) == ("new", 201, 1, "A-1")
    again = post(channel, {**SHOP, "name": "另一个名字"})
    assert again.status_code == 200
    assert again.json()["lead"] == lead.pk
    assert Lead.objects.count() == 1
    assert list(CapturedLead.objects.order_by("pk").values_list("state", flat=True)) == ["new", "known"]


def test_the_same_id_of_another_channel_is_another_lead(channel):
    post(channel)
    assert post(LeadChannelFactory()).status_code == 201
    assert Lead.objects.count() == 2


def test_a_deleted_lead_stays_known(channel):
    post(channel)
    Lead.objects.update(deleted_at=timezone.now())
    assert post(channel).status_code == 200
    assert Lead.objects.count() == 1


def test_without_an_id_every_call_is_a_lead_unless_the_header_names_one(channel):
    bare = {"name": "老王超市"}
    assert [post(channel, bare).status_code for _ in range(2)] == [201, 201]
    keyed = [post(channel, bare, **{"Idempotency-Key": "k1"}).status_code for _ in range(2)]
    assert keyed == [201, 200]


def test_form_body(channel):
    answer = post(channel, urlencode(SHOP), content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 201
    assert Lead.objects.get().name == "老王超市"


@pytest.mark.parametrize(
    ("payload", "status", "word"),
    [
        ("{", 400, "JSON"),
        ("", 400, "空"),
        (b"\xff\xfe\x00", 400, "JSON"),
        ({"phone": "13800138000"}, 422, "名称"),
        ({"name": "名" * 121}, 422, "120"),
        ([SHOP, {**SHOP, "id": "A-2"}], 422, "逐条"),
        ({"data": [SHOP, SHOP]}, 422, "逐条"),
    ],
)
def test_bad_bodies_are_refused_with_a_reason_and_kept(channel, payload, status, word):
    answer = post(channel, payload)
    assert answer.status_code == status
    reason = answer.json()["errors"]["lead"]
    assert word in reason
    row = CapturedLead.objects.get()
    assert (row.state, row.status, row.reason, row.lead) == ("refused", status, reason, None)
    assert not Lead.objects.exists()


def test_too_large(channel):
    answer = post(channel, {"name": "a", "notes": "x" * BODY_LIMIT})
    assert answer.status_code == 413
    assert CapturedLead.objects.get().body == ""
    fits = json.dumps({"name": "a", "notes": ""})
    assert post(channel, fits + " " * (BODY_LIMIT - len(fits))).status_code == 201


def test_unknown_address_and_method(channel):
    assert Client().post("/hooks/leads/nothing/", {}).status_code == 404
    assert Client().get(f"/hooks/leads/{channel.token}/").status_code == 405
    assert not CapturedLead.objects.exists()


def test_switched_off(channel):
    channel.is_active = False
    channel.save()
    assert post(channel).status_code == 403
    assert CapturedLead.objects.get().status == 403


# --- signature
@pytest.mark.parametrize("header", ["X-Signature", "X-Hub-Signature-256"])
def test_signature(channel, header):
    channel.secret = "s" * 20
    channel.save()
    body = json.dumps(SHOP)
    assert post(channel, body, **{header: signature(channel.secret, body.encode())}).status_code == 201
    assert post(channel, body + " ", **{header: signature(channel.secret, body.encode())}).status_code == 401


def test_a_wrong_signature_is_logged_and_not_without_end(channel):
    channel.secret = "s" * 20
    channel.save()
    missing = post(channel)
    assert missing.status_code == 401
    assert "signature" in missing.json()["errors"]
    for _ in range(40):
        assert post(channel, **{"X-Signature": "sha256=00"}).status_code == 401
    assert CapturedLead.objects.filter(status=401).count() == 30
    assert not Lead.objects.exists()


# --- what is not told
def test_a_known_phone_is_told_to_nobody_outside(channel):
    lead = LeadFactory()
    LeadContact.objects.create(lead=lead, raw="13800138000", e164="+8613800138000")
    customer = CustomerFactory()
    customer.phones.create(raw="13800138000", e164="+8613800138000")
    answer = post(channel)
    assert answer.status_code == 201
    assert set(answer.json()) == {"status", "id", "lead"}
    reason = CapturedLead.objects.get().reason
    assert "1" in reason
    assert lead.name not in reason
    assert customer.name not in reason


# --- limits
def test_rate_limit(channel):
    channel.per_minute = 2
    channel.save()
    answers = [post(channel, {**SHOP, "id": str(number)}) for number in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert 1 <= int(answers[2]["Retry-After"]) <= 60
    assert CapturedLead.objects.count() == 2
    assert post(LeadChannelFactory()).status_code == 201


def test_busy_is_202_and_the_sweeper_makes_the_lead(channel, monkeypatch):
    monkeypatch.setattr(lead_capture, "MAX_IN_FLIGHT", 0)
    answer = post(channel)
    assert answer.status_code == 202
    row = CapturedLead.objects.get()
    assert answer.json() == {"status": "queued", "id": row.pk}
    monkeypatch.undo()
    lead_capture.sweep(now=timezone.now())
    assert not Lead.objects.exists()  # a call at work is left alone for a minute
    assert lead_capture.sweep(now=timezone.now() + dt.timedelta(minutes=2)) == 1
    row.refresh_from_db()
    assert (row.state, row.status, row.lead.name) == ("new", 201, "老王超市")


def test_an_error_leaves_the_row_waiting_and_ends_after_some_tries(channel, monkeypatch, caplog):
    def broken(**_):
        raise OperationalError("database is locked")

    monkeypatch.setattr(lead_capture, "create_lead", broken)
    assert post(channel).status_code == 202
    row = CapturedLead.objects.get()
    moment = timezone.now()
    for number in range(1, lead_capture.MAX_ATTEMPTS):
        lead_capture.sweep(now=moment + dt.timedelta(minutes=2 * number))
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("refused", lead_capture.MAX_ATTEMPTS)
    assert row.reason
    assert "locked" in caplog.text
    monkeypatch.undo()
    admin = UserFactory(role="admin")
    done = lead_capture.replay(actor=admin, captured=[row.pk], now=moment)
    assert done.made == 1


def test_the_row_cannot_be_stored(channel, monkeypatch):
    def locked(*_args, **_kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr(CapturedLead.objects, "create", locked)
    answer = post(channel)
    assert answer.status_code == 503
    assert answer["Retry-After"]


def test_the_task_sweeps():
    CapturedLeadFactory(received_at=timezone.now() - dt.timedelta(minutes=5))
    sweep_captured_leads()
    assert CapturedLead.objects.get().state == CaptureState.NEW


def test_a_settled_row_is_not_processed_again(channel):
    post(channel)
    row = CapturedLead.objects.get()
    assert lead_capture.process(captured_id=row.pk, now=timezone.now()) is False
    assert Lead.objects.count() == 1


# --- who gets it
def test_evenly_over_those_who_still_work_here(people, channel):
    gone = UserFactory(is_active=False)
    channel.assign_mode = AssignMode.EVENLY
    channel.save()
    channel.assignees.set([people.owner, people.colleague, gone])
    for number in range(4):
        post(channel, {**SHOP, "id": str(number)})
    owners = list(Lead.objects.order_by("pk").values_list("owner", flat=True))
    assert owners == [people.owner.pk, people.colleague.pk] * 2
    assert Notification.objects.filter(recipient=people.owner).count() == 2
    post(channel, {**SHOP, "id": "0"})  # known: nobody's turn is used up
    post(channel, {**SHOP, "id": "9"})
    assert Lead.objects.latest("pk").owner == people.owner


def test_evenly_without_anybody_is_the_pool(channel):
    channel.assign_mode = AssignMode.EVENLY
    channel.save()
    assert post(channel).status_code == 201
    assert Lead.objects.get().owner is None


@pytest.mark.parametrize(
    ("values", "mine"),
    [
        ({"region": "包河"}, True),
        ({"district": "包河区"}, True),
        ({"address": "安徽省合肥市包河区屯溪路 1 号"}, True),
        ({"city": "上海市"}, False),
        ({}, False),
    ],
)
def test_by_region(people, channel, values, mine):
    region = DictionaryFactory(kind="region", name="包河区")
    RegionOwner.objects.create(region=region, user=people.owner)
    channel.assign_mode = AssignMode.REGION
    channel.save()
    post(channel, {"name": "老王超市", **values})
    lead = Lead.objects.get()
    assert lead.owner == (people.owner if mine else None)
    assert lead.region == (region if mine else None)


def test_source_and_industry(channel):
    source = DictionaryFactory(kind="source", name="展会甲")
    industry = DictionaryFactory(kind="industry", name="餐饮甲")
    channel.source = source
    channel.save()
    post(channel, {**SHOP, "industry": "餐饮甲", "lat": "31.8", "lng": "117.2"})
    lead = Lead.objects.get()
    assert (lead.source, lead.industry, lead.latitude, lead.longitude) == (source, industry, 31.8, 117.2)


# --- again
def test_replay_after_the_mapping_is_mended(people, channel):
    post(channel, {"title": "老王超市", "tel": "13800138000"})
    row = CapturedLead.objects.get()
    assert row.state == "refused"
    channel.mapping = {"name": "title", "phone": "tel"}
    channel.save()
    done = lead_capture.replay(actor=people.admin, captured=[row.pk], now=timezone.now())
    assert (done.made, done.skipped) == (1, 0)
    row.refresh_from_db()
    assert (row.state, row.lead.name, row.reason) == ("new", "老王超市", "")
    again = lead_capture.replay(actor=people.admin, captured=[row.pk], now=timezone.now())
    assert (again.made, again.skipped) == (0, 1)
    assert Lead.objects.count() == 1


def test_a_forged_call_is_not_replayed_by_the_way(people, channel):
    row = CapturedLeadFactory(channel=channel, state="refused", status=401)
    bulk = lead_capture.replay(actor=people.admin, captured=[row.pk], now=timezone.now())
    assert (bulk.made, bulk.skipped) == (0, 1)
    meant = lead_capture.replay(actor=people.admin, captured=[row.pk], unsigned_too=True, now=timezone.now())
    assert meant.made == 1


def test_nobody_replays_what_he_does_not_see(people, channel):
    lead = LeadFactory(owner=people.outsider)
    row = CapturedLeadFactory(channel=channel, lead=lead, state="new")
    done = lead_capture.replay(actor=people.superior, captured=[row.pk], now=timezone.now())
    assert done.skipped == 1
