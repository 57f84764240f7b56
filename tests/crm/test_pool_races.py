"""Many people claim the same customers at once: one winner each, no cap passed (C5, domain-rules §5)."""

import datetime as dt
import json
import os
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone, translation

from accounts.models import SystemOptions
from common.business_calendar import today
from crm.enums import OwnerChangeReason
from crm.models import Customer, OwnerChange, PoolRule
from crm.services import owners, pool
from crm.services.customers import create_customer
from tests.factories import CustomerFactory, UserFactory
from tests.races import race

REASONS = ("no longer in the pool", "you may claim today", "may have at most")
postgres = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="row locks are PostgreSQL's"),
]


def on_postgres(test):
    for mark in postgres:
        test = mark(test)
    return test


def caps(**fields):
    SystemOptions.load()
    SystemOptions.objects.update(**{"cooldown_hours": 0, "daily_claim_cap": None, **fields})


def pooled(n):
    return [CustomerFactory(owner=None, pooled_at=timezone.now()).pk for _each in range(n)]


def claimer(user, ids):
    """Claims all of `ids` in an order of its own; {customer: "" or why not}."""

    def claim():
        outcome = {}
        with translation.override("en"):
            for pk in random.sample(ids, len(ids)):
                try:
                    owners.claim_customer(actor=user, customer_id=pk)
                    outcome[pk] = ""
                except ValidationError as error:
                    outcome[pk] = " ".join(error.messages)
        return outcome

    return claim


def check(ids, outcomes, users, *, daily=None, holding=None):
    """Exactly one winner a customer, a clear reason for each loser, and no cap passed, in answers and in the rows."""
    for outcome in outcomes:
        assert isinstance(outcome, dict), outcome
    wins = Counter()
    for pk in ids:
        winners = [user for user, outcome in zip(users, outcomes, strict=True) if outcome[pk] == ""]
        owner_id = Customer.objects.get(pk=pk).owner_id
        assert [user.pk for user in winners] == ([owner_id] if owner_id else [])
        assert OwnerChange.objects.filter(customer=pk, reason="claimed").count() == len(winners)
        wins.update(user.pk for user in winners)
    reasons = [text for outcome in outcomes for text in outcome.values() if text]
    assert all(any(reason in text for reason in REASONS) for text in reasons), reasons
    for user in {user.pk: user for user in users}.values():
        if daily is not None:
            assert wins[user.pk] <= daily
        if holding is not None:
            assert Customer.objects.filter(owner=user).count() <= holding
    return wins


# --- PostgreSQL, threads
@on_postgres
def test_fifty_people_and_ten_customers_make_ten_winners(people):
    caps()
    users = [UserFactory() for _each in range(50)]
    ids = pooled(10)
    wins = check(ids, race(*[claimer(user, ids) for user in users]), users)
    assert wins.total() == 10


@on_postgres
def test_one_person_on_eight_devices_passes_no_cap(people):
    for daily, holding, most in ((3, None, 3), (None, 4, 4), (5, 2, 2)):
        user = UserFactory()
        caps(daily_claim_cap=daily, holding_cap=holding)
        ids = pooled(10)
        outcomes = race(*[claimer(user, ids) for _each in range(8)])
        for pk in ids:
            assert sum(outcome[pk] == "" for outcome in outcomes) == bool(
                Customer.objects.get(pk=pk).owner_id
            )
        assert Customer.objects.filter(owner=user).count() == most
        assert OwnerChange.objects.filter(to_user=user, reason="claimed").count() == most


@on_postgres
def test_claims_assignments_and_new_customers_share_one_cap(people):
    caps(holding_cap=5)
    ids, theirs = pooled(10), [CustomerFactory(owner=people.colleague).pk for _each in range(5)]

    def create():
        with translation.override("en"):
            return create_customer(actor=people.owner, name="新店")

    def assign():
        return owners.assign_owner(
            actor=people.superior, customers=theirs, owner=people.owner, reason=OwnerChangeReason.ASSIGNED
        )

    works = [claimer(people.owner, ids)] * 4 + [create] * 4 + [assign] * 4
    outcomes = race(*works)
    for outcome in outcomes:
        assert isinstance(outcome, dict | Customer | owners.OwnerOutcome | ValidationError), outcome
    assert Customer.objects.filter(owner=people.owner).count() == 5


@on_postgres
def test_two_assignments_of_the_same_customers_never_wait_in_a_ring(people):
    caps()
    ids = [CustomerFactory(owner=people.owner).pk for _each in range(30)]

    def give(to, order):
        return lambda: owners.assign_owner(
            actor=people.admin, customers=order, owner=to, reason=OwnerChangeReason.ASSIGNED
        )

    works = [give(people.colleague, ids), give(people.outsider, ids[::-1])] * 4
    outcomes = race(*works)
    assert [type(outcome) for outcome in outcomes] == [owners.OwnerOutcome] * 8
    # The history is one chain: who gave it up is who had it.
    for pk in ids:
        holder = people.owner.pk
        for change in OwnerChange.objects.filter(customer=pk).order_by("pk"):
            assert change.from_user_id == holder
            holder = change.to_user_id
        assert Customer.objects.get(pk=pk).owner_id == holder


@on_postgres
def test_two_workers_recycle_each_customer_once(people, monkeypatch):
    monkeypatch.setattr(pool, "BATCH", 7)
    PoolRule.objects.create(name="规则", no_follow_up_days=10)
    day = today()
    old = day - dt.timedelta(days=30)
    gone = [CustomerFactory(owner=people.owner, received_on=old).pk for _each in range(60)]
    stays = CustomerFactory(owner=people.owner, received_on=day).pk
    runs = race(*[lambda: pool.run_pool(day=day)] * 3)
    assert [getattr(run, "error", run) for run in runs] == [""] * 3
    assert sum(run.recycled for run in runs) == 60
    assert sorted(OwnerChange.objects.values_list("customer_id", flat=True)) == gone
    assert set(Customer.objects.in_pool().values_list("pk", flat=True)) == set(gone)
    assert Customer.objects.get(pk=stays).owner == people.owner


# --- SQLite, processes
CLAIM = """
import json, random, sys
from django.core.exceptions import ValidationError
from django.utils import translation
from accounts.models import User
from crm.models import Customer
from crm.services.owners import claim_customer
translation.activate("en")
user = User.objects.get(username=sys.argv[1])
ids = list(Customer.objects.order_by("pk").values_list("pk", flat=True))
outcome = {}
print("ready", flush=True)
sys.stdin.readline()
for pk in random.sample(ids, len(ids)):
    try:
        claim_customer(actor=user, customer_id=pk)
        outcome[pk] = ""
    except ValidationError as error:
        outcome[pk] = " ".join(error.messages)
print(json.dumps(outcome))
"""
SETUP = "import django; django.setup()\n"


def process(code, *arguments, database):
    variables = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "CELERY_TASK_ALWAYS_EAGER": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-c", SETUP + code, *arguments],
        cwd=Path(__file__).parents[2],
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def results(processes):
    """The last line of each; all began at one moment, when every one was ready."""
    for each in processes:
        assert each.stdout.readline() == "ready\n", each.stderr.read()
    for each in processes:
        each.stdin.write("\n")
        each.stdin.flush()
    outputs = [each.communicate(timeout=30) for each in processes]
    assert [each.returncode for each in processes] == [0] * len(processes), outputs
    return [json.loads(output) for output, _error in outputs]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="on a file database of SQLite")
def test_processes_on_sqlite_make_one_winner_each_and_pass_no_cap(tmp_path):
    """Five people, the first two of them on two devices, on a file database as a small office has it."""
    caps(daily_claim_cap=4, holding_cap=3)
    for n in range(5):
        UserFactory(username=f"rep{n}")
    pooled(10)
    database = tmp_path / "office.sqlite3"
    with closing(sqlite3.connect(database)) as copy:
        connection.connection.backup(copy)
    names = ["rep0", "rep1", "rep2", "rep3", "rep4", "rep0", "rep1"]
    outcomes = results([process(CLAIM, name, database=database) for name in names])
    winners = {}
    for name, outcome in zip(names, outcomes, strict=True):
        for pk, text in outcome.items():
            assert text == "" or any(reason in text for reason in REASONS), text
            if not text:
                assert pk not in winners, f"{pk} has two winners"
                winners[pk] = name
    counts = Counter(winners.values())
    assert max(counts.values()) <= 3
    assert len(winners) == 10
    assert rows(
        database,
        "select username, count(*) from crm_customer c join accounts_user u on u.id = c.owner_id group by 1",
    ) == dict(counts)
    assert rows(
        database,
        "select username, count(*) from crm_ownerchange c join accounts_user u on"
        " u.id = c.to_user_id where reason = 'claimed' group by 1",
    ) == dict(counts)


def rows(database, sql):
    with closing(sqlite3.connect(database)) as connected:
        return dict(connected.execute(sql).fetchall())
