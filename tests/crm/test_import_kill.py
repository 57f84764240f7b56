"""kill -9 in the middle of a batch, on either database: a process dies for real, another one goes on."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

from tests.crm.import_files import csv_file

ROWS, BATCH = 150, 20
# In the third batch everything is written, nothing is committed, and the reader is at work on the next.
WORKER = f"""
import json, os, signal, sys, django
django.setup()
import datetime as dt
from pathlib import Path
from django.core.files import File
from django.utils import timezone
from crm.models import Contact, Customer, ImportJob, OwnerChange, Phone
from crm.services import imports
from crm.services.imports import engine, reading
engine.BATCH_ROWS = {BATCH}
reading.OWN_PROCESS_FROM = int(sys.argv[3])
path, step = Path(sys.argv[1]), sys.argv[2]
if step == "die":
    with path.open("rb") as file:
        job = imports.upload(actor=None, file=File(file), file_name=path.name)
    imports.start_unchecked(job=job, options=imports.Options(mapping=job.mapping))
    real, batches = engine._Run._count, []
    def dying(self, plan):
        real(self, plan)
        batches.append(1)
        if len(batches) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
    engine._Run._count = dying
    imports.run_job(job.pk)
def said():
    job = ImportJob.objects.get()
    return dict(
        state=job.state, rows_done=job.rows_done, created=job.created, failed=job.failed,
        codes=sorted(Customer.objects.values_list("code", flat=True)),
        phones=Phone.objects.count(), contacts=Contact.objects.count(), owners=OwnerChange.objects.count(),
        tags=Customer.tags.through.objects.count(),
        report=job.error_report.path if job.error_report else "",
    )
found, job = said(), ImportJob.objects.get()
assert imports.run_job(job.pk) is None, "nobody takes it while it may be alive"
assert imports.sweep(now=timezone.now() + dt.timedelta(minutes=6)).run == [job.pk]
imports.run_job(job.pk)
print(json.dumps([found, said()]))
"""


def database_url(tmp_path):
    """The test database for other processes: a copy on disk of SQLite's, which is in memory."""
    values = connection.settings_dict
    if connection.vendor == "postgresql":
        host, port = values["HOST"] or "localhost", values["PORT"] or 5432
        secret = f":{values['PASSWORD']}" if values["PASSWORD"] else ""
        return f"postgres://{values['USER']}{secret}@{host}:{port}/{values['NAME']}"
    file = tmp_path / "import.sqlite3"
    connection.ensure_connection()
    copy = sqlite3.connect(file)
    connection.connection.backup(copy)
    copy.close()
    return f"sqlite:///{file}"


@pytest.fixture
def worker(tmp_path, settings):
    url = database_url(tmp_path)
    env = {**os.environ, "DATABASE_URL": url, "MEDIA_ROOT": str(tmp_path / "media")}

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-c", WORKER, *map(str, arguments)],
            cwd=settings.BASE_DIR,
            env={**env, "DJANGO_SETTINGS_MODULE": "config.settings"},
            capture_output=True,
            text=True,
            timeout=300,
        )

    run.media = str(tmp_path / "media")
    return run


def readers_of(media):
    """Readers of this test that still live (Linux)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, env = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue
        if b"crm.rules.import_child" in command and media.encode() in env:
            found.append(process.name)
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
@pytest.mark.parametrize("own_process_from", [1, 1_000_000], ids=["reader process", "reader thread"])
def test_kill_9_in_the_middle_of_a_batch(tmp_path, worker, own_process_from):
    rows = [
        [f"K{n:03}", "" if n % 10 == 7 else f"店{n}", f"138{n:08}", f"人{n}", "重点"] for n in range(ROWS)
    ]
    whole = [code for code, name, *_rest in rows if name]
    path = csv_file(tmp_path / "a.csv", ["code", "name", "phone", "contact", "tags"], rows)

    died = worker(path, "die", own_process_from)
    assert died.returncode == -signal.SIGKILL, died.stderr
    patience = time.monotonic() + 20
    while (left := readers_of(worker.media)) and time.monotonic() < patience:
        time.sleep(0.1)
    assert not left

    answer = worker(path, "go on", own_process_from)
    assert answer.returncode == 0, answer.stderr
    between, after = json.loads(answer.stdout.splitlines()[-1])
    assert (between["state"], between["rows_done"]) == ("running", 2 * BATCH)
    half = [code for code in whole if code < f"K{2 * BATCH:03}"]
    assert between["codes"] == half
    assert between["created"] == between["phones"] == between["contacts"] == between["tags"] == len(half)

    assert (after["state"], after["rows_done"]) == ("done", ROWS)
    assert (after["created"], after["failed"]) == (len(whole), ROWS - len(whole))
    assert after["codes"] == whole
    assert after["phones"] == after["contacts"] == after["tags"] == len(whole)
    assert after["owners"] == 0
    assert Path(after["report"]).is_file()
