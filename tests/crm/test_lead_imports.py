"""Leads from Excel: what is guessed, checked, made, assigned, refused, taken back."""

import datetime as dt
import io

import openpyxl
import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import SystemOptions
from common.sheets import write_workbook
from crm.enums import ImportState
from crm.models import FollowUp, Lead, LeadContact, LeadEvent, LeadImport, RegionOwner
from crm.rules.lead_import import guess_mapping
from crm.services import lead_imports as imports
from crm.services.lead_imports import run
from crm.services.leads import create_lead, importing
from crm.tasks.leads import sweep_lead_imports
from tests.factories import CustomerFactory, DictionaryFactory, LeadFactory

pytestmark = pytest.mark.django_db
HEADS = ["潜客名称*", "联系人", "电话", "地址", "市", "区", "区域", "负责人"]


def workbook(rows, heads=HEADS):
    buffer = io.BytesIO()
    write_workbook(buffer, heads, rows)
    return ContentFile(buffer.getvalue(), name="leads.xlsx")


def shop(number, *, phone=None, owner="", region="", district=""):
    phone = f"1380013{number:04}" if phone is None else phone
    return [f"潜客{number}号店", "王", phone, "屯溪路 1 号", "合肥市", district, region, owner]


def prepared(actor, rows, *, heads=HEADS, assign_mode="pool", assignees=(), **options):
    file = workbook(rows, heads)
    job = imports.upload(actor=actor, file=file, file_name="leads.xlsx")
    options = {"datum": "wgs84", "create_choices": False, "duplicates_too": False} | options
    imports.prepare(
        actor=actor, job=job, mapping=job.mapping, assign_mode=assign_mode, assignees=assignees, **options
    )
    imports.check_job(job.pk)
    job.refresh_from_db()
    return job


def finished(actor, rows, **options):
    job = prepared(actor, rows, **options)
    assert job.state == ImportState.PREVIEWED, job.message
    imports.start(actor=actor, job=job)
    imports.run_job(job.pk)
    job.refresh_from_db()
    return job


def error_sheet(job):
    with job.error_report.open("rb") as file:
        return openpyxl.load_workbook(io.BytesIO(file.read())).active


def counts(job):
    return (job.created, job.skipped, job.failed)


def owners():
    return list(Lead.objects.order_by("pk").values_list("owner__username", flat=True))


@pytest.mark.parametrize(
    ("heads", "wanted"),
    [
        (
            ["潜客名称", "联系人", "电话", "地址", "省", "市", "区", "区域", "来源", "行业", "备注", "经度", "纬度", "负责人"],
            ["name", "contact", "phone", "address", "province", "city", "district", "region", "source", "industry",
             "notes", "longitude", "latitude", "owner"],
        ),
        (["Name", "Contact", "Phone", "Address", "City", "Notes"], ["name", "contact", "phone", "address", "city", "notes"]),
        (["名称", "客户名称", "编码", "信用额度"], ["name", None, None, None]),
        (["公司名称", "手机号"], ["name", "phone"]),
    ],
)  # fmt: skip
def test_heads_are_guessed(heads, wanted):
    mapping = guess_mapping({head: ["x"] for head in heads})
    assert [mapping.get(head) for head in heads] == wanted


def test_the_template_is_understood():
    with imports.template_file() as file:
        heads = [cell.value for cell in openpyxl.load_workbook(file).active[1]]
    assert set(guess_mapping({head: ["x"] for head in heads})) == set(heads)


def test_into_the_pool(people):
    job = finished(people.superior, [shop(1), shop(2)])
    assert (job.state, counts(job), job.rows) == ("done", (2, 0, 0), 2)
    lead = Lead.objects.order_by("pk").first()
    assert (lead.name, lead.city, lead.owner, lead.import_job, lead.created_by) == (
        "潜客1号店", "合肥市", None, job, people.superior,
    )  # fmt: skip
    assert LeadContact.objects.filter(lead=lead).get().e164 == "+8613800130001"
    assert set(LeadEvent.objects.values_list("kind", flat=True)) == {"imported"}


def test_each_lead_has_its_audit_line(people):
    """As one that was typed has: who made it, of what."""
    job = finished(people.superior, [["甲店", "王建国", "13800138000", "", "合肥市", "", "", ""]])
    lead = Lead.objects.get()
    line = LogEntry.objects.get_for_object(lead).get()
    assert (line.action, line.actor) == (LogEntry.Action.CREATE, people.superior)
    assert line.changes["name"] == ["None", "甲店"]
    assert line.changes["city"] == ["None", "合肥市"]
    assert line.changes["import_job"] == ["None", str(job.pk)]
    assert "address" not in line.changes
    typed = create_lead(actor=people.superior, name="乙店", city="合肥市", owner=None)
    assert LogEntry.objects.get_for_object(typed).get().changes["city"] == ["None", "合肥市"]


def test_evenly_and_a_named_owner(people):
    rows = [shop(number) for number in range(3)] + [shop(9, owner="张业务")]
    job = prepared(people.superior, rows, assign_mode="evenly", assignees=[people.owner, people.colleague])
    assert job.preview["owners"] == [["李业务", 2], ["张业务", 2]]
    imports.start(actor=people.superior, job=job)
    imports.run_job(job.pk)
    assert owners() == ["owner", "colleague", "owner", "colleague"]


def test_by_region(people):
    region = DictionaryFactory(kind="region", name="包河区")
    away = DictionaryFactory(kind="region", name="蜀山区")
    RegionOwner.objects.create(region=region, user=people.owner)
    RegionOwner.objects.create(region=away, user=people.outsider)
    rows = [shop(1, region="包河区"), shop(2, district="包河区"), shop(3), shop(4, region="蜀山区")]
    finished(people.superior, rows, assign_mode="region")
    # Who is not among the importer's people gets nothing by the back door.
    assert owners() == ["owner", "owner", None, None]
    assert list(Lead.objects.order_by("pk").values_list("region", flat=True)) == [
        region.pk, region.pk, None, away.pk,
    ]  # fmt: skip


def test_duplicates_are_left_out_and_say_why(people):
    customer = CustomerFactory(name="老王超市")
    customer.phones.create(raw="13900000001", e164="+8613900000001")
    LeadContact.objects.create(lead=LeadFactory(name="老李商行"), raw="1", e164="+8613900000002")
    rows = [
        ["老王超市", "", "", "", "", "", "", ""],
        shop(1, phone="13900000001"),
        shop(2, phone="139 0000 0002"),
        shop(3),
        shop(4, phone="13800130003"),
        ["潜客 3 号店", "", "13900000009", "", "", "", "", ""],
    ]
    job = prepared(people.superior, rows)
    assert [job.preview["counts"][name] for name in ("created", "skipped", "failed")] == [1, 5, 0]
    reasons = [row["reason"] for row in job.preview["shown"]["skipped"]]
    assert reasons == [
        "已有客户同名。", "已有客户使用该电话。", "已有潜客使用该电话。", "与第 5 行电话相同。", "与第 5 行同名。",
    ]  # fmt: skip
    imports.start(actor=people.superior, job=job)
    imports.run_job(job.pk)
    job.refresh_from_db()
    assert counts(job) == (1, 5, 0)
    again = finished(people.superior, rows, duplicates_too=True)
    assert counts(again) == (6, 0, 0)


TAX = "91340100MA2TAX0001"


@pytest.fixture
def known(people):
    """A customer, a lead and a lead in the bin, each with a phone, a tax id and a name of its own."""
    customer = CustomerFactory(name="老王超市", tax_id=TAX)
    customer.phones.create(raw="1", e164="+8613900000001")
    for number, deleted_at in ((2, None), (3, timezone.now())):
        lead = LeadFactory(name=f"老李{number}商行", tax_id=f"{TAX[:-1]}{number}", deleted_at=deleted_at)
        LeadContact.objects.create(lead=lead, raw="1", e164=f"+861390000000{number}")


def one_of(number, field):
    """A line that has only this in common with the customer (1), the lead (2) or the lead in the bin (3)."""
    name = {1: "老王超市", 2: "老李2商行", 3: "老李3商行"}[number] if field == "name" else f"别家{number}店"
    phone = f"1390000000{number}" if field == "phone" else ""
    return [name, phone, f"{TAX[:-1]}{number}" if field == "tax_id" else ""]


@pytest.mark.parametrize("field", ["phone", "tax_id", "name"])
@pytest.mark.parametrize(
    ("off", "skipped"),
    [
        ({}, {1: "已有客户", 2: "已有潜客", 3: "该潜客在回收站中。"}),
        ({"duplicate_recycle_bin": False}, {1: "已有客户", 2: "已有潜客"}),
        ({"duplicate_scope": "customers"}, {1: "已有客户"}),
        ({"duplicate_scope": "leads"}, {2: "已有潜客", 3: "该潜客在回收站中。"}),
        ({"duplicate_by_phone": False, "duplicate_by_tax_id": False, "duplicate_by_name": False}, {}),
    ],
)
def test_duplicates_follow_the_options_of_the_company(people, known, field, off, skipped):
    options = SystemOptions.load()
    for name, value in ({"duplicate_recycle_bin": True, "duplicate_by_tax_id": True} | off).items():
        setattr(options, name, value)
    options.save()
    rows = [one_of(number, field) for number in (1, 2, 3)]
    job = finished(people.superior, rows, heads=["潜客名称*", "电话", "税号"])
    said = {row["number"] - 1: row["reason"] for row in job.preview["shown"].get("skipped", [])}
    assert set(said) == set(skipped)
    assert all(words in said[number] for number, words in skipped.items())
    assert counts(job) == (3 - len(skipped), len(skipped), 0)


def test_lines_of_the_file_are_compared_where_leads_are(people):
    rows = [["甲店", "13900000001"], ["乙店", "13900000001"]]
    assert counts(finished(people.superior, rows, heads=["潜客名称*", "电话"])) == (1, 1, 0)
    SystemOptions.objects.update(duplicate_scope="customers")
    rows = [["丙店", "13900000002"], ["丁店", "13900000002"]]
    assert counts(finished(people.superior, rows, heads=["潜客名称*", "电话"])) == (2, 0, 0)


def test_similar_names_are_remarks_of_the_dry_run(people, login):
    LeadFactory(name="合肥蜗牛烘焙一店", city="合肥市", owner=people.owner)
    rows = [["合肥蜗牛烘焙一", "合肥市"]]
    job = prepared(people.superior, rows, heads=["潜客名称*", "市"])
    assert [row["reason"] for row in job.preview["shown"]["warnings"]] == [
        "与潜客“合肥蜗牛烘焙一店”相似（91%）。"
    ]
    assert job.preview["counts"]["skipped"] == 0
    page = login(people.superior).get(f"/leads/imports/{job.pk}/").content.decode()
    assert "查重依据：电话、税号、名称；范围：客户和潜客。 回收站里的潜客也会参与查重。" in page
    SystemOptions.objects.update(duplicate_fuzzy=False)
    job = prepared(people.superior, rows, heads=["潜客名称*", "市"])
    assert job.preview["counts"]["warnings"] == 0


def test_bad_lines_fail_alone_and_come_back_as_a_workbook(people):
    rows = [
        shop(1),
        ["", "", "13800000000", "=1+1", "", "", "", ""],
        shop(2, owner="没有此人"),
        shop(3, owner="赵外人"),
        shop(4, region="不存在的区域"),
        ["名" * 121, "", "", "", "", "", "", ""],
    ]
    job = finished(people.superior, rows)
    assert counts(job) == (1, 0, 5)
    sheet = error_sheet(job)
    head, *lines = sheet.iter_rows(values_only=True)
    assert head[-1] == "失败原因"
    assert len(lines) == 5
    assert all(line[-1] for line in lines)
    assert sheet["D2"].value == "=1+1"
    assert sheet["D2"].data_type == "s"
    # Mended, the same workbook goes in.
    mended = [[f"补{number}号店", *line[1:6], "", "", ""] for number, line in enumerate(lines)]
    again = finished(people.superior, mended, heads=list(head), duplicates_too=True)
    assert counts(again) == (5, 0, 0)


def test_unknown_choices_are_made_when_asked(people):
    job = prepared(people.superior, [shop(1, region="新片区"), shop(2, region="新片区")], create_choices=True)
    assert job.preview["new_choices"] == {"region": ["新片区"]}
    imports.start(actor=people.superior, job=job)
    imports.run_job(job.pk)
    assert [lead.region.name for lead in Lead.objects.all()] == ["新片区", "新片区"]


def test_a_refusal_of_the_service_takes_no_other_line_with_it(people, monkeypatch):
    real = importing._unsaved

    def picky(actor, job, line):
        if line.name == "潜客2号店":
            raise ValidationError("不行")
        return real(actor, job, line)

    monkeypatch.setattr(importing, "_unsaved", picky)
    job = finished(people.superior, [shop(1), shop(2), shop(3)])
    assert counts(job) == (2, 0, 1)
    assert error_sheet(job)["I2"].value == "不行"


# --- a worker dies
def test_killed_in_the_middle_it_goes_on(people, monkeypatch):
    monkeypatch.setattr(run, "BATCH_ROWS", 2)
    real, calls = importing._unsaved, []

    class Killed(BaseException):
        pass

    def dying(actor, job, line):
        calls.append(line)
        if len(calls) == 4:
            raise Killed
        return real(actor, job, line)

    monkeypatch.setattr(importing, "_unsaved", dying)
    job = prepared(
        people.superior,
        [*(shop(number) for number in range(5)), shop(7, owner="没有此人")],
        assign_mode="evenly",
        assignees=[people.owner, people.colleague],
    )
    imports.start(actor=people.superior, job=job)
    with pytest.raises(Killed):
        imports.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.rows_done, job.created, Lead.objects.count()) == ("running", 2, 2, 2)
    swept = imports.sweep(timezone.now() + dt.timedelta(minutes=6))
    assert swept.run == [job.pk]
    imports.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, counts(job)) == ("done", (5, 0, 1))
    assert owners() == ["owner", "colleague", "owner", "colleague", "owner"]


def test_a_job_nobody_can_finish_is_given_up(people):
    job = prepared(people.superior, [shop(1)])
    LeadImport.objects.filter(pk=job.pk).update(
        state="running", attempts=5, heartbeat_at=timezone.now() - dt.timedelta(hours=1)
    )
    sweep_lead_imports()
    job.refresh_from_db()
    assert (job.state, job.finished_at is not None) == ("failed", True)
    assert job.message
    imports.resume(actor=people.superior, job=job)
    imports.run_job(job.pk)
    assert Lead.objects.count() == 1


def test_the_old_worker_writes_nothing_any_more(people):
    job = prepared(people.superior, [shop(1)])
    imports.start(actor=people.superior, job=job)
    LeadImport.objects.filter(pk=job.pk).update(state="running", attempts=1)
    old = LeadImport.objects.get(pk=job.pk)
    LeadImport.objects.filter(pk=job.pk).update(attempts=2)
    with pytest.raises(run.LostClaim):
        run.import_rows(old)
    assert not Lead.objects.exists()


# --- undo
def test_undo_leaves_what_was_touched(people):
    job = finished(people.superior, [shop(number) for number in range(4)])
    first, second, third, _fourth = Lead.objects.order_by("pk")
    Lead.objects.filter(pk=first.pk).update(updated_at=timezone.now() + dt.timedelta(minutes=1))
    LeadEvent.objects.create(lead=second, kind="stage")
    FollowUp.objects.create(
        lead=third, text="聊过", rep=people.owner, at=timezone.now(), day=timezone.localdate()
    )
    undone = imports.undo(actor=people.superior, job=job)
    assert (undone.removed, undone.kept) == (1, 3)
    job.refresh_from_db()
    assert job.state == "undone"
    with pytest.raises(ValidationError):
        imports.undo(actor=people.superior, job=job)


def test_undo_has_an_end(people, login):
    job = finished(people.superior, [shop(1)])
    month = job.finished_at + dt.timedelta(days=30)
    with pytest.raises(ValidationError):
        imports.undo(actor=people.superior, job=job, now=month)
    client = login(people.superior)
    assert f"/leads/imports/{job.pk}/undo/" in client.get(f"/leads/imports/{job.pk}/").content.decode()
    LeadImport.objects.update(finished_at=job.finished_at - dt.timedelta(days=30))
    assert f"/leads/imports/{job.pk}/undo/" not in client.get(f"/leads/imports/{job.pk}/").content.decode()
    LeadImport.objects.update(finished_at=job.finished_at)
    assert imports.undo(actor=people.superior, job=job).removed == 1


def test_cancel(people):
    job = prepared(people.superior, [shop(1)])
    imports.cancel(actor=people.superior, job=job)
    job.refresh_from_db()
    assert job.state == "cancelled"
    with pytest.raises(ValidationError):
        imports.start(actor=people.superior, job=job)


def test_options_are_checked(people):
    job = prepared(people.superior, [shop(1)])
    base = {"datum": "wgs84", "create_choices": False, "duplicates_too": False}
    for change in (
        {"assign_mode": "evenly", "assignees": []},
        {"assign_mode": "evenly", "assignees": [people.outsider]},
        {"mapping": {"电话": "phone"}},
        {"mapping": {"潜客名称*": "name", "电话": "credit_limit"}},
    ):
        said = {"mapping": job.mapping, "assign_mode": "pool", "assignees": [], **base, **change}
        with pytest.raises(ValidationError):
            imports.prepare(actor=people.superior, job=job, **said)


# --- pages
def test_pages(people, login, django_capture_on_commit_callbacks):
    client = login(people.superior)
    assert client.get("/leads/import/").status_code == 200
    assert b"".join(client.get("/leads/imports/template/")).startswith(b"PK")
    bad = client.post("/leads/import/", {"file": ContentFile(b"%PDF-1.4", name="a.xlsx")})
    assert bad.status_code == 422
    started = client.post("/leads/import/", {"file": workbook([shop(1), shop(2, owner="没有此人")])})
    job = LeadImport.objects.get()
    page = started["Location"]
    assert client.get(page).status_code == 200
    columns = {f"column-{number}": job.mapping.get(head, "") for number, head in enumerate(HEADS)}
    form = {**columns, "assign_mode": "evenly", "datum": "wgs84"}
    refused = client.post(f"{page}mapping/", form)
    assert refused.status_code == 422
    assert "人员" in refused.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{page}mapping/", {**form, "assignees": [people.owner.pk]})
    preview = client.get(page).content.decode()
    assert "李业务" in preview
    assert "没有此人" in preview
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{page}run/")
    assert "撤销" in client.get(page).content.decode()
    assert b"".join(client.get(f"{page}errors/")).startswith(b"PK")
    assert client.get("/leads/imports/").context["page"].paginator.count == 1
    client.post(f"{page}undo/")
    assert not Lead.objects.exists()
    assert client.get(page).status_code == 200


def test_busy_page_and_progress(people, login):
    job = prepared(people.superior, [shop(1)])
    imports.start(actor=people.superior, job=job)
    client = login(people.superior)
    assert client.get(f"/leads/imports/{job.pk}/").status_code == 200
    assert client.get(f"/leads/imports/{job.pk}/progress/").status_code == 200
    client.post(f"/leads/imports/{job.pk}/cancel/")
    assert client.get(f"/leads/imports/{job.pk}/progress/")["HX-Refresh"] == "true"


def test_who_may(people, login):
    job = prepared(people.admin, [shop(1)])
    for url in ("/leads/import/", "/leads/imports/", f"/leads/imports/{job.pk}/", "/leads/imports/template/"):
        assert login(people.owner).get(url).status_code == 403
    assert login(people.superior).get(f"/leads/imports/{job.pk}/").status_code == 404
    for name in ("mapping", "run", "resume", "cancel", "undo"):
        assert login(people.owner).post(f"/leads/imports/{job.pk}/{name}/").status_code == 403
        assert login(people.superior).post(f"/leads/imports/{job.pk}/{name}/").status_code == 404
