"""The form anybody may fill in: embeds anywhere, stops robots, and makes one lead of one page."""

import datetime as dt

import pytest
from django.core.cache import cache
from django.core.signing import TimestampSigner
from django.test import Client

from crm.enums import ChannelKind
from crm.models import CapturedLead, Lead
from crm.views import lead_hooks
from tests.factories import LeadChannelFactory, LeadFactory

pytestmark = pytest.mark.django_db
FILLED = {"name": "老王超市", "contact": "王建国", "phone": "13800138000", "city": "合肥市", "notes": "进货"}


@pytest.fixture(autouse=True)
def _fresh_counters():
    cache.clear()


@pytest.fixture
def channel():
    return LeadChannelFactory(kind=ChannelKind.WEB_FORM, form_title="加盟咨询", secret="s" * 20)


@pytest.fixture
def stamp(monkeypatch):
    """A stamp as old as wanted, in seconds."""

    def _stamp(age=60):
        signer = TimestampSigner(salt="crm.lead-form")
        moment = dt.datetime.now().timestamp() - age
        with monkeypatch.context() as patch:
            patch.setattr("django.core.signing.time.time", lambda: moment)
            return signer.sign("nonce1")

    return _stamp


def url(channel):
    return f"/forms/leads/{channel.token}/"


def test_it_may_be_embedded_and_sets_no_cookie(channel):
    page = Client().get(url(channel))
    assert page.status_code == 200
    assert "加盟咨询" in page.content.decode()
    assert "frame-ancestors *" in page["Content-Security-Policy"]
    assert "X-Frame-Options" not in page
    assert not page.cookies
    elsewhere = Client().get("/login/", follow=True)
    assert "frame-ancestors 'none'" in elsewhere["Content-Security-Policy"]


def test_sent_once_or_twice_it_is_one_lead(channel, stamp):
    client, data = Client(enforce_csrf_checks=True), {**FILLED, "stamp": stamp()}
    for _ in range(2):
        answer = client.post(url(channel), data)
        assert answer.status_code == 200
        assert "提交成功" in answer.content.decode()
        assert "frame-ancestors *" in answer["Content-Security-Policy"]
    lead = Lead.objects.get()
    assert (lead.name, lead.city, lead.notes, lead.channel) == ("老王超市", "合肥市", "进货", channel)
    assert lead.contacts.get().name == "王建国"


def test_the_mapping_of_calls_does_not_touch_the_form(channel, stamp):
    channel.mapping = {"name": "elsewhere"}
    channel.save()
    Client().post(url(channel), {**FILLED, "stamp": stamp()})
    assert Lead.objects.get().name == "老王超市"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "必填"),
        ({"phone": "hello"}, "电话号码"),
        ({"name": "名" * 121}, "120"),
    ],
)
def test_bad_input_is_kept_and_said(channel, stamp, change, words):
    answer = Client().post(url(channel), {**FILLED, "stamp": stamp(), **change})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    assert "王建国" in text
    assert not Lead.objects.exists()


def test_robots(channel, stamp):
    trapped = Client().post(url(channel), {**FILLED, "stamp": stamp(), "website": "http://spam"})
    assert "提交成功" in trapped.content.decode()
    assert not CapturedLead.objects.exists()
    for wrong in ("", "x", stamp() + "x", stamp(0), stamp(lead_hooks.FORM_VALID_SECONDS + 5)):
        answer = Client().post(url(channel), {**FILLED, "stamp": wrong})
        assert answer.status_code == 422
        assert "老王超市" in answer.content.decode()
    assert not CapturedLead.objects.exists()


def test_who_was_too_fast_need_not_wait_for_a_new_page(channel, stamp):
    fresh = stamp(0)
    assert fresh in Client().post(url(channel), {**FILLED, "stamp": fresh}).content.decode()


def test_one_address_sends_a_few(channel, stamp, monkeypatch):
    monkeypatch.setattr(lead_hooks, "FORMS_A_MINUTE", 2)
    answers = [Client().post(url(channel), {**FILLED, "stamp": stamp()}).status_code for _ in range(3)]
    assert answers == [200, 200, 429]


def test_the_channel_limit_holds_for_the_form(channel, stamp):
    channel.per_minute = 1
    channel.save()
    answers = [Client().post(url(channel), {**FILLED, "stamp": stamp()}).status_code for _ in range(2)]
    assert answers == [200, 429]


def test_scripts_in_titles_and_input_are_text(channel, stamp):
    channel.form_title = channel.form_intro = "<script>alert(1)</script>"
    channel.save()
    answer = Client().post(url(channel), {**FILLED, "stamp": stamp(), "name": "", "notes": "<img onerror=x>"})
    assert b"<script>alert" not in answer.content
    assert b"<img onerror" not in answer.content


@pytest.mark.parametrize("change", [{"is_active": False}, {"kind": ChannelKind.BAIDU}])
def test_no_form(channel, change):
    for name, value in change.items():
        setattr(channel, name, value)
    channel.save()
    assert Client().get(url(channel)).status_code == 404
    assert Client().post(url(channel), FILLED).status_code == 404
    assert Client().get("/forms/leads/nothing/").status_code == 404


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (
            {"contact2": "李秀英", "phone2": "13900139000"},
            [("王建国", "13800138000"), ("李秀英", "13900139000")],
        ),
        ({"contact2": "李秀英"}, [("王建国", "13800138000"), ("李秀英", "")]),
        # Without a name of its own it is the first person's other number.
        ({"phone2": "0551-62345678"}, [("王建国", "13800138000"), ("王建国", "0551-62345678")]),
        (
            {"contact2": "王建国", "phone2": "13900139000"},
            [("王建国", "13800138000"), ("王建国", "13900139000")],
        ),
        ({}, [("王建国", "13800138000")]),
    ],
)
def test_a_second_person(channel, stamp, second, expected):
    assert Client().post(url(channel), {**FILLED, **second, "stamp": stamp()}).status_code == 200
    assert list(Lead.objects.get().contacts.values_list("name", "raw")) == expected


def test_a_second_phone_that_is_none_is_said_where_it_stands(channel, stamp):
    answer = Client().post(url(channel), {**FILLED, "phone2": "hello", "stamp": stamp()})
    assert answer.status_code == 422
    assert '<details class="more" open>' in answer.content.decode()
    assert not Lead.objects.exists()
    assert '<details class="more">' in Client().get(url(channel)).content.decode()


def test_the_second_phone_is_looked_for_among_those_known(channel, stamp):
    LeadFactory(owner=None).contacts.create(raw="13900139000", e164="+8613900139000")
    Client().post(url(channel), {**FILLED, "contact2": "李秀英", "phone2": "13900139000", "stamp": stamp()})
    assert "1" in CapturedLead.objects.get().reason
