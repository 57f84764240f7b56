"""The back-test as a job and as a command: what it counts of real rows, and what becomes of killed ones (E5)."""

import datetime as dt
import io
import json

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from alerts.models import Alert, BacktestLine, BacktestRun
from alerts.services import backtest
from alerts.services.backtest import request_backtest, run_backtest, sweep_backtests
from tests.alerts.test_rhythm import order_every
from tests.factories import CustomerFactory, SalesOrderFactory, VisitFactory

pytestmark = pytest.mark.django_db
FIRST, LAST = dt.date(2026, 8, 1), dt.date(2026, 10, 30)


def day(month, number):
    return dt.date(2026, month, number)


@pytest.fixture
def shops(db):
    """One that stays away from September on, one that comes every ten days, one that is new."""
    gone, steady, new = CustomerFactory.create_batch(3)
    order_every(gone, 10, 8, last=day(9, 1))
    order_every(steady, 10, 20, last=day(10, 28))
    order_every(new, 10, 3, last=day(8, 5))
    return gone, steady, new


def backtest_json(*arguments):
    out = io.StringIO()
    call_command("backtest_alerts", "--from", FIRST, "--to", LAST, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def lines_of(result):
    return {(line["kind"], line["parameter"]): line for line in result["lines"]}


def test_what_each_parameter_would_have_told(shops):
    gone, _steady, _new = shops
    VisitFactory(customer=gone, check_in_at=dt.datetime(2026, 9, 3, 3, tzinfo=dt.UTC))
    before = Alert.objects.count()
    result = backtest_json("--kind", "unordered", "--parameter", "7", "--parameter", "14")
    assert result["customers"] == 2
    lines = lines_of(result)
    assert set(lines) == {("unordered", "7"), ("unordered", "14")}
    # 14 days: only the one who stays away, day 09-16; the order was certainly left out on 09-21.
    two_weeks = lines["unordered", "14"]
    assert (two_weeks["alerts"], two_weeks["right"], two_weeks["precision"]) == (1, 1, 1.0)
    assert (two_weeks["missed_orders"], two_weeks["caught"], two_weeks["lead_days"]) == (1, 1, 5)
    # 7 days: before each of his and of the steady one's orders.
    assert lines["unordered", "7"]["alerts"] > 8
    assert lines["unordered", "7"]["right"] == 1
    rhythm = lines_of(backtest_json("--kind", "rhythm"))
    assert rhythm["rhythm", "0.9"]["precision"] == rhythm["rhythm", "0.9"]["recall"] == 1.0
    visits = lines_of(backtest_json("--parameter", "30"))["unvisited", "30"]
    assert (visits["alerts"], visits["right"], visits["caught"], visits["in_time"]) == (1, 1, 1, 0)
    assert Alert.objects.count() == before


def test_alerts_that_were_really_opened_are_judged_by_the_same_words(shops):
    gone, steady, _new = shops
    common = {"kind": "unordered", "period_days": 12}
    Alert.objects.create(customer=gone, base_on=day(9, 1), due_on=day(9, 13), opened_on=day(9, 14), **common)
    Alert.objects.create(
        customer=steady, base_on=day(8, 29), due_on=day(9, 6), opened_on=day(9, 7), closed_on=day(9, 8), **common
    )  # fmt: skip
    actual = lines_of(backtest_json())["unordered", "actual"]
    assert (actual["alerts"], actual["right"], actual["missed_orders"], actual["lead_days"]) == (2, 1, 1, 7)


def test_cancelled_orders_are_none(shops):
    gone, _steady, _new = shops
    SalesOrderFactory(customer=gone, ordered_on=day(9, 10), status="cancelled")
    assert lines_of(backtest_json("--parameter", "14"))["unordered", "14"]["right"] == 1


@pytest.mark.parametrize(
    "arguments", [("--parameter", "0.2"), ("--kind", "rhythm", "--parameter", "9"), ("--parameter", "x")]
)
def test_wrong_parameters_are_refused(db, arguments):
    with pytest.raises(CommandError) as refused:
        backtest_json(*arguments)
    assert refused.value.returncode == 2


def test_days_that_run_backwards_are_a_wrong_argument(db):
    with pytest.raises(CommandError, match="--to is before --from") as refused:
        call_command("backtest_alerts", "--from", str(LAST), "--to", str(FIRST))
    assert refused.value.returncode == 2


def test_wrong_days_are_refused(db):
    with pytest.raises(ValidationError):
        request_backtest(actor=None, first=LAST, last=FIRST)
    with pytest.raises(ValidationError):
        request_backtest(actor=None, first=FIRST, last=LAST, horizon=0)


def test_one_at_a_time_and_only_one_worker(shops):
    run, is_new = request_backtest(actor=None, first=FIRST, last=LAST)
    assert (request_backtest(actor=None, first=FIRST, last=LAST), is_new) == ((run, False), True)
    assert run_backtest(run.pk).state == "done"
    assert run_backtest(run.pk) is None
    assert run.lines.count() == 15


def test_what_a_killed_worker_left_is_begun_again_and_given_up_in_the_end(shops):
    run, _new = request_backtest(actor=None, first=FIRST, last=LAST)
    long_ago = timezone.now() - dt.timedelta(hours=1)
    BacktestRun.objects.update(state="running", attempts=1, heartbeat_at=long_ago)
    assert sweep_backtests() == [run.pk]
    assert run_backtest(run.pk).state == "done"
    BacktestRun.objects.update(state="running", attempts=3, heartbeat_at=long_ago)
    assert sweep_backtests() == []
    assert BacktestRun.objects.get().state == "failed"


def test_a_worker_that_was_given_up_writes_nothing(shops, monkeypatch):
    run, _new = request_backtest(actor=None, first=FIRST, last=LAST)
    real = backtest._customers

    def slow(keys, question):
        BacktestRun.objects.update(attempts=2)
        return real(keys, question)

    monkeypatch.setattr(backtest, "_customers", slow)
    assert run_backtest(run.pk) is None
    assert not BacktestLine.objects.exists()


def test_an_error_is_said(shops, monkeypatch):
    run, _new = request_backtest(actor=None, first=FIRST, last=LAST)

    def broken(question):
        raise RuntimeError("no disk")

    monkeypatch.setattr(backtest.reads, "actual_kinds", broken)
    with pytest.raises(RuntimeError):
        run_backtest(run.pk)
    run.refresh_from_db()
    assert (run.state, run.message) == ("failed", "RuntimeError: no disk")
