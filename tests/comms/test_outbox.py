"""The outbox: who gets what when, once; retries, dead letters, summaries."""

import datetime as dt
import smtplib
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from accounts.models import SystemOptions
from comms.enums import Channel, Frequency, NoticeKind, OutboxState
from comms.models import Notification, NotifySettings, OutboxItem, PushDevice
from comms.queries.channels import may_repeat
from comms.rules.delivery import MAX_ATTEMPTS
from comms.services import Notice, digests, mark_all_read, notify, outbox, reach, sending, withdraw
from comms.services.channels import email
from comms.services.threads import start_thread
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = dt.datetime(2026, 11, 26, 12, tzinfo=SHANGHAI)  # a Thursday
NIGHT = dt.datetime(2026, 11, 26, 22, tzinfo=SHANGHAI)
MORNING = dt.datetime(2026, 11, 27, 7, 30, tzinfo=SHANGHAI)


@pytest.fixture
def user():
    return UserFactory(email="rep@example.com", phone="13800000001", language="zh-hans")


def wishes(user, **choices):
    NotifySettings.objects.create(
        user=user, choices={key.replace("__", ":"): value for key, value in choices.items()}
    )


def tell(user, kind=NoticeKind.ANNOUNCEMENT, title="放假通知", now=NOON, **more):
    return notify([Notice(user.pk, kind, title, **more)], now=now)


def states():
    return list(OutboxItem.objects.order_by("pk").values_list("state", flat=True))


def test_a_notice_goes_out_once_by_the_usual_choice(user):
    tell(user, url="/announcements/1/", key="a", body="十月一日")
    tell(user, url="/announcements/1/", key="a")  # the same again
    row = OutboxItem.objects.get()
    assert (row.channel, row.digest, row.state, row.due_at) == ("email", False, "waiting", NOON)
    assert sending.send_due(now=NOON) == 1
    assert sending.send_due(now=NOON) == 0
    assert states() == ["sent"]
    sent = mail.outbox[0]
    assert (sent.to, sent.subject) == (["rep@example.com"], "放假通知")
    assert sent.body == "放假通知\n十月一日\nhttp://localhost:8000/announcements/1/"


def test_an_answer_by_e_mail_goes_to_who_wrote_it(user):
    tell(user, reply_to="boss@example.com")
    tell(user, title="系统通知")
    assert sending.send_due(now=NOON) == 2
    assert [sent.reply_to for sent in mail.outbox] == [["boss@example.com"], []]


def test_paging_is_answered_to_the_senders_own_address(user):
    boss = UserFactory(email="boss@example.com")
    wishes(user, message__email=Frequency.NOW)
    start_thread(actor=boss, subject="", body="在吗", people=[user.pk], now=NOON)
    assert sending.send_due(now=NOON) == 1
    assert mail.outbox[0].reply_to == ["boss@example.com"]


def test_a_key_told_before_the_outbox_forgot_it_is_not_sent_again(user):
    tell(user, key="a")
    OutboxItem.objects.all().delete()
    tell(user, key="a")
    assert not OutboxItem.objects.exists()


def test_nobody_is_written_to_without_an_address_or_after_he_left():
    tell(UserFactory())
    tell(UserFactory(email="gone@example.com", is_active=False))
    assert not OutboxItem.objects.exists()
    assert Notification.objects.count() == 2


def test_choices_hours_and_channels(user, settings):
    settings.SMS_URL = "http://127.0.0.1:1/"
    settings.NOTIFY_URLS = ["console://"]
    wishes(user, announcement__email="never", announcement__sms="now", announcement__console="digest")
    tell(user, now=NIGHT)
    rows = {row.channel: row for row in OutboxItem.objects.all()}
    assert set(rows) == {"sms", "console"}
    assert rows["sms"].due_at == MORNING  # the company's quiet hours
    assert (rows["console"].digest, rows["console"].due_at) == (True, MORNING)
    NotifySettings.objects.update(quiet_start=dt.time(23), quiet_end=dt.time(6))
    tell(user, now=NIGHT)
    assert OutboxItem.objects.filter(channel="sms", due_at=NIGHT).count() == 1


def test_hours_that_changed_meanwhile_hold_and_cost_no_attempt(user):
    tell(user)
    options = SystemOptions.load()
    options.quiet_start, options.quiet_end = dt.time(11), dt.time(13)
    options.save()
    sending.send_due(now=NOON)
    row = OutboxItem.objects.get()
    assert (row.state, row.attempts, row.due_at) == ("waiting", 0, NOON.replace(hour=13))
    assert not mail.outbox


def test_what_was_read_or_withdrawn_meanwhile_is_not_sent(user):
    tell(user, title="读过的")
    tell(user, title="收回的", key="w")
    mark_id = OutboxItem.objects.order_by("pk").first().notification_id
    assert withdraw(key="w") == 1  # its message to the outside goes with it
    Notification.objects.filter(pk=mark_id).update(read_at=NOON)
    sending.send_due(now=NOON)
    assert states() == ["dropped"]
    assert not mail.outbox


class Down:
    """A mail server that fails as told."""

    def __init__(self, *, opening=None, sending=None):
        self.opening, self.sending = opening, sending

    def open(self):
        if self.opening:
            raise self.opening

    def send_messages(self, messages):
        if self.sending:
            raise self.sending

    def close(self):
        raise smtplib.SMTPServerDisconnected("goodbye was not heard")


def fails(monkeypatch, **how):
    monkeypatch.setattr(email, "get_connection", lambda: Down(**how))


def test_a_channel_that_is_down_is_tried_again_later_and_in_the_end_given_up(user, monkeypatch):
    fails(monkeypatch, opening=ConnectionRefusedError("no"))
    tell(user)
    now, waits = NOON, []
    for _attempt in range(MAX_ATTEMPTS):
        assert sending.send_due(now=now) == 1
        row = OutboxItem.objects.get()
        waits.append(row.due_at - now)
        now = row.due_at
    assert (row.state, row.attempts, row.error) == ("failed", MAX_ATTEMPTS, "no")
    assert waits[0] < waits[3] < waits[6]  # whatever the dice: the eighth gave up
    assert outbox.resend(rows=OutboxItem.objects.all(), now=now) == 1
    monkeypatch.undo()
    assert sending.send_due(now=now) == 1
    assert states() == ["sent"]
    assert len(mail.outbox) == 1


def test_three_failures_end_the_run_of_that_channel_only(user, monkeypatch, settings):
    settings.NOTIFY_URLS = ["console://"]
    fails(monkeypatch, opening=ConnectionRefusedError("no"))
    for n in range(5):
        tell(user, title=f"{n}")
    assert sending.send_due(now=NOON) == 3 + 5
    assert OutboxItem.objects.filter(channel="console", state="sent").count() == 5
    assert OutboxItem.objects.filter(channel="email", attempts=1).count() == 3


@pytest.mark.parametrize(
    ("how", "state"),
    [
        ({"sending": smtplib.SMTPRecipientsRefused({"x": (550, b"no such user")})}, "failed"),
        ({"sending": smtplib.SMTPRecipientsRefused({"x": (450, b"later")})}, "waiting"),
        ({"sending": smtplib.SMTPDataError(552, b"too big")}, "failed"),
        ({"opening": smtplib.SMTPAuthenticationError(535, b"password")}, "waiting"),
        ({"sending": smtplib.SMTPServerDisconnected("lost")}, "unsure"),
        ({"sending": TimeoutError()}, "unsure"),
        ({"sending": ZeroDivisionError("a bug of a library")}, "unsure"),
        ({}, "sent"),
    ],
)
def test_what_an_answer_means(user, monkeypatch, how, state):
    fails(monkeypatch, **how)
    tell(user)
    sending.send_due(now=NOON)
    assert states() == [state]


def test_a_worker_that_died_while_sending(user, settings):
    """An e-mail is never sent twice by itself; a phone shows the second as the first, so it gets it again."""
    device = PushDevice.objects.create(user=user, endpoint="https://x", endpoint_hash="x", p256dh="", auth="")
    for channel in (Channel.EMAIL, Channel.PUSH):
        OutboxItem.objects.create(
            key=channel, recipient=user, channel=channel, device=device, state="sending", attempts=1,
            lease_until=NOON,
        )  # fmt: skip
    assert sending.sweep(now=NOON) == (0, 0)
    assert sending.sweep(now=NOON + dt.timedelta(seconds=1)) == (1, 1)
    assert dict(OutboxItem.objects.values_list("channel", "state")) == {"email": "unsure", "push": "waiting"}
    settings.SMS_IDEMPOTENT = True
    assert may_repeat(Channel.SMS)


def test_a_worker_given_up_too_early_still_tells_what_it_knows(user, monkeypatch):
    class Slow(Down):
        def send_messages(self, messages):
            sending.sweep(now=NOON + dt.timedelta(hours=1))
            assert states() == ["unsure"]

        def close(self):
            pass

    monkeypatch.setattr(email, "get_connection", Slow)
    tell(user)
    sending.send_due(now=NOON)
    assert states() == ["sent"]


# --- summaries
def test_one_summary_with_counts_and_links(user):
    wishes(user, pool__email="digest")
    for n in range(3):
        tell(user, NoticeKind.POOL, f"回收{n}")
    tell(user, NoticeKind.ALERT, "未拜访")
    assert digests.gather_due(now=NOON) == 0
    assert digests.gather_due(now=MORNING) == 1
    assert digests.gather_due(now=MORNING) == 0
    sending.send_due(now=MORNING)
    (sent,) = mail.outbox
    assert sent.subject == "4条通知等您查看"
    assert "公海：3  http://localhost:8000/messages/?kind=pool&unread=1" in sent.body
    assert "预警：1" in sent.body
    assert sorted(states()) == ["gathered"] * 4 + ["sent"]
    assert OutboxItem.objects.filter(gathered_in__key__startswith="digest:").count() == 4


def test_an_empty_summary_is_none(user):
    tell(user, NoticeKind.POOL)
    mark_all_read(user=user)
    assert digests.gather_due(now=MORNING) == 0
    assert states() == ["dropped"]


def test_a_summary_waits_for_the_end_of_quiet_hours(user):
    tell(user, NoticeKind.POOL)
    NotifySettings.objects.create(user=user, quiet_start=dt.time(20), quiet_end=dt.time(9))
    assert digests.gather_due(now=MORNING) == 0
    assert OutboxItem.objects.get().due_at == MORNING.replace(hour=9, minute=0)
    assert digests.gather_due(now=MORNING.replace(hour=8, minute=59)) == 0
    assert digests.gather_due(now=MORNING.replace(hour=9, minute=0)) == 1


def test_who_left_gets_no_summary(user):
    tell(user, NoticeKind.POOL)
    user.is_active = False
    user.save()
    assert digests.gather_due(now=MORNING) == 0
    assert states() == ["dropped"]


# --- dead letters, cleaning
def test_only_dead_letters_are_sent_again_or_discarded(user):
    for state in OutboxState:
        OutboxItem.objects.create(
            key=state, recipient=user, channel="email", state=state, attempts=8, due_at=NOON
        )
    assert outbox.resend(rows=OutboxItem.objects.filter(key="failed"), now=NOON) == 1
    assert outbox.discard(rows=OutboxItem.objects.all()) == 1  # the unsure one
    again = OutboxItem.objects.get(key="failed")
    assert (again.state, again.attempts, again.resends) == ("waiting", 0, 1)
    sending.send_due(now=again.due_at)
    assert len(mail.outbox) == 2  # with the one that waited before


def test_old_rows_go_and_dead_letters_stay(user):
    for state in OutboxState:
        OutboxItem.objects.create(
            key=state, recipient=user, channel="email", state=state, created_at=NOON - dt.timedelta(days=91)
        )
    assert sending.purge(now=NOON) == 3
    assert set(states()) == {"waiting", "sending", "failed", "unsure"}


def test_wishes_are_kept_where_they_differ_from_the_usual(user):
    reach.save_settings(
        user=user, email="new@example.com", chat_url="", quiet_start=None, quiet_end=None, quiet_days_off=None,
        choices={
            (NoticeKind.POOL, Channel.EMAIL): Frequency.DIGEST,
            (NoticeKind.POOL, Channel.SMS): Frequency.NOW,
        },
    )  # fmt: skip
    assert NotifySettings.objects.get().choices == {"pool:sms": "now"}
    user.refresh_from_db()
    assert user.email == "new@example.com"
