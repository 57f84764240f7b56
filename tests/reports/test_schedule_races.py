"""Two beats and two workers at one moment."""

import datetime as dt

import pytest
from django.core import mail
from django.db import connection

from reports.models import ScheduledReport, ScheduledRun
from reports.services import schedules
from tests.factories import UserFactory
from tests.races import race

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="threads share one connection of a database in memory"
    ),
]
NOW = dt.datetime(2026, 11, 26, 1, tzinfo=dt.UTC)


def test_one_run_and_one_mail():
    boss = UserFactory(role="manager", email="a@example.com")
    made = ScheduledReport.objects.create(name="早报", report="performance", owner=boss, next_at=NOW)
    made.recipients.set([boss])
    beats = race(*(lambda: schedules.make_due_runs(now=NOW) for _ in range(4)))
    assert sorted(beats) == [0, 0, 0, 1]
    workers = race(*(lambda: schedules.run_due(now=NOW) for _ in range(4)))
    assert sorted(workers) == [0, 0, 0, 1]
    assert len(mail.outbox) == 1
    run = ScheduledRun.objects.get()
    assert (run.state, run.attempts, run.sent) == ("done", 1, 1)
