"""What goes over the wire, against a gateway on this machine: SMS, bots, phones."""

import json
import logging
import os

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from comms.enums import Channel, NoticeKind
from comms.models import OutboxItem, PushDevice
from comms.queries.channels import forget_push_key, push_key
from comms.rules import webpush
from comms.rules.webpush import b64, unb64
from comms.services import Notice, notify, outbox, reach, sending
from comms.services.channels import Outgoing, Refused, Unavailable, Unsure, chat, sms
from tests.comms.servers import gateway
from tests.factories import UserFactory

MESSAGE = Outgoing(
    key="notice:1:sms", to="13800000001", title="库存不足", body="矿泉水", url="http://localhost/x/"
)

# RFC 8291, appendix A
RFC = {
    "text": "When I grow up, I want to be a watermelon",
    "as_private": "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
    "ua_private": "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94",
    "ua_public": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    "salt": "DGv6ra1nlYgDCS1FRnbzlw",
    "body": "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBr"
    "u3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
}


class Browser:
    """What a phone's browser has: its keys, and the way back from an encrypted body (written from the RFC)."""

    def __init__(self, private=None, auth=None):
        self.key = webpush.private_key(private) if private else ec.generate_private_key(ec.SECP256R1())
        self.auth = unb64(auth) if auth else os.urandom(16)
        self.p256dh = b64(webpush.public_of(self.key))

    def decrypt(self, body):
        salt, size, length = body[:16], body[16:20], body[20]
        assert size == (4096).to_bytes(4, "big")
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        secret = self.key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        )
        info = b"WebPush: info\0" + unb64(self.p256dh) + theirs
        seed = webpush._hkdf(self.auth, secret, info, 32)
        opened = AESGCM(webpush._hkdf(salt, seed, b"Content-Encoding: aes128gcm\0", 16)).decrypt(
            webpush._hkdf(salt, seed, b"Content-Encoding: nonce\0", 12), sealed, None
        )
        assert opened.endswith(b"\x02")
        return opened[:-1]


def test_the_example_of_the_rfc():
    body = webpush.encrypt(
        RFC["text"].encode(),
        p256dh=RFC["ua_public"],
        auth=RFC["auth"],
        key=webpush.private_key(RFC["as_private"]),
        salt=unb64(RFC["salt"]),
    )
    assert b64(body) == RFC["body"]
    assert Browser(RFC["ua_private"], RFC["auth"]).decrypt(body) == RFC["text"].encode()


def test_a_text_that_is_too_long_and_keys_that_are_none():
    key = ec.generate_private_key(ec.SECP256R1())
    more = {"auth": RFC["auth"], "key": key, "salt": bytes(16)}
    fits = webpush.encrypt(b"x" * webpush.LONGEST_TEXT, p256dh=RFC["ua_public"], **more)
    assert len(fits) == 4096
    for text, p256dh in ((b"x" * (webpush.LONGEST_TEXT + 1), RFC["ua_public"]), (b"x", "AAAA"), (b"x", "!")):
        with pytest.raises(ValueError, match=r"."):
            webpush.encrypt(text, p256dh=p256dh, **more)


def test_only_known_push_services_are_called():
    hosts = ["fcm.googleapis.com", ".push.apple.com"]
    for good in (
        "https://fcm.googleapis.com/fcm/send/x",
        "https://web.push.apple.com/y",
        "https://fcm.googleapis.com:443/",
    ):
        assert webpush.is_push_service(good, hosts)
    for bad in (
        *("http://fcm.googleapis.com/", "https://push.apple.com/", "https://evil.example/fcm.googleapis.com"),
        *(
            "https://a@fcm.googleapis.com/",
            "https://fcm.googleapis.com:8443/",
            "https://127.0.0.1/",
            "https://[",
            "",
        ),
        "https://fcm.googleapis.com:99999999/",
    ):
        assert not webpush.is_push_service(bad, hosts), bad


# --- SMS
@pytest.mark.parametrize(
    ("status", "error"), [(200, None), (202, None), (400, Refused), (429, Unavailable), (503, Unavailable)]
)
def test_an_sms_gateway(settings, status, error):
    with gateway() as server:
        server.status = status
        settings.SMS_URL, settings.SMS_TOKEN = f"{server.url}/send", "secret"
        settings.SMS_BODY = '{"to": ["{phone}"], "content": "【跑店】{text}", "n": 1}'
        if error:
            with pytest.raises(error):
                sms.send(MESSAGE)
        else:
            sms.send(MESSAGE)
    path, headers, body = server.asked[0]
    assert path == "/send"
    assert (headers["Authorization"], headers["Idempotency-Key"]) == ("Bearer secret", "notice:1:sms")
    assert json.loads(body) == {"to": ["13800000001"], "content": "【跑店】库存不足 矿泉水", "n": 1}


def test_an_sms_gateway_that_says_nothing_may_have_sent(settings):
    with gateway() as server:
        server.drop = True
        settings.SMS_URL = server.url
        with pytest.raises(Unsure):
            sms.send(MESSAGE)
    with pytest.raises(Unavailable):  # nobody listens there any more
        sms.send(MESSAGE)


# --- bots
def test_a_bot():
    with gateway() as server:
        address = server.url.replace("http://", "json://") + "/secret-of-the-bot"
        chat.send(
            Outgoing(
                key="k", to=address, title="公告：放假", body="十月一日\n到七日", url="http://localhost/a/1/"
            )
        )
        server.status = 500
        with pytest.raises(Unavailable, match="500"):
            chat.send(Outgoing(key="k", to=address, title="公告"))
    said = json.loads(server.asked[0][2])
    assert (said["title"], said["message"]) == ("公告：放假", "十月一日\n到七日\nhttp://localhost/a/1/")
    assert not logging.getLogger("apprise").propagate  # its debug lines hold the bot's key
    with pytest.raises(Refused):
        chat.send(Outgoing(key="k", to="nonsense", title="公告"))


# --- phones
@pytest.fixture
def keyed(settings, tmp_path):
    settings.VAPID_PRIVATE_KEY, settings.VAPID_KEY_FILE = "", str(tmp_path / "push_key")
    settings.PUSH_HOSTS = ["127.0.0.1"]
    forget_push_key()
    call_command("make_push_key", "--json")
    yield
    forget_push_key()


def test_the_key_is_made_once_and_for_us_alone(keyed, settings):
    assert os.stat(settings.VAPID_KEY_FILE).st_mode & 0o777 == 0o600
    assert len(unb64(push_key())) == 32
    with pytest.raises(CommandError):
        call_command("make_push_key")


def phone(user, server, path="/push/1"):
    browser = Browser()
    device = PushDevice.objects.create(
        user=user,
        endpoint=server.url + path,
        endpoint_hash=path,
        p256dh=browser.p256dh,
        auth=b64(browser.auth),
    )
    return browser, device


@pytest.mark.django_db
def test_a_phone_gets_what_only_it_can_read(keyed, settings):
    user = UserFactory()
    with gateway() as server:
        server.status = 201
        browser, device = phone(user, server)
        notify([Notice(user.pk, NoticeKind.MESSAGE, "王经理：在吗", "马上回电", "/threads/7/")])
        row = OutboxItem.objects.get()
        assert (row.channel, row.device_id) == ("push", device.pk)
        assert sending.deliver(row.pk, now=row.due_at, in_quiet_hours=True).state == "sent"
    path, headers, body = server.asked[0]
    assert path == "/push/1"
    assert json.loads(browser.decrypt(body)) == {
        "title": "王经理：在吗", "body": "马上回电", "url": "/threads/7/", "tag": row.key,
    }  # fmt: skip
    assert (headers["Content-Encoding"], headers["TTL"]) == ("aes128gcm", "172800")
    token, public = headers["Authorization"].removeprefix("vapid t=").split(", k=")
    head, claims, signature = token.split(".")
    assert json.loads(unb64(claims))["aud"] == server.url
    raw = unb64(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    webpush.public_key(public).verify(der, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    device.refresh_from_db()
    assert device.sent_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_ended_is_forgotten(keyed, status):
    user = UserFactory()
    with gateway() as server:
        server.status = status
        phone(user, server)
        (pk,) = outbox.add_test(user=user, channel=Channel.PUSH)
        assert sending.deliver(pk, in_quiet_hours=True).state == "dropped"
    assert not PushDevice.objects.exists()


@pytest.mark.django_db
def test_every_phone_is_told_and_one_that_fails_stops_no_other(keyed):
    user = UserFactory()
    with gateway() as server:
        server.status = 429
        phone(user, server, "/push/1")
        rows = outbox.add_test(user=user, channel=Channel.PUSH)
        phone(user, server, "/push/2")
        assert len(rows) == 1
        assert sending.deliver(rows[0], in_quiet_hours=True).ill
        server.status = 201
        states = [
            sending.deliver(pk, in_quiet_hours=True).state
            for pk in outbox.add_test(user=user, channel=Channel.PUSH)
        ]
    assert states == ["sent", "sent"]


@pytest.mark.django_db
def test_a_browser_belongs_to_who_logged_in_last(keyed, settings):
    first, second = UserFactory(), UserFactory()
    said = {"endpoint": "https://127.0.0.1/abc", "p256dh": Browser().p256dh, "auth": b64(bytes(16))}
    reach.add_device(user=first, **said)
    reach.add_device(user=second, **said)
    assert PushDevice.objects.get().user == second
    for wrong in ({"endpoint": "https://evil.example/"}, {"p256dh": "AAAA"}, {"auth": "AAAA"}, {"auth": "§"}):
        with pytest.raises(ValidationError):
            reach.add_device(user=first, **(said | wrong))
    assert not reach.remove_device(user=first, endpoint=said["endpoint"])
    assert reach.remove_device(user=second, endpoint=said["endpoint"])
