"""Batches that are planned while the one before is written come out as if each had been planned after it."""

import random
import threading

import pytest
from django.db import IntegrityError, OperationalError, connection

from crm.models import Customer, ImportJob, Sequence
from crm.rules.import_batches import Batch, asked_by
from crm.rules.import_rows import ImportRow
from crm.services import imports
from crm.services.imports import ahead, engine
from crm.services.imports.ahead import Prepared, in_thread, prepared
from crm.services.imports.plan import Plan
from tests.crm.import_files import csv_file, error_rows, import_file, make_job
from tests.crm.test_import_reader import everything
from tests.factories import CustomerFactory

HEADS = ["编码", "客户名称", "电话", "市", "地址", "联系人", "标签"]
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="a second connection sees nothing of SQLite's in memory"
)


def lines(seed, count=120):
    """Shops of which about every tenth is one of the last lines before it, by code, phone, name or name and place."""
    pick = random.Random(seed)
    rows = []
    for number in range(count):
        old = pick.choice(rows[-12:]) if rows and pick.random() < 0.1 else None
        row = [f"A{number}", f"店{number}", f"138{number:08}", "合肥市", f"屯溪路{number}号", "", ""]
        if old is not None:
            for column in pick.choice([(0,), (2,), (1, 3, 4), (1,)]):
                row[column] = old[column]
            row[5], row[6] = f"人{number}", "重点"
        if pick.random() < 0.05:
            row[1] = ""
        rows.append(row)
    return rows


def wiped():
    """What the import has brought, and nothing of it left."""
    found = everything()
    for model in (ImportJob, Sequence):
        model.objects.all().delete()
    Customer.objects.all().delete()
    return found


@pytest.fixture
def planned(monkeypatch):
    """[whether it was planned ahead] of each batch."""
    seen, real = [], engine._Run.batch

    def batch(self, start, one):
        seen.append(one.plan is not None)
        real(self, start, one)

    monkeypatch.setattr(engine._Run, "batch", batch)
    monkeypatch.setattr(engine, "BATCH_ROWS", 8)
    return seen


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("policy", ["skip", "update", "create"])
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_comes_out_otherwise(tmp_path, planned, monkeypatch, policy, seed):
    path = csv_file(tmp_path / "a.csv", HEADS, lines(seed))
    results = []
    for allowed in (True, False):
        if not allowed:
            monkeypatch.setattr(engine, "prepared", lambda batches, look: prepared(batches, None))
        CustomerFactory(code="A7", name="早有", owner=None, latitude=31.8, longitude=117.2)
        job = import_file(path, on_duplicate=policy)
        counted = (job.created, job.updated, job.skipped, job.failed)
        results.append((counted, error_rows(job), wiped()))
    first, second = planned[:15], planned[15:]
    assert results[0] == results[1]
    assert len(first) == len(second) == 15
    assert any(first)
    assert not all(first)
    assert not any(second)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_file_of_new_shops_is_planned_ahead_throughout(tmp_path, planned):
    path = csv_file(tmp_path / "a.csv", HEADS[:2], [[f"N{n}", f"店{n}"] for n in range(40)])
    assert import_file(path).created == 40
    assert planned == [True] * 5


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_after_a_repeated_batch_with_updates_the_next_is_planned_anew(tmp_path, planned, monkeypatch):
    """Another writer takes a code of the first batch, whose second go so updates; the second names the old phone."""
    rows = [["A1", "甲", "13800000001"], *[[f"B{n}", f"乙{n}", ""] for n in range(7)]]
    rows += [["C1", "丙", "13900000009"], *[[f"D{n}", f"丁{n}", ""] for n in range(7)]]
    path = csv_file(tmp_path / "a.csv", HEADS[:3], rows)
    job = make_job(path, on_duplicate="update")
    real, made = engine._Run._write, []

    def late(self, start, one):
        if not made:
            made.append(CustomerFactory(code="A1", name="抢先"))
            raise IntegrityError("as if the code had been taken in between")
        real(self, start, one)

    monkeypatch.setattr(engine._Run, "_write", late)
    looked = []
    real_plan = engine._Run._plan

    def plan(self, one):
        looked.append(one.plan is not None)
        return real_plan(self, one)

    monkeypatch.setattr(engine._Run, "_plan", plan)
    done = imports.run_job(job.pk)
    assert (done.state, done.created, done.updated) == ("done", 15, 1)
    assert planned == [True, True]
    assert looked == [False, False]
    assert Customer.objects.get(code="A1").name == "甲"


def batch_of(*codes):
    rows = [
        ImportRow(number, [code], {"code": code, "name": code}, keys=[("code", code)])
        for number, code in enumerate(codes)
    ]
    return Batch(rows, asked_by(rows))


def plan_of(*, updated=False):
    return Plan(updated={1: ImportRow(1, [])} if updated else {})


def test_the_first_word_on_a_batch_counts_and_the_later_says_whether_it_still_holds():
    one = Prepared(batch_of("A"))
    assert one.settle(plan_of())
    assert one.stands_apart_from(batch_of("B"))
    assert not one.stands_apart_from(batch_of("B", "A"))
    assert not one.settle(plan_of(updated=True))
    assert one.settle(plan_of())

    other = Prepared(batch_of("A"))
    assert other.settle(plan_of(updated=True))
    assert not other.stands_apart_from(batch_of("B"))
    assert other.settle(plan_of(updated=True))


def test_a_batch_waits_for_the_word_on_the_one_before(monkeypatch):
    monkeypatch.setattr(ahead, "_close", lambda: None)
    batches = prepared((batch_of(*codes) for codes in ["A", "AB", "C", "D"]), lambda batch: plan_of())
    assert next(batches).plan is not None
    one = next(batches)
    assert one.plan is None  # has to do with the first
    one.settle(plan_of(updated=True))
    two = next(batches)
    assert two.plan is None  # the one before brings more than new customers
    two.settle(plan_of())
    assert next(batches).plan is not None
    assert list(batches) == []


def test_without_a_connection_whoever_writes_plans(monkeypatch):
    monkeypatch.setattr(ahead, "_close", lambda: None)
    asked = []

    def look(batch):
        asked.append(batch)
        if len(asked) == 2:
            raise OperationalError("no connection to be had")
        return plan_of()

    found = []
    for one in prepared((batch_of(code) for code in "ABCD"), look):
        found.append(one.plan is not None)
        one.settle(plan_of())
    assert found == [True, False, False, False]
    assert len(asked) == 2


def test_ending_early_frees_the_thread_that_waits(monkeypatch):
    monkeypatch.setattr(ahead, "_close", lambda: None)
    ended = []

    def source():
        try:
            yield from map(batch_of, "AAB")
        finally:
            ended.append(True)

    batches = prepared(source(), lambda batch: plan_of())
    next(batches)
    next(batches)  # shares a code with the first: the thread now waits for its plan
    closing = threading.Thread(target=batches.close)
    closing.start()
    closing.join(20)
    assert not closing.is_alive()
    assert ended == [True]


def test_the_threads_last_call_is_made_in_the_thread():
    here, there = threading.get_ident(), []
    items = in_thread(iter_of(3), let_go=lambda: there.append(threading.get_ident()))
    assert list(items) == [0, 1, 2]
    assert len(there) == 1
    assert there[0] != here


def iter_of(count):
    yield from range(count)
