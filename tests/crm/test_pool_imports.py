"""An import and the undoing of a merge give nobody more customers than he may have (domain-rules §5)."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.models import SystemOptions
from crm.enums import OnDuplicate
from crm.models import Customer, OwnerChange
from crm.services import imports
from crm.services.imports import engine
from crm.services.merges import merge_customers, undo_merge
from tests.crm.import_files import counts, csv_file, error_rows, import_file
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english(people):
    people.admin.language = "en"  # an import speaks the language of whoever started it
    people.admin.save()
    with translation.override("en"):
        yield


def cap(number, **fields):
    SystemOptions.load()
    SystemOptions.objects.update(holding_cap=number, cooldown_hours=0, **fields)


def lines(tmp_path, *rows):
    return csv_file(tmp_path / "f.csv", ["code", "name", "owner"], rows)


@pytest.mark.parametrize("policy", list(OnDuplicate))
@pytest.mark.parametrize("batch", [2, 100])
def test_the_dry_run_foresees_who_has_no_room(tmp_path, people, monkeypatch, policy, batch):
    monkeypatch.setattr(engine, "BATCH_ROWS", batch)
    monkeypatch.setattr("crm.services.imports.check.BATCH_ROWS", batch)
    cap(3)
    CustomerFactory(owner=people.owner, code="HAS")
    CustomerFactory(owner=people.owner, code="GOES")
    CustomerFactory(owner=people.colleague, code="COMES")
    rows = [
        ["N1", "店1", "owner"], ["N2", "店2", "owner"], ["N2", "店2", "owner"], ["GOES", "走", "colleague"],
        ["N3", "店3", "owner"], ["COMES", "来", "owner"], ["N4", "店4", "colleague"], ["HAS", "在", "owner"],
    ]  # fmt: skip
    path = lines(tmp_path, *rows)
    mapping = {head: head for head in ("code", "name", "owner")}
    checked = imports.check_file(
        path, path.name, imports.Options(mapping=mapping, actor=people.admin, on_duplicate=policy)
    )
    assert people.owner.customers.count() == 2
    done = import_file(path, people.admin, on_duplicate=policy)
    assert {name: checked["counts"][name] for name in ("created", "updated", "skipped", "failed")} == {
        name: number for name, number in counts(done).items() if name != "rows"
    }
    assert [row["reason"] for row in checked["shown"].get("failed", [])] == [
        row[-1] for row in error_rows(done)[1:]
    ]
    assert done.failed


def test_new_rows_over_the_cap_come_back_in_the_workbook(tmp_path, people):
    cap(3)
    CustomerFactory(owner=people.owner)
    rows = [[f"N{n}", f"店{n}", "owner"] for n in range(1, 5)] + [["N5", "店5", "colleague"]]
    done = import_file(lines(tmp_path, *rows), people.admin)
    assert counts(done) == {"rows": 5, "created": 3, "updated": 0, "skipped": 0, "failed": 2}
    assert set(people.owner.customers.filter(code__startswith="N").values_list("code", flat=True)) == {
        "N1",
        "N2",
    }
    failed = error_rows(done)[1:]
    assert [row[0] for row in failed] == ["N3", "N4"]
    assert all("at most 3 customers and has 3" in row[-1] for row in failed)
    assert not Customer.objects.filter(code__in=["N3", "N4"]).exists()


def test_a_line_merged_into_a_refused_one_fails_with_it(tmp_path, people):
    cap(0)
    done = import_file(
        lines(tmp_path, ["N1", "店1", "owner"], ["N1", "店1", ""]), people.admin, on_duplicate="update"
    )
    assert counts(done) == {"rows": 2, "created": 0, "updated": 0, "skipped": 0, "failed": 2}
    assert [row[0] for row in error_rows(done)[1:]] == ["N1", "N1"]


def test_an_updated_row_whose_owner_may_not_have_it_says_so(tmp_path, people):
    cap(2)
    CustomerFactory(owner=people.owner, code="HAS")
    for code in ("N1", "N2"):
        CustomerFactory(owner=people.colleague, code=code, name="旧名")
    done = import_file(
        lines(tmp_path, ["HAS", "本来的", "owner"], ["N1", "新名", "owner"], ["N2", "新名", "owner"]),
        people.admin,
        on_duplicate="update",
    )
    assert counts(done) == {"rows": 3, "created": 0, "updated": 2, "skipped": 0, "failed": 1}
    assert Customer.objects.get(code="N1").owner == people.owner
    kept = Customer.objects.get(code="N2")
    assert (kept.owner, kept.name) == (people.colleague, "新名")
    [failed] = error_rows(done)[1:]
    assert failed[0] == "N2"
    assert "owner stays" in failed[-1]
    assert "at most 2" in failed[-1]
    assert OwnerChange.objects.count() == 1


def test_the_cap_costs_no_query_a_row(tmp_path, people):
    cap(None)

    def queries(path, rows):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            import_file(csv_file(path, ["code", "name", "owner"], rows), people.admin)
        return len(captured)

    few = queries(tmp_path / "a.csv", [[f"A{n}", f"甲店{n}", "owner"] for n in range(3)])
    many = queries(tmp_path / "b.csv", [[f"B{n}", f"乙店{n}", "owner"] for n in range(20)])
    assert many == few
    cap(500)
    capped = queries(tmp_path / "c.csv", [[f"C{n}", f"丙店{n}", "owner"] for n in range(20)])
    assert capped == few + 1


def test_undoing_a_merge_asks_for_room(people):
    kept, merged = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.owner)
    record = merge_customers(actor=people.admin, keep=kept.pk, merge=merged.pk, values={})
    cap(1)
    with pytest.raises(ValidationError, match="at most 1"):
        undo_merge(actor=people.admin, merge=record, now=timezone.now())
    assert not Customer.objects.filter(pk=merged.pk).exists()
    cap(2)
    assert undo_merge(actor=people.admin, merge=record).owner == people.owner
