"""Two workers and one row; a worker killed between handing over and marking: real threads, real processes."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from comms.enums import NoticeKind
from comms.models import OutboxItem
from comms.services import Notice, digests, notify, sending
from tests.crm.test_import_kill import database_url
from tests.factories import UserFactory
from tests.races import race

pytestmark = [pytest.mark.django_db(transaction=True)]
threads = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="threads share one connection of a database in memory"
)
NOON = dt.datetime(2026, 11, 26, 4, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _nobody_is_nudged(monkeypatch):
    """Tasks run at once in tests: here the workers of the test shall find the rows."""
    monkeypatch.setattr("comms.tasks.send_outbox.delay", lambda: None)


@threads
def test_of_two_workers_one_sends():
    user = UserFactory(email="a@example.com")
    notify([Notice(user.pk, NoticeKind.ANNOUNCEMENT, f"{n}") for n in range(6)], now=NOON)
    race(*(lambda: sending.send_due(now=NOON) for _ in range(4)))
    assert sorted(message.subject for message in mail.outbox) == [f"{n}" for n in range(6)]
    assert set(OutboxItem.objects.values_list("state", "attempts")) == {("sent", 1)}


@threads
def test_of_two_workers_one_makes_the_summary():
    user = UserFactory(email="a@example.com")
    notify([Notice(user.pk, NoticeKind.POOL, f"{n}") for n in range(6)], now=NOON)
    morning = NOON + dt.timedelta(days=1)
    made = race(*(lambda: digests.gather_due(now=morning) for _ in range(4)))
    assert sorted(made) == [0, 0, 0, 1]
    race(*(lambda: sending.send_due(now=morning) for _ in range(2)))
    assert len(mail.outbox) == 1


@threads
def test_one_key_told_from_two_places_goes_out_once():
    user = UserFactory(email="a@example.com")
    notice = Notice(user.pk, NoticeKind.ANNOUNCEMENT, "放假", key="once")
    race(*(lambda: notify([notice], now=NOON) for _ in range(4)))
    assert OutboxItem.objects.count() == 1


# The back end writes each mail it took into a file, and dies right after it when told to.
WORKER = """
import json, os, signal, sys, django
from django.conf import settings
django.setup()
import datetime as dt
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone
from comms.models import OutboxItem
from comms.services import sending
from comms.services.channels import email
step, mails, now = sys.argv[1], sys.argv[2], dt.datetime.fromisoformat(sys.argv[3])
class Wire(BaseEmailBackend):
    def send_messages(self, messages):
        with open(mails, "a") as file:
            file.write(messages[0].subject + "\\n")
        if step == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        return 1
email.get_connection = Wire
said = []
for later in (0, 6):
    now += dt.timedelta(minutes=later)
    sending.sweep(now=now)
    said.append([sending.send_due(now=now), *OutboxItem.objects.values_list("state", flat=True)])
print(json.dumps(said))
"""


@pytest.mark.slow
def test_kill_9_between_handing_over_and_marking(tmp_path, settings):
    user = UserFactory(email="a@example.com")
    now = timezone.now().replace(hour=4)
    notify([Notice(user.pk, NoticeKind.ANNOUNCEMENT, "放假")], now=now)
    mails = tmp_path / "mails"
    url = database_url(tmp_path)

    def worker(step):
        return subprocess.run(
            [sys.executable, "-c", WORKER, step, str(mails), now.isoformat()],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"},
            capture_output=True,
            text=True,
            timeout=120,
        )

    assert worker("die").returncode == -signal.SIGKILL
    at_once, later = json.loads(worker("go on").stdout.splitlines()[-1])
    assert at_once == [0, "sending"]  # its lease still runs
    assert later == [0, "unsure"]  # nobody knows: it waits for a person
    assert Path(mails).read_text() == "放假\n"
