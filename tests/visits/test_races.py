"""Two requests at once: real threads on PostgreSQL, and on SQLite when the test database is a file."""

import datetime as dt
import os
import subprocess
import sys
import time
import uuid
from functools import partial
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from tests.factories import CustomerFactory, VisitTaskFactory
from tests.races import race as start_together
from tests.visits.conftest import DAY, NOW, fix_at
from visits import services
from visits.models import ClientAction, Visit, VisitTask


def needs_real_connections() -> None:
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("threads share one connection of a database in memory")


pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def race(*works):
    needs_real_connections()
    return start_together(*works)


def names(outcomes):
    return sorted(getattr(outcome, "code", type(outcome).__name__) for outcome in outcomes)


def enter(actor, customer, **more):
    return services.check_in(actor=actor, customer_id=customer.pk, fix=fix_at(), now=NOW, **more)


def test_two_check_ins_of_one_rep_at_two_customers(people, shop):
    other = CustomerFactory(owner=people.owner)
    for _round in range(5):
        outcomes = race(lambda: enter(people.owner, shop), lambda: enter(people.owner, other))
        assert names(outcomes) == ["Visit", "open_visit"]
        assert Visit.objects.open().count() == 1
        Visit.objects.all().delete()


def test_twenty_check_ins_of_one_rep_leave_one_open_visit(people, shop):
    shops = [shop, *(CustomerFactory(owner=people.owner) for _ in range(19))]
    outcomes = race(*[partial(enter, people.owner, customer) for customer in shops])
    assert names(outcomes) == ["Visit", *["open_visit"] * 19], outcomes
    assert Visit.objects.open().count() == Visit.objects.count() == 1


def test_the_same_check_in_twice_is_one_visit(people, shop):
    for _round in range(5):
        key = uuid.uuid4()
        outcomes = race(*[lambda: enter(people.owner, shop, uuid=key)] * 3)  # noqa: B023 - joined within the round
        assert names(outcomes) == ["Visit"] * 3, outcomes
        assert len({visit.pk for visit in outcomes}) == 1
        services.check_out(actor=people.owner, visit=outcomes[0], now=NOW)
        Visit.objects.all().delete()


def test_many_visits_of_one_day_take_every_number_once(people, shop, options):
    """Each thread goes in and out until it has had its visit; the others are in its way all the time."""
    options(allow_multiple_visits=True)

    def in_and_out():
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                visit = enter(people.owner, shop)
            except ValidationError:
                time.sleep(0.002)  # somebody is in; he must get a turn to leave
                continue
            return services.check_out(actor=people.owner, visit=visit, now=NOW)
        raise AssertionError("never got in")

    outcomes = race(*[in_and_out] * 4)
    assert names(outcomes) == ["Visit"] * 4, outcomes
    assert sorted(Visit.objects.values_list("sequence", flat=True)) == [1, 2, 3, 4]


def test_one_visit_a_day_holds_when_somebody_leaves_meanwhile(people, shop):
    def in_and_out():
        visit = enter(people.owner, shop)
        return services.check_out(actor=people.owner, visit=visit, now=NOW)

    for _round in range(5):
        outcomes = race(*[in_and_out] * 3)
        assert names(outcomes).count("Visit") == 1, outcomes
        assert set(names(outcomes)) <= {"Visit", "open_visit", "already_visited"}
        assert Visit.objects.count() == 1
        Visit.objects.all().delete()


def test_two_check_outs_are_one(people, shop):
    VisitTaskFactory(rep=people.owner, customer=shop, date=DAY)
    visit = enter(people.owner, shop)
    outcomes = race(*[lambda: services.check_out(actor=people.owner, visit_id=visit.pk, now=NOW)] * 3)
    assert names(outcomes) == ["Visit", "closed", "closed"]


def test_the_same_queued_action_at_once_has_one_effect_and_one_answer(people, shop):
    for _round in range(5):
        action = {
            "uuid": str(uuid.uuid4()),
            "kind": "check_in",
            "occurred_at": NOW.isoformat(),
            "payload": {"customer": shop.pk, "fix": {"lat": 31.8206, "lng": 117.229, "acc": 9}},
        }
        outcomes = race(
            *[lambda: services.run_actions(actor=people.owner, actions=[action], now=NOW)] * 3  # noqa: B023
        )
        assert outcomes[0] == outcomes[1] == outcomes[2], outcomes
        assert outcomes[0][0]["status"] == "done"
        assert Visit.objects.count() == ClientAction.objects.count() == 1
        Visit.objects.all().delete()
        ClientAction.objects.all().delete()


def test_two_planners_make_each_task_once(people):
    shops = [CustomerFactory(owner=people.owner).pk for _ in range(20)]
    outcomes = race(
        *[
            lambda: services.create_tasks(
                actor=people.superior, rep=people.owner, customer_ids=shops, date=DAY, source="one_off"
            )
        ]
        * 3
    )
    assert sum(outcome.created for outcome in outcomes) == 20
    assert sum(outcome.existing for outcome in outcomes) == 40
    assert VisitTask.objects.count() == 20


def test_two_tasks_of_a_customer_moved_to_one_day(people, shop):
    for offset in range(1, 4):
        tasks = [
            VisitTaskFactory(rep=people.owner, customer=shop, date=DAY + dt.timedelta(days=offset * 10 + n))
            for n in range(2)
        ]
        target = DAY + dt.timedelta(days=offset * 10 + 5)
        outcomes = race(
            *[
                lambda task=task: services.move_task(actor=people.superior, task=task, date=target)  # noqa: B023
                for task in tasks
            ]
        )
        assert names(outcomes) == ["VisitTask", "conflict"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=False)
@pytest.mark.skipif(
    connection.vendor != "sqlite" or "SQLITE_TEST_NAME" in os.environ, reason="runs the SQLite half"
)
def test_all_of_this_holds_on_sqlite_files_too(tmp_path):
    """The threads above against a database file, in a process of their own."""
    environment = {**os.environ, "SQLITE_TEST_NAME": str(tmp_path / "races.sqlite3")}
    environment.pop("PYTEST_XDIST_WORKER", None)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", __file__, "-q", "-p", "no:xdist", "-p", "no:cacheprovider"],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout[-4000:]
    assert " passed" in run.stdout
