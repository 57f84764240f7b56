"""Threads on SQLite's one connection in memory do not wait for each other for ever (tests/one_at_a_time.py)."""

import os
import subprocess
import sys

from django.conf import settings

SCRIPT = """
import threading
import django
django.setup()
from django.db import connections
from tests.one_at_a_time import take_turns

take_turns()
shared = connections["default"]
shared.settings_dict["NAME"] = "file:of_this_test?mode=memory&cache=shared"  # as Django names it in tests
shared.ensure_connection()
shared.inc_thread_sharing()
with shared.cursor() as cursor:
    cursor.execute("CREATE TABLE slip (day text)")
    cursor.executemany("INSERT INTO slip VALUES (%s)", [(f"2026-{1 + n % 12:02}-11",) for n in range(200)])

def ask():
    connections["default"] = shared
    for number in range(400):
        with shared.cursor() as cursor:
            cursor.execute(
                "SELECT django_date_trunc('month', day, NULL, NULL), COUNT(*) FROM slip WHERE day > %s GROUP BY 1",
                [f"2026-{1 + number % 9:02}"],
            )
            assert len(cursor.fetchall()) == 12 - number % 9

threads = [threading.Thread(target=ask, daemon=True) for _number in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
own = shared.copy()
own.connect()
own.cursor().execute("BEGIN IMMEDIATE")
threading.Timer(0.5, lambda: own.connection.commit()).start()
shared.inc_thread_sharing()
with shared.cursor() as cursor:
    cursor.execute("BEGIN IMMEDIATE")
print("done")
"""


def test_three_threads_take_turns():
    environment = {"DATABASE_URL": "sqlite:///:memory:", "DEBUG": "0", "SECRET_KEY": "of this test"}
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=settings.BASE_DIR,
        env={**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        timeout=120,  # without turns it never ends
    )
    assert answer.stdout == "done\n", answer.stderr
