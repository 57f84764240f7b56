"""kill -9 in the middle of a batch of a bulk action and of its undoing, on either database: another process goes on."""

import json
import os
import signal
import subprocess
import sys

import pytest
from auditlog.models import LogEntry

from crm.enums import BulkKind
from crm.models import Lead
from crm.services import bulk
from tests.crm.bulk_jobs import chosen
from tests.crm.test_import_kill import database_url
from tests.factories import CustomerFactory, LeadFactory, UserFactory

ROWS, BATCH = 25, 10
# In the second batch everything is written and nothing is committed.
WORKER = f"""
import json, os, signal, sys, django
django.setup()
import datetime as dt
from django.utils import timezone
from auditlog.models import LogEntry
from crm.models import BulkJob, Customer, Lead, LeadEvent
from crm.services import bulk
from crm.services.bulk import jobs
jobs.BATCH_ROWS = {BATCH}
job, step = BulkJob.objects.get(), sys.argv[1]
if step.startswith("die"):
    if step == "die undoing":
        bulk.undo(actor=job.created_by, job=job)
    real, batches = jobs.write_items, []
    def dying(items):
        real(items)
        batches.append(1)
        if len(batches) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
    jobs.write_items = dying
    bulk.run_job(job.pk)
def said():
    job.refresh_from_db()
    return dict(
        state=job.state, done=job.done, changed=job.changed, refused=job.refused,
        levels=Customer.objects.filter(level="A").count(), stages=Lead.objects.filter(stage="interested").count(),
        events=LeadEvent.objects.filter(kind="stage").count(),
        taken_back=LeadEvent.objects.filter(taken_back=True).count(),
        logged=LogEntry.objects.filter(content_type__model__in=["customer", "lead"], action=1).count(),
    )
found = said()
assert bulk.run_job(job.pk) is None, "nobody takes it while it may be alive"
assert bulk.sweep(timezone.now() + dt.timedelta(minutes=6)) == [job.pk]
bulk.run_job(job.pk)
print(json.dumps([found, said()]))
"""


@pytest.fixture
def worker(tmp_path, settings):
    def run(step):
        return subprocess.run(
            [sys.executable, "-c", WORKER, step],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": run.url, "DJANGO_SETTINGS_MODULE": "config.settings"},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def gone_on(worker):
    """What the next process found, and what it left behind."""
    answer = worker("go on")
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout.splitlines()[-1])


@pytest.mark.django_db(transaction=True)
@pytest.mark.once
@pytest.mark.parametrize("of_leads", [False, True], ids=["customers", "leads"])
def test_kill_9_in_the_middle_of_a_batch(tmp_path, worker, of_leads):
    boss = UserFactory(role="admin")
    if of_leads:
        made = [LeadFactory(owner=boss) for _ in range(ROWS)]
        rows = Lead.objects.filter(pk__in=[lead.pk for lead in made])
        bulk.start(actor=boss, kind=BulkKind.LEAD_STAGE, params={"stage": "interested"}, rows=rows)
    else:
        rows = chosen(*(CustomerFactory(owner=boss) for _ in range(ROWS)))
        bulk.start(actor=boss, kind=BulkKind.CHANGE, params={"values": {"level": "A"}}, rows=rows)
    counter = "stages" if of_leads else "levels"
    worker.url = database_url(tmp_path)
    before = LogEntry.objects.filter(content_type__model__in=["customer", "lead"], action=1).count()

    assert worker("die").returncode == -signal.SIGKILL
    half, whole = gone_on(worker)
    assert (half["state"], half["done"], half[counter]) == ("running", BATCH, BATCH)
    assert half["logged"] == before + BATCH
    assert (whole["state"], whole["done"], whole["changed"], whole["refused"]) == ("done", ROWS, ROWS, 0)
    assert whole[counter] == ROWS
    assert whole["logged"] == before + ROWS
    assert whole["events"] == (ROWS if of_leads else 0)

    assert worker("die undoing").returncode == -signal.SIGKILL
    half, undone = gone_on(worker)
    assert (half["state"], half["done"], half[counter]) == ("running", BATCH, ROWS - BATCH)
    assert (undone["state"], undone["done"], undone[counter]) == ("undone", ROWS, 0)
    assert undone["logged"] == before + 2 * ROWS
    assert undone["taken_back"] == (ROWS if of_leads else 0)
