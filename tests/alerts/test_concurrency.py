"""Two runs at once, and a run beside a check-out."""

import datetime as dt
import threading
from contextlib import suppress

import pytest
from django.db import DatabaseError, connection, transaction

from alerts.models import Alert, AlertRule, AlertRun, RepAlertRule
from alerts.services import compute_alerts, engine, runs
from tests.factories import CustomerFactory, UserFactory

TODAY = dt.date(2026, 6, 1)


on_postgres = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def only_postgres(test):
    for mark in on_postgres:
        test = mark(test)
    return test


@pytest.fixture
def company(transactional_db, django_db_serialized_rollback):
    AlertRule.objects.all().delete()
    RepAlertRule.objects.all().delete()
    AlertRule.objects.create(kind="unvisited", period_days=10)
    AlertRule.objects.create(kind="unordered", period_days=10)
    RepAlertRule.objects.create(measure="visits")
    CustomerFactory.create_batch(20, owner=UserFactory(), created_on=dt.date(2026, 1, 1))


def in_threads(*actions):
    results, errors = [], []

    def call(action):
        try:
            results.append(action())
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not errors
    return results


@only_postgres
def test_two_runs_at_once_open_everything_once(company):
    found = in_threads(*[lambda: compute_alerts(today=TODAY)] * 3)
    assert sorted(run.opened for run in found) == [0, 0, 41]
    assert {run.state for run in found} == {"done"}
    assert Alert.objects.count() == 40


@only_postgres
def test_even_without_the_lock_the_constraint_keeps_alerts_single(company, monkeypatch):
    """Both read before either commits; the second insert waits for the first and then does nothing."""
    monkeypatch.setattr(runs, "_one_at_a_time", lambda: None)
    barrier = threading.Barrier(2)
    judge = engine.judge_customers

    def both_started(today):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        barrier.wait(10)
        return judge(today)

    monkeypatch.setattr(runs, "judge_customers", both_started)
    found = in_threads(*[lambda: compute_alerts(today=TODAY)] * 2)
    assert sum(run.opened for run in found) in (
        41,
        42,
    )  # the rep alert may be tried twice, the customers' not
    assert Alert.objects.count() == 40


@only_postgres
def test_a_killed_connection_leaves_no_alert_and_no_lock(company):
    def killed():
        with transaction.atomic():
            runs._one_at_a_time()
            assert engine.judge_customers(TODAY)[0] == 40
            connection.close()

    with suppress(DatabaseError):
        killed()
    assert not Alert.objects.exists()
    assert compute_alerts(today=TODAY).opened == 41


def test_one_run_after_the_other(company):
    """The same on SQLite, where a transaction is the lock."""
    assert [compute_alerts(today=TODAY).opened for _ in range(2)] == [41, 0]
    assert AlertRun.objects.filter(state="done").count() == 2
