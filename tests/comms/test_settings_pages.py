"""How I am told: the page, the test messages, the phones, the live numbers on a logout."""

import json

import pytest
from django.core import mail

from comms.enums import Channel, NoticeKind
from comms.models import NotifySettings, OutboxItem, PushDevice
from comms.rules.preferences import name_of
from comms.rules.webpush import b64
from tests.comms.test_channels import Browser
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PAGE = "/notices/settings/"


def filled(channels=(Channel.EMAIL, Channel.CHAT), **more):
    form = {name_of(kind, channel): "now" for kind in NoticeKind for channel in channels}
    return (
        {"email": "", "chat_url": "", "quiet_start": "", "quiet_end": "", "quiet_days_off": ""} | form | more
    )


def test_one_keeps_ones_own_wishes(login, people):
    client = login(people.owner)
    answer = client.post(
        PAGE, filled(email="a@example.com", quiet_start="22:00", quiet_end="06:30", quiet_days_off="1")
    )
    assert answer.url == PAGE
    row = NotifySettings.objects.get()
    assert (row.user, row.quiet_days_off, f"{row.quiet_start:%H:%M}") == (people.owner, True, "22:00")
    assert row.choices["alert:email"] == "now"
    assert "announcement:email" not in row.choices  # as usual
    text = client.get(PAGE).content.decode()
    assert 'value="22:00"' in text
    assert 'value="a@example.com"' in text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"quiet_start": "22:00"}, "请填写两个时间"),
        ({"chat_url": "json://127.0.0.1:6379/"}, "只支持企业微信"),
        ({"email": "nonsense"}, "邮件"),
        ({"alert:email": "nonsense"}, "nonsense"),
    ],
)
def test_what_makes_no_sense_is_refused_and_stays_typed(login, people, wrong, words):
    answer = login(people.owner).post(PAGE, filled(**({"email": "typed@example.com"} | wrong)))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert words in text
    assert "typed@example.com" in text or "email" in wrong
    assert not NotifySettings.objects.exists()


def test_a_test_message_says_what_became_of_it(login, people, monkeypatch):
    people.owner.email = "a@example.com"
    people.owner.save()
    client = login(people.owner)
    text = client.post("/notices/test/", {"channel": "email"}, follow=True).content.decode()
    assert "邮件：测试消息已发出" in text
    assert mail.outbox[0].subject == "跑店测试消息"
    monkeypatch.setattr(
        "comms.services.channels.email.get_connection", lambda: exec("raise OSError('端口不通')")
    )
    assert "OSError" in client.post("/notices/test/", {"channel": "email"}, follow=True).content.decode()
    assert "没有地址" in client.post("/notices/test/", {"channel": "chat"}, follow=True).content.decode()
    assert "没有这个通道" in client.post("/notices/test/", {"channel": "sms"}, follow=True).content.decode()
    for _n in range(5):
        last = client.post("/notices/test/", {"channel": "chat"}, follow=True)
    assert "请等待" in last.content.decode()


@pytest.fixture
def push(settings):
    settings.VAPID_PRIVATE_KEY = b64(bytes(31) + b"\x07")
    settings.PUSH_HOSTS = [".push.example"]


def subscription(**more):
    keys = {"p256dh": Browser().p256dh, "auth": b64(bytes(16))}
    return json.dumps(
        {"endpoint": "https://a.push.example/1", "keys": keys, "name": "Android · Chrome"} | more
    )


def add(client, body):
    return client.post("/notices/devices/add/", body, content_type="application/json")


def test_a_phone_comes_and_goes(login, people, push):
    client = login(people.owner)
    assert add(client, subscription()).status_code == 201
    device = PushDevice.objects.get()
    assert (device.user, device.name) == (people.owner, "Android · Chrome")
    assert "Android · Chrome" in client.get(PAGE).content.decode()
    for other in (people.superior, people.outsider):
        login(other).post("/notices/devices/remove/", {"pk": device.pk})
    assert PushDevice.objects.exists()
    client.post("/notices/devices/remove/", {"pk": device.pk})
    assert not PushDevice.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"endpoint": 1, "keys": []}',
        subscription(endpoint="https://evil.example/"),
        "\0",
        "5",
    ],
)
def test_what_no_browser_sends_is_refused(login, people, push, body):
    assert add(login(people.owner), body).status_code == 422
    assert not PushDevice.objects.exists()


def test_without_a_key_there_are_no_phones(login, people, settings):
    settings.VAPID_PRIVATE_KEY, settings.VAPID_KEY_FILE = "", "/nowhere"
    client = login(people.owner)
    assert add(client, subscription()).status_code == 422
    page = client.get(PAGE).content.decode()
    assert "请联系管理员" in page
    assert "make_push_key" not in page  # a command is for whoever can run it
    people.admin.is_superuser = True
    people.admin.save()
    assert "make_push_key" in login(people.admin).get(PAGE).content.decode()


def test_logging_out_forgets_the_phone(login, people, push):
    client = login(people.owner)
    add(client, subscription())
    client.post("/logout/", {"push_endpoint": "https://a.push.example/1"})
    assert not PushDevice.objects.exists()


# --- dead letters
def test_dead_letters_are_for_those_who_keep_the_channels(login, people):
    row = OutboxItem.objects.create(
        key="x",
        recipient=people.owner,
        channel="email",
        state="failed",
        title="没发出去",
        error="550 no such user",
    )
    for person in (people.owner, people.superior, people.outsider):
        client = login(person)
        assert client.get("/outbox/").status_code == 403
        assert client.post("/outbox/resend/", {"pk": row.pk}).status_code == 403
    client = login(people.admin)
    text = client.get("/outbox/?state=dead&q=没发").content.decode()
    assert "没发出去" in text
    assert "550 no such user" in text
    client.post("/outbox/resend/", {"pk": [row.pk, "x"]})
    row.refresh_from_db()
    assert (row.state, row.resends) == ("waiting", 1)
    assert "请先选择" in client.post("/outbox/discard/", {"pk": row.pk}, follow=True).content.decode()
    assert client.get("/admin/comms/outboxitem/").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_the_outbox_costs_the_same_however_many_there_are(login, people, django_assert_num_queries, count):
    for n in range(count):
        OutboxItem.objects.create(key=f"{n}", recipient=UserFactory(), channel="email", title=f"{n}")
    client = login(people.admin)
    with django_assert_num_queries(5):
        client.get("/outbox/")
