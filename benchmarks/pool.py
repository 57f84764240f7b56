"""The nightly job of the public pool against hand-written SQL that writes the same, on PostgreSQL.

    DATABASE_URL=postgres:///anything .venv/bin/python -m benchmarks.pool [--customers N]

Makes a database of its own beside the one named, a copy of it for the hand-written half, and drops both at the end.
Every customer is due. Both halves begin from the same files and end with their commit. Prints seconds, their ratio, the
peak memory of the job's own process, and what a second run, and two at once, change. See docs/benchmarks.md.
"""

import argparse
import json
import os
import subprocess
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction

from benchmarks.alerts import execute, make_company
from crm.models import PoolRule

DAY = "2026-11-22"

# The job in a process of its own, as a worker runs it.
WORKER = f"""
import datetime, json, resource, time
import django
django.setup()
from crm.services.pool import run_pool
began = time.perf_counter()
run = run_pool(day=datetime.date.fromisoformat("{DAY}"))
print(json.dumps({{
    "seconds": round(time.perf_counter() - began, 1),
    "recycled": run.recycled,
    "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
}}))
"""
# By hand, one transaction: the customers, their history, and nothing else.
HAND_WRITTEN = """
WITH due AS MATERIALIZED (
    SELECT id, owner_id FROM crm_customer
    WHERE owner_id IS NOT NULL AND NOT pool_locked
        AND GREATEST(received_on, COALESCE(last_follow_up_on, received_on), COALESCE(last_visit_on, received_on)) + 30
            < %(day)s::date
), history AS (
    INSERT INTO crm_ownerchange (customer_id, from_user_id, to_user_id, by_id, reason, clock, note, at)
    SELECT id, owner_id, NULL, NULL, 'recycled', 'no_follow_up', '', now() FROM due
), moved AS (
    UPDATE crm_customer c SET last_owner_id = due.owner_id, owner_id = NULL, received_on = NULL, pooled_at = now()
    FROM due WHERE c.id = due.id RETURNING c.id
)
SELECT count(*) FROM moved
"""


def state():
    """What a second run must leave alone."""
    return execute(
        "SELECT count(*), count(owner_id), sum(hashtext(concat_ws('/', id, owner_id, last_owner_id, pooled_at)))"
        " FROM crm_customer"
    ) + execute("SELECT count(*), max(id) FROM crm_ownerchange")


def start_worker(database):
    """Start the job on `database` in a new process."""
    settings = connection.settings_dict
    login = settings["USER"] + (f":{settings['PASSWORD']}" if settings["PASSWORD"] else "")
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    url = f"postgres://{login}@{settings['HOST']}{port}/{database}"
    variables = {**os.environ, "DATABASE_URL": url}
    return subprocess.Popen([sys.executable, "-c", WORKER], env=variables, stdout=subprocess.PIPE, text=True)


def finish(process):
    """What a job's process says at its end."""
    said, _nothing = process.communicate()
    assert process.returncode == 0, said
    return json.loads(said.splitlines()[-1])


def worker(database):
    return finish(start_worker(database))


def connect(name):
    connection.close()
    connection.settings_dict["NAME"] = name


def by_hand():
    """Seconds of the hand-written statement with its commit, at which the foreign keys are checked."""
    execute("CHECKPOINT")
    began = time.perf_counter()
    with transaction.atomic():
        execute("SET LOCAL jit = off; SET LOCAL work_mem = '64MB'")
        [(moved,)] = execute(HAND_WRITTEN, {"day": DAY})
    return time.perf_counter() - began, moved


def on_copy(home, database, action):
    """Do it on a copy of the database that is dropped afterwards."""
    copy = f"{database}_copy"
    connect(home)
    execute(f"CREATE DATABASE {copy} TEMPLATE {database} STRATEGY file_copy")
    try:
        connect(copy)
        return action()
    finally:
        connect(home)
        execute(f"DROP DATABASE {copy} WITH (FORCE)")
        connect(database)


def two_at_once():
    """Two processes on one database: how many they recycled together and how long both took."""
    database = connection.settings_dict["NAME"]
    execute("CHECKPOINT")
    began = time.perf_counter()
    runs = [finish(process) for process in [start_worker(database), start_worker(database)]]
    spent = round(time.perf_counter() - began, 1)
    [(lines, customers)] = execute("SELECT count(*), count(DISTINCT customer_id) FROM crm_ownerchange")
    assert lines == customers == sum(run["recycled"] for run in runs), (lines, customers, runs)
    return {"recycled": [run["recycled"] for run in runs], "seconds": spent}


def measure(customers, home, database):
    make_company(customers)
    execute("UPDATE crm_customer SET owner_id = 1 + id %% 400, last_visit_on = NULL", [])
    PoolRule.objects.create(name="Pool", no_follow_up_days=30)
    execute("VACUUM FULL crm_customer")
    execute("VACUUM ANALYZE")
    hand, moved = on_copy(home, database, by_hand)
    print("hand", round(hand, 1), flush=True)
    both = on_copy(home, database, two_at_once)
    print("two at once", both, flush=True)
    execute("CHECKPOINT")
    first = worker(database)
    assert first["recycled"] == moved == sum(both["recycled"]) == customers, (first, moved, both)
    after = state()
    second = worker(database)
    assert second["recycled"] == 0
    assert state() == after
    return {
        "customers": customers,
        "hand_seconds": round(hand, 1),
        "job": first,
        "ratio": round(first["seconds"] / hand, 2),
        "second_run": second,
        "two_at_once": both,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    arguments = parser.parse_args()
    if connection.vendor != "postgresql":
        raise SystemExit("DATABASE_URL must name a PostgreSQL server")
    home, own = connection.settings_dict["NAME"], f"benchmark_pool_{os.getpid()}"
    connection.settings_dict["OPTIONS"].pop("pool", None)
    execute(f"CREATE DATABASE {own}")
    try:
        connect(own)
        call_command("migrate", verbosity=0)
        print(json.dumps(measure(arguments.customers, home, own)))
    finally:
        connect(home)
        execute(f"DROP DATABASE {own} WITH (FORCE)")


if __name__ == "__main__":
    main()
