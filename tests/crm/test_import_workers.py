"""The engine under stress: a second worker, a dead worker, the sweeper, and undo."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from crm import services
from crm.enums import OnDuplicate
from crm.models import Contact, Customer, ImportJob, Tag
from crm.services import imports
from crm.services.imports import engine
from crm.tasks import imports as tasks
from tests.crm.import_files import (
    counts,
    csv_file,
    error_rows,
    import_file,
    make_job,
    numbered_file,
)
from tests.factories import (
    CustomerFactory,
    SalesOrderFactory,
    VisitFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(engine, "BATCH_ROWS", 3)


# --- one worker, two workers, dead workers
def test_two_workers_one_runs(tmp_path):
    job = make_job(numbered_file(tmp_path))
    assert imports.run_job(job.pk).state == "done"
    assert imports.run_job(job.pk) is None
    assert Customer.objects.count() == 8


class Killed(BaseException):
    """What kill -9 looks like from inside: nothing after it happens."""


def kill_in_batch(monkeypatch, number, *, before_commit):
    """Die in the `number`-th batch, just before its commit or just after it."""
    done = []
    real = engine._Run._count if before_commit else engine._Run.batch

    def dying(self, *args):
        real(self, *args)
        done.append(1)
        if len(done) == number:
            raise Killed

    monkeypatch.setattr(engine._Run, "_count" if before_commit else "batch", dying)


@pytest.mark.parametrize("before_commit", [True, False])
def test_a_killed_import_goes_on_where_it_was(tmp_path, monkeypatch, small_batches, before_commit):
    job = make_job(numbered_file(tmp_path))
    with monkeypatch.context() as patch:
        kill_in_batch(patch, 2, before_commit=before_commit)
        with pytest.raises(Killed):
            imports.run_job(job.pk)
    job.refresh_from_db()
    whole = 3 if before_commit else 6
    assert (job.state, job.rows_done, job.created + job.failed) == ("running", whole, whole)
    assert Customer.objects.count() == job.created
    assert imports.run_job(job.pk) is None  # nobody takes it while it may be alive
    later = timezone.now() + dt.timedelta(minutes=6)
    assert imports.sweep(now=later).run == [job.pk]
    done = imports.run_job(job.pk)
    assert counts(done) == {"rows": 10, "created": 8, "updated": 0, "skipped": 0, "failed": 2}
    assert Customer.objects.count() == 8
    assert [row[0] for row in error_rows(done)[1:]] == ["N004", "N008"]


def test_a_worker_given_up_writes_nothing_more(tmp_path, monkeypatch, small_batches):
    """The first worker was only slow: when it wakes up, the batch is another's and its own is rolled back."""
    job = make_job(numbered_file(tmp_path))
    real, woken = engine._Run.batch, []

    def slow(self, start, rows):
        if start == 3 and not woken:
            woken.append(1)
            imports.sweep(now=timezone.now() + dt.timedelta(minutes=6))
            assert imports.run_job(job.pk).state == "done"
        real(self, start, rows)

    monkeypatch.setattr(engine._Run, "batch", slow)
    assert imports.run_job(job.pk) is None
    job.refresh_from_db()
    assert counts(job) == {"rows": 10, "created": 8, "updated": 0, "skipped": 0, "failed": 2}
    assert Customer.objects.count() == 8


def test_the_sweeper_nudges_lost_jobs_and_gives_up_at_last(tmp_path):
    job = make_job(numbered_file(tmp_path))
    now = timezone.now()
    assert imports.sweep(now=now).run == []  # it may still be on its way
    for round_ in range(1, 7):
        now += dt.timedelta(minutes=6)
        swept = imports.sweep(now=now)
        if round_ == 6:
            assert swept.run == []
            break
        assert swept.run == [job.pk]
        assert imports.sweep(now=now).run == []
        # A worker claims it and dies at once.
        ImportJob.objects.filter(pk=job.pk).update(state="running", attempts=round_, heartbeat_at=now)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "5 次" in job.message
    ImportJob.objects.filter(pk=job.pk).update(rows_done=0, preview={**job.preview, "counts": {}})
    job.refresh_from_db()
    imports.resume(actor=None, job=job)
    assert imports.run_job(job.pk).created == 8


def test_the_sweep_task_runs_what_it_finds(tmp_path):
    job = make_job(numbered_file(tmp_path))
    ImportJob.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - dt.timedelta(hours=1))
    tasks.sweep_imports()
    job.refresh_from_db()
    assert (job.state, job.created) == ("done", 8)


def test_an_unexpected_error_marks_the_job_and_keeps_whole_batches(
    tmp_path, monkeypatch, small_batches, caplog
):
    job = make_job(numbered_file(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(engine, "keep_failed", lambda job, start, plan: 1 / 0 if start == 6 else None)
        done = imports.run_job(job.pk)
    assert (done.state, done.rows_done, Customer.objects.count()) == ("failed", 6, 5)
    assert "意外错误" in done.message
    assert "ZeroDivisionError" in caplog.text
    imports.resume(actor=None, job=done)
    assert imports.run_job(job.pk).created == 8


def test_a_code_taken_meanwhile_is_looked_up_again(tmp_path, monkeypatch):
    """Somebody saves a customer with a code of the batch between our look and our insert."""
    job = make_job(csv_file(tmp_path / "a.csv", ["code", "name"], [["A1", "甲"], ["A2", "乙"]]))
    real, called = engine.Writer.write, []

    def late(self, plan):
        called.append(1)
        if len(called) == 1:
            CustomerFactory(
                code="A2", name="抢先"
            )  # rolls back with our batch, as only one connection is here
            real(self, plan)
        real(self, plan)

    monkeypatch.setattr(engine.Writer, "write", late)
    done = imports.run_job(job.pk)
    assert (done.state, done.created, len(called)) == ("done", 2, 2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_two_workers_at_the_same_time(tmp_path, monkeypatch):
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("threads share no in-memory database")
    monkeypatch.setattr(engine, "BATCH_ROWS", 20)
    job = make_job(csv_file(tmp_path / "a.csv", ["name"], [[f"店{n}"] for n in range(200)]))
    results, start = [], threading.Barrier(3)

    def work():
        start.wait()
        try:
            results.append(imports.run_job(job.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [done.created for done in results if done] == [200]
    assert len(results) == 3
    assert Customer.objects.count() == 200


# --- undo
def test_undo_removes_what_nothing_has_happened_to(tmp_path, people, login):
    codes = ["仅导入", "有拜访", "有订单", "改过", "转过", "加了联系人", "也仅导入"]
    rows = [[code, code, "王", "13812345678" if code == "仅导入" else "", "重点", "owner"] for code in codes]
    CustomerFactory(code="早有", name="早有", owner=people.owner)
    rows.append(["早有", "更新了", "", "", "", ""])
    path = csv_file(tmp_path / "a.csv", ["code", "name", "contact", "phone", "tags", "owner"], rows)
    job = import_file(path, people.superior, on_duplicate=OnDuplicate.UPDATE)
    made = {c.code: c for c in Customer.objects.all()}
    VisitFactory(customer=made["有拜访"])
    SalesOrderFactory(customer=made["有订单"])
    # A second after the import, as people are.
    Customer.objects.filter(code="改过").update(updated_at=timezone.now() + dt.timedelta(seconds=5))
    services.assign_owner(
        actor=people.superior, customers=[made["转过"].pk], owner=people.colleague, reason="assigned"
    )
    services.save_contact(actor=people.superior, customer=made["加了联系人"], name="新来的")
    undone = imports.undo(actor=people.superior, job=job)
    assert (undone.removed, undone.kept) == (2, 5)
    assert set(Customer.objects.values_list("code", flat=True)) == {*codes[1:6], "早有"}
    assert Contact.objects.count() == 6
    assert Tag.objects.get().customers.count() == 5
    job.refresh_from_db()
    assert job.state == "undone"
    assert job.preview["undone"]["removed"] == 2
    page = login(people.superior).get(job.get_absolute_url()).content.decode()
    assert "已由王经理撤销。 已移除 2 个客户。 5 个因导入后有变化而保留。" in page
    job.preview["undone"] |= {"removed": 7, "kept": 0}
    job.save(update_fields=["preview"])
    page = login(people.superior).get(job.get_absolute_url()).content.decode()
    assert "已移除 7 个客户。" in page
    assert "保留" not in page
    with pytest.raises(ValidationError):
        imports.undo(actor=people.superior, job=job)


def test_undo_ends_after_thirty_days(tmp_path, people):
    job = import_file(numbered_file(tmp_path, 3), people.admin)
    month = dt.timedelta(days=30)
    with pytest.raises(ValidationError, match="30"):
        imports.undo(actor=people.superior, job=job, now=job.finished_at + month)
    assert Customer.objects.count() == 3
    just_before = job.finished_at + month - dt.timedelta(seconds=1)
    assert imports.undo(actor=people.superior, job=job, now=just_before).removed == 3


def test_undo_waits_for_the_end(tmp_path):
    job = make_job(numbered_file(tmp_path))
    with pytest.raises(ValidationError):
        imports.undo(actor=None, job=job)
    assert ImportJob.objects.get().state == "queued"
