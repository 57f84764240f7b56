"""The engine: what goes in, duplicates, and the dry run that foretells it."""

import datetime as dt
from decimal import Decimal

import pytest
from auditlog.models import LogEntry

from accounts.models import AccessLog
from common.business_calendar import today
from crm import services
from crm.enums import OnDuplicate
from crm.models import Customer, Dictionary, ImportJob, OwnerChange, Phone
from crm.services import imports
from crm.services.imports import engine
from crm.signals import customers_imported
from tests.crm.import_files import (
    counts,
    csv_file,
    error_rows,
    import_file,
    make_job,
    numbered_file,
    xlsx_file,
)
from tests.factories import (
    ContactFactory,
    CustomerFactory,
    DictionaryFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(engine, "BATCH_ROWS", 3)


# --- what goes in
def test_a_line_with_everything(tmp_path, people):
    channel = DictionaryFactory(kind="channel", name="便利店甲")
    path = xlsx_file(
        tmp_path / "a.xlsx",
        ["编码", "客户名称", "渠道", "等级", "联系人", "电话", "地址", "市", "经度", "纬度", "业务员", "信用额度", "标签", "备注", "线路"],
        [
            [
                "007", "老王超市", "便利店甲", "A", "王建国", "13812345678；0551-62345678", "屯溪路1号", "合肥市",
                117.29, 31.82, "李业务", 5000, "重点、冷柜", "先打电话", "周一线",
            ]
        ],
    )  # fmt: skip
    heard = []
    customers_imported.connect(lambda **facts: heard.append(facts), weak=False, dispatch_uid="test")
    try:
        job = import_file(path, people.superior)
    finally:
        customers_imported.disconnect(dispatch_uid="test")
    customer = Customer.objects.get()
    assert counts(job) == {"rows": 1, "created": 1, "updated": 0, "skipped": 0, "failed": 0}
    assert (customer.code, customer.name, customer.level, customer.channel) == (
        "007",
        "老王超市",
        "A",
        channel,
    )
    assert (customer.latitude, customer.longitude) == (31.82, 117.29)
    assert customer.credit_limit == Decimal("5000.00")
    assert (customer.city, customer.address, customer.notes) == ("合肥市", "屯溪路1号", "先打电话")
    assert (customer.owner, customer.received_on, customer.created_on) == (people.owner, today(), today())
    assert (customer.created_by, customer.import_job, customer.status) == (people.superior, job, "active")
    assert customer.location_status == "confirmed"
    assert sorted(tag.name for tag in customer.tags.all()) == ["冷柜", "重点"]
    assert [(c.name, c.is_primary) for c in customer.contacts.all()] == [("王建国", True)]
    assert [p.e164 for p in customer.phones.all()] == ["+8613812345678", "+8655162345678"]
    change = OwnerChange.objects.get()
    assert (change.to_user, change.by, change.reason) == (people.owner, people.superior, "imported")
    expected = services.index_fields(
        code="007", name="老王超市", phones=["13812345678", "0551-62345678"], contacts=["王建国"]
    )
    assert {name: getattr(customer, name) for name in expected} == expected
    assert [(h["routes"], h["job"]) for h in heard] == [({customer.pk: "周一线"}, job)]
    assert AccessLog.objects.get().rows == 1


def test_a_new_row_is_like_a_row_saved_by_the_model(tmp_path, people):
    """COPY and bulk_create bypass save(): no column may differ from what a plain customer has."""
    made = services.create_customer(actor=None, code="A", name="甲店", owner=None)
    import_file(
        csv_file(tmp_path / "a.csv", ["code", "name"], [["B", "甲店"]]), on_duplicate=OnDuplicate.CREATE
    )
    other = Customer.objects.get(code="B")
    differ = {
        "id",
        "code",
        "created_at",
        "updated_at",
        "import_job_id",
        "search_text",
        "search_grams",
        "pooled_at",
    }
    assert other.pooled_at is not None
    assert made.pooled_at is not None
    for field in Customer._meta.concrete_fields:
        if field.attname not in differ:
            assert getattr(other, field.attname) == getattr(made, field.attname), field.attname


def test_owner_of_rows_without_one(tmp_path, people):
    path = csv_file(tmp_path / "a.csv", ["name", "业务员"], [["甲店", ""], ["乙店", "colleague"]])
    import_file(path, people.superior, owner_id=people.owner.pk)
    assert dict(Customer.objects.values_list("name", "owner__username")) == {
        "甲店": "owner",
        "乙店": "colleague",
    }


def test_nobody_imports_what_he_will_not_see(tmp_path, people):
    path = csv_file(
        tmp_path / "a.csv", ["name", "业务员"], [["甲店", ""], ["乙店", "outsider"], ["丙店", "owner"]]
    )
    job = import_file(path, people.superior)
    assert counts(job) == {"rows": 3, "created": 1, "updated": 0, "skipped": 0, "failed": 2}
    reasons = [row[-1] for row in error_rows(job)[1:]]
    assert "没有负责人" in reasons[0]
    assert "范围" in reasons[1]


def test_an_inactive_person_gets_nothing(tmp_path, people):
    people.owner.is_active = False
    people.owner.save()
    job = import_file(csv_file(tmp_path / "a.csv", ["name", "业务员"], [["甲店", "owner"]]))
    assert job.failed == 1


def test_a_failed_row_changes_nothing_and_can_be_mended(tmp_path):
    headers = ["编码", "店名", "等级", "电话", "颜色"]
    rows = [["001", "甲店", "A", "", "红"], ["002", "", "A", "138", "蓝"], ["003", "丙店", "Q", "", "=1+1"]]
    job = import_file(xlsx_file(tmp_path / "a.xlsx", headers, rows))
    assert counts(job) == {"rows": 3, "created": 1, "updated": 0, "skipped": 0, "failed": 2}
    report = error_rows(job)
    assert report[0] == [*headers, "失败原因"]
    assert [row[0] for row in report[1:]] == ["002", "003"]
    assert report[1][:-1] == ["002", None, "A", "138", "蓝"]
    assert report[2][-2] == "=1+1"
    assert "等级“Q”" in report[2][-1]
    mended = [
        [("乙店" if i == 1 and not c else "B" if c == "Q" else c) for i, c in enumerate(r)]
        for r in report[1:]
    ]
    again = import_file(xlsx_file(tmp_path / "b.xlsx", report[0], mended))
    assert counts(again) == {"rows": 2, "created": 2, "updated": 0, "skipped": 0, "failed": 0}
    assert not again.error_report
    assert list(Customer.objects.order_by("code").values_list("name", flat=True)) == ["甲店", "乙店", "丙店"]


def test_unknown_choices_need_a_yes(tmp_path):
    path = csv_file(
        tmp_path / "a.csv", ["name", "区域", "渠道"], [["甲店", "东区", "便利店"], ["乙店", "东区 ", ""]]
    )
    assert import_file(path).failed == 2
    assert not Dictionary.objects.filter(name="东区").exists()
    assert import_file(path, create_choices=True).created == 2
    region = Dictionary.objects.get(kind="region", name="东区")
    assert set(Customer.objects.values_list("region", flat=True)) == {region.pk}


def test_extra_columns_become_further_fields(tmp_path):
    path = csv_file(tmp_path / "a.csv", ["name", "颜色"], [["甲店", "红"], ["乙店", ""]])
    import_file(path, keep_extra=True)
    assert dict(Customer.objects.values_list("name", "extra")) == {"甲店": {"颜色": "红"}, "乙店": {}}


def test_codes_are_generated_and_step_over_those_in_the_file(tmp_path, small_batches):
    CustomerFactory(code="C000002")
    rows = [["", f"店{n}"] for n in range(5)] + [["C000004", "后来的"], ["C000001", "更后的"], ["", "最后的"]]
    job = import_file(csv_file(tmp_path / "a.csv", ["code", "name"], rows))
    assert job.created == 8
    assert list(Customer.objects.filter(import_job=job).order_by("pk").values_list("code", flat=True)) == [
        "C000005", "C000006", "C000007", "C000008", "C000009", "C000004", "C000001", "C000010",
    ]  # fmt: skip


# --- duplicates
@pytest.mark.parametrize("batch", [2, 100])
def test_duplicates_within_the_file(tmp_path, monkeypatch, batch):
    monkeypatch.setattr(engine, "BATCH_ROWS", batch)
    rows = [
        ["A1", "甲店", "13812345678", "一路1号"],
        ["A1", "别的店", "", ""],  # the code again
        ["", "丙店", "138 1234 5678", ""],  # the phone again
        ["", "甲店有限公司", "", "一路 １ 号"],  # name and address again
        ["", "甲店", "", "二路2号"],  # only the name: goes in
        ["", "", "13812345678", ""],
    ]
    path = csv_file(tmp_path / "a.csv", ["code", "name", "phone", "address"], rows)
    job = import_file(path)
    assert counts(job) == {"rows": 6, "created": 2, "updated": 0, "skipped": 3, "failed": 1}
    assert list(Customer.objects.order_by("pk").values_list("name", "address")) == [
        ("甲店", "一路1号"),
        ("甲店", "二路2号"),
    ]


@pytest.mark.parametrize("batch", [2, 100])
def test_duplicates_update(tmp_path, monkeypatch, batch):
    monkeypatch.setattr(engine, "BATCH_ROWS", batch)
    rows = [
        ["A1", "甲店", "13812345678", "A"],
        ["A1", "甲店新名", "", ""],
        ["", "甲店又名", "13812345678、13812345679", "B"],
        ["B1", "乙店", "", ""],
    ]
    job = import_file(
        csv_file(tmp_path / "a.csv", ["code", "name", "phone", "level"], rows),
        on_duplicate=OnDuplicate.UPDATE,
    )
    assert counts(job) == {"rows": 4, "created": 2, "updated": 2, "skipped": 0, "failed": 0}
    customer = Customer.objects.get(code="A1")
    assert (customer.name, customer.level) == ("甲店又名", "B")
    assert [p.e164[-2:] for p in customer.phones.all()] == ["78", "79"]
    assert "13812345679" in customer.search_text
    assert customer.name_key == "甲店又名"


def test_duplicates_create_anyway_but_never_a_code_twice(tmp_path):
    rows = [["A1", "甲店", "13812345678"], ["A1", "乙店", ""], ["", "丙店", "13812345678"]]
    job = import_file(
        csv_file(tmp_path / "a.csv", ["code", "name", "phone"], rows), on_duplicate=OnDuplicate.CREATE
    )
    assert counts(job) == {"rows": 3, "created": 2, "updated": 0, "skipped": 0, "failed": 1}


def test_an_update_changes_what_the_line_says_and_nothing_else(tmp_path, people):
    customer = CustomerFactory(
        code="A1", name="老名", level="A", address="旧路", owner=people.owner, last_visit_on=dt.date(2026, 1, 2),
        extra={"旧": "1"}, received_on=dt.date(2026, 1, 1), notes="留着",
    )  # fmt: skip
    untouched = CustomerFactory(code="A2", name="不变", owner=people.owner)
    before = untouched.updated_at
    ContactFactory(customer=customer, name="王", is_primary=True)
    Phone.objects.create(customer=customer, raw="138 1234 5678", e164="+8613812345678")
    path = csv_file(
        tmp_path / "a.csv",
        ["code", "name", "level", "address", "owner", "contact", "phone", "tags", "lng", "lat", "颜色"],
        [
            [
                "A1",
                "新名",
                "",
                "新路",
                "colleague",
                "李",
                "13812345678/13812345679",
                "重点",
                "117.3",
                "31.9",
                "红",
            ],
            ["A2", "不变", "", "", "owner", "", "", "", "", "", ""],
        ],
    )
    job = import_file(path, people.superior, on_duplicate=OnDuplicate.UPDATE, keep_extra=True)
    assert counts(job) == {"rows": 2, "created": 0, "updated": 2, "skipped": 0, "failed": 0}
    customer.refresh_from_db()
    assert (customer.name, customer.level, customer.address, customer.notes) == ("新名", "A", "新路", "留着")
    assert (customer.latitude, customer.last_visit_on) == (31.9, dt.date(2026, 1, 2))
    assert customer.extra == {"旧": "1", "颜色": "红"}
    assert (customer.owner, customer.received_on) == (people.colleague, today())
    assert [p.raw for p in customer.phones.all()] == ["138 1234 5678", "13812345679"]
    assert [(c.name, c.is_primary) for c in customer.contacts.all()] == [("王", True), ("李", False)]
    assert [t.name for t in customer.tags.all()] == ["重点"]
    assert "新名" in customer.search_text
    assert "李" in customer.search_text
    assert customer.import_job is None
    change = OwnerChange.objects.get(customer=customer)
    assert (change.from_user, change.to_user, change.reason) == (people.owner, people.colleague, "imported")
    untouched.refresh_from_db()
    assert untouched.updated_at == before
    logged = [entry.changes for entry in LogEntry.objects.get_for_object(customer)]
    assert ["老名", "新名"] in [change.get("name") for change in logged]
    assert not LogEntry.objects.get_for_object(untouched).filter(action=LogEntry.Action.UPDATE).exists()


def test_somebody_elses_customer_is_not_changed(tmp_path, people):
    CustomerFactory(code="A1", name="别人的", owner=people.outsider)
    path = csv_file(tmp_path / "a.csv", ["code", "name", "owner"], [["A1", "抢来", "owner"]])
    job = import_file(path, people.superior, on_duplicate=OnDuplicate.UPDATE)
    assert job.failed == 1
    assert "别人的" not in error_rows(job)[1][-1]
    assert Customer.objects.get().name == "别人的"


def test_a_second_import_of_a_file_changes_nothing(tmp_path):
    path = csv_file(tmp_path / "a.csv", ["name", "address"], [[f"店{n}", f"路{n}号"] for n in range(5)])
    assert import_file(path).created == 5
    again = import_file(path)
    assert counts(again) == {"rows": 5, "created": 0, "updated": 0, "skipped": 5, "failed": 0}


def test_query_count_does_not_grow_with_rows(tmp_path, people, django_assert_max_num_queries):
    def path(count):
        rows = [
            [f"{count}-{n}", f"店{count}{n}", f"138{count:04}{n:04}", "owner", "重点"] for n in range(count)
        ]
        return csv_file(tmp_path / f"{count}.csv", ["code", "name", "phone", "owner", "tags"], rows)

    for count in (1, 200):
        job = make_job(path(count), people.superior)
        with django_assert_max_num_queries(45):
            assert imports.run_job(job.pk).created == count


def test_planned_rows_are_let_go(tmp_path, monkeypatch, small_batches):
    """Memory stays flat: after a batch nothing of it is kept."""
    planners = []
    real = engine.Planner.plan
    monkeypatch.setattr(
        engine.Planner, "plan", lambda self, batch: planners.append(self) or real(self, batch)
    )
    import_file(numbered_file(tmp_path))
    assert len(planners) == 4
    assert [vars(planners[0])[name] for name in ("_seen", "_names", "_fresh")] == [{}, {}, []]


# --- a dry run tells what the run does
def test_the_dry_run_agrees_with_the_run_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("crm.services.imports.check.BATCH_ROWS", 2)
    CustomerFactory(code="A9", name="老店")
    rows = [
        ["A1", "甲店", "13812345678", "", "新渠道"], ["A1", "乙店", "", "", ""], ["", "丙店", "13812345678", "", ""],
        ["A9", "老店", "", "", ""], ["", "", "", "", ""], ["", "丁店", "021", "", ""], ["", "丁店", "", "别处", ""],
    ]  # fmt: skip
    path = csv_file(tmp_path / "a.csv", ["code", "name", "phone", "address", "channel"], rows)
    mapping = {h: h for h in ("code", "name", "phone", "address", "channel")}
    for policy in OnDuplicate:
        options = imports.Options(mapping=mapping, on_duplicate=policy, create_choices=True)
        before = Customer.objects.count(), Dictionary.objects.count(), ImportJob.objects.count()
        checked = imports.check_file(path, "a.csv", options)
        assert (Customer.objects.count(), Dictionary.objects.count(), ImportJob.objects.count()) == before
        assert checked["new_choices"] == {"channel": ["新渠道"]}
        job = import_file(path, mapping=mapping, on_duplicate=policy, create_choices=True)
        assert {k: v for k, v in checked["counts"].items() if k != "warnings"} == {
            k: v for k, v in counts(job).items() if k != "rows"
        }, policy
        imports.undo(actor=None, job=job)
        Dictionary.objects.filter(name="新渠道").delete()


def test_the_dry_run_warns_of_a_repeated_name(tmp_path):
    rows = [["甲店", "一路"], ["甲店", "二路"], ["乙店", ""]]
    path = csv_file(tmp_path / "a.csv", ["name", "address"], rows)
    result = imports.check_file(
        path, "a.csv", imports.Options(mapping={"name": "name", "address": "address"})
    )
    assert result["counts"]["created"] == 3
    assert [row["number"] for row in result["shown"]["warnings"]] == [3]
    assert "第 2 行" in result["shown"]["warnings"][0]["reason"]
