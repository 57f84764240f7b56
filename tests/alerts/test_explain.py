"""explain and the command."""

import datetime as dt
import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from alerts.queries import explain
from alerts.rules import KINDS
from alerts.services import compute_alerts
from common import business_calendar
from tests.factories import CustomerFactory, DepartmentFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 3, 20)
START = dt.date(2026, 1, 1)


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.setattr(business_calendar, "today", lambda: TODAY)  # days of this year are told without it
    with translation.override("en"):
        yield


def test_the_rule_that_judges_and_why_the_others_do_not(rule):
    sales, other = DepartmentFactory(name="Sales"), DepartmentFactory(name="Other")
    chosen = rule("unvisited", 14, level="A")
    why = {
        rule("unvisited", 30): "less specific",
        rule("unvisited", 5, department=sales): "less specific",
        rule("unvisited", 7, level="B"): "for level B only",
        rule("unvisited", 7, department=other): "for owners in Other only",
        rule("unvisited", 20, level="A"): "as specific, but longer",
        rule("unvisited", 3, is_enabled=False): "switched off",
        rule("unvisited", 14, level="A"): "the same as the one that counts",
    }
    customer = CustomerFactory(
        level="A", owner=UserFactory(department=sales), created_on=START, last_visit_on=dt.date(2026, 3, 1)
    )
    unvisited, unordered, _unsold = explain(customer, TODAY)
    assert unvisited.rule == chosen
    assert {loser.rule: loser.why for loser in unvisited.losers} == why
    assert (unvisited.base_on, unvisited.base_source, unvisited.due_on, unvisited.days_overdue) == (
        dt.date(2026, 3, 1),
        "event",
        dt.date(2026, 3, 15),
        5,
    )
    assert unvisited.is_due
    assert not unvisited.is_open
    assert "last visit 03-01, due 03-15, 5 days overdue" in unvisited.text
    assert "The next run opens the alert." in unvisited.text
    assert unordered.not_judged == "No rule fits this customer."
    compute_alerts(today=TODAY)
    unvisited = explain(customer, TODAY)[0]
    assert unvisited.is_open
    assert "next run" not in unvisited.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"owner": None}, "public pool"),
        ({"status": "inactive"}, "Inactive"),
        ({"alerts_exempt": True}, "Exempt"),
    ],
)
def test_why_a_customer_is_not_judged(rule, fields, words):
    rule("unvisited", 10)
    first = explain(CustomerFactory(created_on=START, **fields), TODAY)[0]
    assert words in first.not_judged
    assert words in first.text
    assert first.due_on is None


@pytest.mark.parametrize(
    ("received", "source", "words"),
    [
        (dt.date(2026, 2, 1), "received", "with this owner since 02-01"),
        (START, "created", "on file since 01-01"),
    ],
)
def test_where_the_base_date_comes_from(rule, received, source, words):
    rule("unordered", 10)
    found = explain(CustomerFactory(created_on=START, received_on=received), TODAY)[1]
    assert found.base_source == source
    assert words in found.text


@pytest.mark.parametrize(("days", "words"), [(19, "due today"), (25, "6 days left"), (18, "1 day overdue")])
def test_the_state_in_words(rule, days, words):
    rule("unvisited", days)
    assert words in explain(CustomerFactory(last_visit_on=dt.date(2026, 3, 1)), TODAY)[0].text


def test_it_agrees_with_the_job(rule):
    head = DepartmentFactory()
    child = DepartmentFactory(parent=head)
    rule("unvisited", 10)
    rule("unvisited", 15, department=head)
    rule("unvisited", 12, level="A")
    shops = [
        CustomerFactory(
            level=level,
            owner=UserFactory(department=department),
            last_visit_on=TODAY - dt.timedelta(days=days),
        )
        for level in ("A", "")
        for department in (None, head, child)
        for days in (10, 11, 12, 13, 15, 16)
    ]
    compute_alerts(today=TODAY)
    found = [explain(shop, TODAY)[0] for shop in shops]
    assert [e.is_due for e in found] == [e.is_open for e in found]
    assert {e.is_due for e in found} == {True, False}


# --- the command
def run(capsys, *args):
    call_command("compute_alerts", *args)
    return capsys.readouterr().out.strip().splitlines()


def test_command_answers_in_json(rule, capsys):
    rule("unvisited", 10)
    customer = CustomerFactory(code="007", created_on=START)
    lines = run(capsys, "--date", "2026-03-20", "--explain", "007", "--json")
    answer = json.loads(lines[-1])
    assert (answer["date"], answer["opened"], answer["closed"]) == ("2026-03-20", 1, 0)
    # Every kind is named; by these keys others have read them from the beginning.
    first = ("unvisited", "unordered", "unsold", "rep_none", "rep_below_average")
    assert [answer["open_by_kind"][kind] for kind in first] == [1, 0, 0, 0, 0]
    assert answer["open_by_kind"].keys() == {*KINDS, "rep_none", "rep_below_average"}
    assert answer["seconds"] >= 0
    assert answer["explain"][0]["due"] == "2026-01-11"
    assert any(line.startswith(f"007 {customer.name} · Not visited") for line in lines)
    assert json.loads(run(capsys, "--date", "2026-03-20", "--json")[-1])["opened"] == 0


@pytest.mark.parametrize("args", [["--date", "tomorrow"], ["--explain", "nobody"]])
def test_command_refuses_wrong_arguments(no_rules, args):
    with pytest.raises(CommandError) as error:
        call_command("compute_alerts", *args)
    if args[0] == "--explain":
        assert error.value.returncode == 2
