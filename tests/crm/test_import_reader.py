"""The process that reads for an import: the same rows as the thread's, and no trace of it afterwards."""

import os
import signal
import time
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import translation

from accounts.models import User
from crm.models import Contact, Customer, Dictionary, ImportJob, OwnerChange, Phone, Sequence, Tag
from crm.rules.import_rows import ImportRow
from crm.services import imports
from crm.services.imports import engine, reading, write
from tests.crm.import_files import csv_file, error_rows, import_file, make_job, xlsx_file

HEADS = [
    *("编码", "客户名称", "渠道", "等级", "信用额度", "联系人", "电话", "市", "地址", "经度", "纬度", "业务员", "标签"),
    *("备注", "线路", "颜色"),
]  # fmt: skip
ROWS = [
    ["R1", "老王超市", "便利店", "A", "1,000.5", "王伟", "13812345678；0551-62345678", "合肥市", "屯溪路1号",
     117.3, 31.8, "rep", "重点、夜间", "两行\n备注\t\\N", "", "红"],
    ["R2", "无编码的反斜杠\\店", "", "", "", "", "", "", "", "", "", "", "", "", "", ""],
    ["", "没有编码", "便利店", "b级", "", "李娜", "12", "", "", "", "", "", "", "", "", ""],
    ["R4", "新渠道店", "新渠道", "", "", "", "", "", "", "", "", "", "", "", "", "蓝"],
    ["R5", "坏行", "", "Z", "", "", "", "", "", "", "", "没有此人", "", "", "", ""],
    ["", "老王超市", "", "", "", "另一人", "13812345678", "", "", "", "", "", "", "", "", ""],
    ["R7", "", "", "", "", "", "", "", "", "", "", "", "", "", "", ""],
]  # fmt: skip


@pytest.fixture
def rep():
    Dictionary.objects.get_or_create(kind="channel", name="便利店")
    return User.objects.create_user("rep", name="业务员", password="x")


def everything():
    """All that an import writes, without keys and moments."""
    hidden = {"id", "created_at", "updated_at", "import_job_id", "pooled_at"}
    names = [f.attname for f in Customer._meta.concrete_fields if f.attname not in hidden]
    return {
        "customers": list(Customer.objects.order_by("pk").values(*names)),
        "phones": list(Phone.objects.order_by("pk").values_list("customer__name", "raw", "e164", "position")),
        "contacts": list(Contact.objects.order_by("pk").values_list("customer__name", "name", "is_primary")),
        "tags": sorted(Customer.tags.through.objects.values_list("customer__name", "tag__name")),
        "owners": list(OwnerChange.objects.order_by("pk").values_list("customer__name", "to_user", "reason")),
    }


@pytest.mark.django_db
@pytest.mark.parametrize("policy", ["skip", "update", "create"])
@pytest.mark.parametrize("default_owner", [True, False], ids=["owner for all", "no owner"])
def test_the_process_brings_what_the_thread_brings(tmp_path, rep, monkeypatch, policy, default_owner):
    path = xlsx_file(tmp_path / "a.xlsx", HEADS, ROWS)
    monkeypatch.setattr(engine, "BATCH_ROWS", 4)
    results = []
    for own_process_from in (1_000_000, 1):
        monkeypatch.setattr(reading, "OWN_PROCESS_FROM", own_process_from)
        job = import_file(
            path,
            on_duplicate=policy,
            create_choices=True,
            keep_extra=True,
            owner_id=rep.pk if default_owner else None,
        )
        counted = (job.created, job.updated, job.skipped, job.failed)
        results.append((counted, everything(), error_rows(job)))
        for model in (Phone, Contact, Customer.tags.through, OwnerChange, Customer):
            model._default_manager.all()._raw_delete("default")
        Dictionary.objects.filter(name="新渠道").delete()
        Tag.objects.all().delete()
        Sequence.objects.all().delete()
    thread, process = results
    for customer in (*thread[1]["customers"], *process[1]["customers"]):
        customer["channel_id"] = bool(customer["channel_id"])
    assert process == thread
    assert thread[0][0] >= 4
    assert thread[0][3] >= 2
    first = thread[1]["customers"][0]
    assert first["credit_limit"] == Decimal("1000.50")
    assert first["notes"] == "两行\n备注\t\\N"
    assert first["extra"] == {"颜色": "红"}


def children():
    """Processes we have started and that still are, dead ones nobody has waited for included (Linux)."""
    return {
        int(pid)
        for task in Path("/proc/self/task").iterdir()
        for pid in (task / "children").read_text().split()
    }


@pytest.fixture
def own_process(monkeypatch):
    if not Path("/proc/self/task").is_dir():
        pytest.skip("needs /proc")
    monkeypatch.setattr(reading, "OWN_PROCESS_FROM", 1)
    monkeypatch.setattr(engine, "BATCH_ROWS", 50)
    before = children()
    yield lambda: children() - before
    assert children() == before


def numbered(tmp_path, count):
    return csv_file(tmp_path / "n.csv", ["code", "name"], [[f"N{n:06}", f"店{n}"] for n in range(count)])


@pytest.mark.django_db
def test_a_reader_that_is_killed_fails_the_job_which_then_goes_on(tmp_path, own_process, monkeypatch):
    job = make_job(numbered(tmp_path, 20_000))
    real, batches = engine._Run._count, []

    def killing(self, plan):
        real(self, plan)
        batches.append(plan)
        if len(batches) == 3:
            (reader,) = own_process()
            os.kill(reader, signal.SIGKILL)

    monkeypatch.setattr(engine._Run, "_count", killing)
    stopped = imports.run_job(job.pk)
    assert stopped.state == "failed"
    assert 150 <= stopped.rows_done < 20_000
    assert Customer.objects.count() == stopped.created == stopped.rows_done
    assert not own_process()

    monkeypatch.setattr(engine, "BATCH_ROWS", 2000)
    imports.resume(actor=None, job=stopped)
    done = imports.run_job(job.pk)
    assert (done.state, done.created, done.rows_done) == ("done", 20_000, 20_000)
    assert Customer.objects.count() == 20_000


@pytest.mark.django_db
def test_a_run_that_ends_early_takes_its_reader_along(tmp_path, own_process, monkeypatch):
    job = make_job(numbered(tmp_path, 20_000))

    def taken_over(self, plan):
        assert own_process()
        raise engine.LostClaim

    monkeypatch.setattr(engine._Run, "_count", taken_over)
    assert imports.run_job(job.pk) is None
    assert Customer.objects.count() == 0


@pytest.mark.django_db
def test_what_is_wrong_with_the_file_is_told_in_words(tmp_path, own_process):
    job = make_job(numbered(tmp_path, 60))
    ImportJob.objects.filter(pk=job.pk).update(mapping={"code": "code", "别的": "name"})
    with translation.override("zh-hans"):
        failed = imports.run_job(job.pk)
    assert failed.state == "failed"
    assert "别的" in failed.message

    job = make_job(numbered(tmp_path, 60))
    Path(job.file.path).write_bytes(b"%PDF-1.7 nothing to read here")
    failed = imports.run_job(job.pk)
    assert failed.state == "failed"
    assert "PDF" in failed.message


def test_a_reader_nobody_listens_to_ends(tmp_path, own_process):
    task = reading.Task(
        path=numbered(tmp_path, 20_000),
        file_name="n.csv",
        options=imports.Options(mapping={"code": "code", "name": "name"}),
        references=reading.References(choices={}, people={}),
        fields=reading.Fields(),
        records=None,
        skip=0,
        batch=50,
        lines=20_000,
    )
    lines = reading.read_lines(task)
    assert len(next(lines.batches)) == 50
    (reader,) = own_process()
    lines.batches.close()
    patience = time.monotonic() + 10
    while Path(f"/proc/{reader}").exists() and time.monotonic() < patience:
        time.sleep(0.05)
    assert not Path(f"/proc/{reader}").exists()


@pytest.mark.django_db
def test_lines_for_copy_are_what_the_columns_say(tmp_path):
    job = make_job(numbered(tmp_path, 1))
    records = write.records_of(job, None, None)
    row = ImportRow(2, ["R", "店"], {"code": "R", "name": "店"})
    records.make([row])
    line, *beside = row.made
    assert beside == [[], [], []]
    cells = line.decode().split("\t")
    assert len(cells) == len(records.columns) == len(records.values([row])[0])
    assert cells[:2] == ["R", "店"]
    assert cells[records.columns.index("owner_id")] == "\\N"
    assert cells[records.columns.index("extra")] == "{}"
