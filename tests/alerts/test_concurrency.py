"""Two runs at once, and a run beside a check-out."""

import datetime as dt
import threading
from contextlib import suppress

import pytest
from django.db import DatabaseError, connection, transaction

from alerts.models import Alert, AlertMark, AlertRule, AlertRun, RepAlertRule
from alerts.queries.rules import rule_lines
from alerts.services import compute_alerts, engine, judge_changes, runs
from alerts.services.versions import keep_versions
from crm.models import Customer
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
def company(transactional_db):
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
    # Else the second would wait for the first before it judges.
    keep_versions()
    AlertMark.objects.all().delete()
    barrier = threading.Barrier(2)
    judge = engine.judge_customers

    def both_started(rules, **how):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        barrier.wait(10)
        return judge(rules, **how)

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
            AlertMark.objects.create(customer_id=7)
            engine.touch()
            assert not AlertMark.objects.exists()
            rules = engine.RuleSet.of(TODAY, rule_lines(TODAY))
            assert sum(engine.judge_customers(rules).opened.values()) == 40
            connection.close()

    with suppress(DatabaseError):
        killed()
    assert not Alert.objects.exists()
    assert AlertMark.objects.exists()  # who changed is judged by the next run
    assert compute_alerts(today=TODAY).opened == 41


def test_one_run_after_the_other(company):
    """The same on SQLite, where a transaction is the lock."""
    assert [compute_alerts(today=TODAY).opened for _ in range(2)] == [41, 0]
    assert AlertRun.objects.filter(state="done").count() == 2


@only_postgres
def test_a_change_during_a_run_is_judged_by_the_next(company):
    """A mark that is committed while a run judges stays, and the next minute's run sees what it was made for."""
    compute_alerts(today=TODAY)
    shop = Customer.objects.order_by("pk").first()
    judge, changed = engine.judge_customers, []

    def change_meanwhile(rules, **how):
        outcome = judge(rules, **how)
        in_threads(lambda: Customer.objects.filter(pk=shop.pk).update(last_visit_on=TODAY))
        changed.append(True)
        return outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "judge_customers", change_meanwhile)
        compute_alerts(today=TODAY, full=True)
    assert changed
    assert Alert.objects.filter(customer=shop, kind="unvisited", closed_on=None).exists()
    run = judge_changes(today=TODAY)
    assert (run.judged, run.closed) == (1, 1)
    assert judge_changes(today=TODAY) is None
